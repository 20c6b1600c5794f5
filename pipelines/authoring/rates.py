"""Importing the ECB's reference rates of one day into the exchange rates of a billing period.

A rate keeps the ECB's own digits, as units of a currency per 1 euro. A cross between two other currencies is
the quotient of their two rates, rounded once to 12 decimals. What would be below 0.001 is stored in the
opposite direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from pipelines.authoring.changes import problems_after, write_together
from pipelines.authoring.csv_files import CsvFile
from pipelines.authoring.ecb import Days, read_days
from pipelines.config import config_hash
from pipelines.config.fields import currencies
from pipelines.config.files import files_of
from pipelines.config.models import FX_RATE, FxRate
from pipelines.config.reading import read_tables
from pipelines.errors import BadConfig, Problem, RebillError
from pipelines.money import CONTEXT, Decimal, invert, r12
from pipelines.period import BillingPeriod

KIND = "fx_rates"
SOURCE = "ECB euro reference rate"
CROSS = "ECB euro reference rate, cross via EUR"
SMALLEST = Decimal("0.001")
LONGEST_PAUSE = timedelta(days=7)  # the ECB never rests longer; more means that the file ends too early
Pair = tuple[str, str]


class Rate(NamedTuple):
    """Units of `target` per 1 `currency`, and where they come from."""

    currency: str
    target: str
    rate: Decimal
    source: str


@dataclass
class ImportedRates:
    """What an import wrote, or would write. `file` is relative to the directory; None if nothing is to be written."""

    period: str
    day: date
    file: str | None = None
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: int = 0
    unknown: list[str] = field(default_factory=list)
    is_written: bool = False


def import_rates(
    file: Path,
    directory: Path,
    period: BillingPeriod,
    *,
    day: date | None = None,
    crosses: Sequence[str] = (),
    replace: bool = False,
    dry_run: bool = False,
) -> ImportedRates:
    """Add the rates of the last published day on or before `day` (default: the period's last day).

    A rate that stands already, in either direction, is left alone if it is equal and is a problem if it is not,
    unless `replace`. Raises RebillError with every problem; then nothing is written.
    """
    if not files_of(directory, "operator"):
        what = "no operator.yaml lies in this directory"
        raise BadConfig(Problem(str(directory), what, "give the configuration directory with --config"))
    expected = config_hash(directory)
    days = read_days(file)
    found = _last_day(file, days, day or period.end - timedelta(days=1))
    quotes = days[found]
    rates = [*_euro_rates(quotes), *_crosses(file, found, quotes, crosses)]
    result = ImportedRates(str(period), found, unknown=sorted(set(quotes) - set(currencies())))
    texts = _merge(directory, period, found, rates, replace, result)
    _check(directory, texts)
    if texts and not dry_run:
        write_together(directory, texts, expected)
        result.is_written = True
    return result


def _last_day(file: Path, days: Days, wanted: date) -> date:
    found = max((day for day in days if day <= wanted), default=None)
    if found is None or wanted - found > LONGEST_PAUSE:
        what = f"no rate on or shortly before {wanted}"
        what += "" if found is None else f"; the last one is of {found}"
        remedy = "download a file that reaches that day (the history, if it is long ago), or name a day with --date"
        raise RebillError(Problem(str(file), what, remedy))
    return found


def _euro_rates(quotes: dict[str, Decimal]) -> list[Rate]:
    known = sorted(set(quotes) & set(currencies()))
    return [_directed("EUR", currency, quotes[currency], SOURCE) for currency in known]


def _crosses(file: Path, day: date, quotes: dict[str, Decimal], wanted: Sequence[str]) -> list[Rate]:
    problems = [
        Problem(str(file), f"no rate of {code} on {day}", f"use currencies of that day: {', '.join(sorted(quotes))}")
        for code in wanted
        if code not in quotes
    ]
    if problems:
        raise RebillError(problems)
    known = sorted(set(quotes) & set(currencies()))
    found: dict[frozenset[str], Rate] = {}
    for code in wanted:
        for other in known:
            pair = frozenset((code, other))
            if other != code and pair not in found:
                rate = r12(CONTEXT.divide(quotes[other], quotes[code]))
                found[pair] = _directed(code, other, rate, CROSS, CONTEXT.divide(quotes[code], quotes[other]))
    return list(found.values())


def _directed(currency: str, target: str, rate: Decimal, source: str, opposite: Decimal | None = None) -> Rate:
    if rate >= SMALLEST:
        return Rate(currency, target, rate, source)
    return Rate(target, currency, invert(rate) if opposite is None else r12(opposite), source)


def _merge(
    directory: Path, period: BillingPeriod, day: date, rates: Sequence[Rate], replace: bool, result: ImportedRates
) -> dict[Path, str]:
    """The new text of every file that changes; fills the lists of `result`."""
    standing = _standing(directory, period)
    files = {path.relative_to(directory).as_posix(): CsvFile(path) for path in _csv_files(directory)}
    target = _target(directory, period, files)
    problems: list[Problem] = []
    for rate in rates:
        pairs = ((rate.currency, rate.target), (rate.target, rate.currency))
        there = [standing[pair] for pair in pairs if pair in standing]
        different = [old for old in there if not _is_same(old, rate)]
        refusals = [_refusal(old, rate, replace) for old in different]
        problems += [problem for problem in refusals if problem is not None]
        if not there:
            target.add(_cells(period, day, rate))
            result.added.append(_shown(rate))
        elif not different:
            result.unchanged += 1
        elif not any(refusals):
            for old in different:
                _replace(files[old.place.file], old, _cells(period, day, _beside(rate, old, there)))
                result.replaced.append(f"{_shown(rate)} (was {_shown(old)})")
    if problems:
        raise BadConfig(problems)
    changed = {file.path: file.text() for file in {*files.values(), target} if file.is_changed}
    if changed:
        result.file = ", ".join(sorted(path.relative_to(directory).as_posix() for path in changed))
    return changed


def _standing(directory: Path, period: BillingPeriod) -> dict[Pair, FxRate]:
    problems: list[Problem] = []
    tables = read_tables(directory, problems)
    mine = {path.relative_to(directory).as_posix() for path in files_of(directory, KIND)}
    broken = [problem for problem in problems if problem.file in mine]
    if broken:
        raise BadConfig(broken)
    return {(row.from_currency, row.to_currency): row for row in tables.fx_rates.rows if row.billing_period == period}


def _csv_files(directory: Path) -> list[Path]:
    return [path for path in files_of(directory, KIND) if path.suffix == ".csv"]


def _target(directory: Path, period: BillingPeriod, files: dict[str, CsvFile]) -> CsvFile:
    """Where new rows go: fx_rates.csv, or the period's own file where rates are kept in a folder."""
    is_folder = (directory / KIND).is_dir() and not (directory / f"{KIND}.csv").exists()
    name = f"{KIND}/{period}.csv" if is_folder else f"{KIND}.csv"
    return files.get(name) or CsvFile(directory / name, FX_RATE.names)


def _cells(period: BillingPeriod, day: date, rate: Rate) -> dict[str, str]:
    return {
        "billing_period": str(period),
        "from_currency": rate.currency,
        "to_currency": rate.target,
        "rate": _digits(rate.rate),
        "source": rate.source,
        "as_of": str(day),
    }


def _is_same(old: FxRate, rate: Rate) -> bool:
    """Equal as it stands, or seen from the other direction."""
    if old.from_currency == rate.currency:
        return old.rate == rate.rate
    return invert(old.rate) == rate.rate or invert(rate.rate) == old.rate


def _refusal(old: FxRate, rate: Rate, replace: bool) -> Problem | None:
    what = f"{_shown(old)} of {old.source} stands here, the ECB has {_shown(rate)}"
    if not replace:
        return old.place.problem(what, "keep it and leave it out of the import, or import with --replace", "rate")
    if not old.place.file.endswith(".csv"):
        return old.place.problem(what, "change it by hand: only CSV files are edited", "rate")
    return None


def _replace(file: CsvFile, old: FxRate, cells: dict[str, str]) -> None:
    file.change(next(row for row in file.rows if row.line == old.place.line), cells)


def _beside(rate: Rate, old: FxRate, there: Sequence[FxRate]) -> Rate:
    """The rate for the place of `old`; where both directions stand, both stay and one is the other's inverse."""
    if len(there) == 1 or old.from_currency == rate.currency:
        return rate
    return Rate(rate.target, rate.currency, invert(rate.rate), f"{rate.source}, inverted")


def _check(directory: Path, texts: dict[Path, str]) -> None:
    changed = {path.relative_to(directory).as_posix() for path in texts}
    problems = [problem for problem in problems_after(directory, texts) if problem.file in changed] if texts else []
    if problems:
        raise BadConfig(problems)


def _digits(rate: Decimal) -> str:
    text = f"{rate:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(rate: Rate | FxRate) -> str:
    source, target = (rate.currency, rate.target) if isinstance(rate, Rate) else (rate.from_currency, rate.to_currency)
    return f"{source} to {target} {_digits(rate.rate)}"
