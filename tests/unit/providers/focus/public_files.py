"""Takes in FOCUS files that somebody else published, one by one, and says what became of their totals.

    python -m tests.unit.providers.focus.public_files FOLDER

prints a table of every CSV below a folder, by the folder it lies in.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import CONTEXT, ZERO, Decimal, InvalidOperation, r12
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from tests.unit.providers import drops

COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
EXACT = "BilledCost before rounding"
Key = tuple[str, str, str]
"""Cost column, invoice id (empty for none), currency. EXACT is the sum of the texts, which a slice records; each amount
then has 12 decimals."""


@dataclass(frozen=True)
class Taken:
    """What became of one file: its rows, the charges booked, what was refused, and both sides of the totals."""

    rows: int
    charges: int
    refusals: tuple[str, ...]
    stated: Mapping[Key, Decimal]
    booked: Mapping[Key, Decimal]

    @property
    def differences(self) -> list[str]:
        keys = sorted(self.stated.keys() | self.booked.keys())
        return [
            f"{' '.join(key)}: {self.stated.get(key, ZERO)} stated, {self.booked.get(key, ZERO)} booked"
            for key in keys
            if self.stated.get(key, ZERO) != self.booked.get(key, ZERO)
        ]


def month(text: str) -> str:
    """The month of a cell: ISO, or month/day/year."""
    american = re.fullmatch(r"(\d+)/(\d+)/(\d\d)(?: .*)?", text)
    return f"20{american[3]}-{int(american[1]):02}" if american else text[:7]


def version_of(headers: Iterable[str]) -> str:
    """The oldest version of FOCUS that has all these columns."""
    found = set(headers)
    if "ServiceProviderName" in found:
        return "1.3" if "ProviderName" in found else "1.4"
    if found & {"InvoiceId", "BillingAccountType", "PricingCurrency"}:
        return "1.2"
    return "1.1" if found & {"SkuMeter", "CapacityReservationId"} else "1.0"


def take(path: Path, root: Path, version: str | None = None) -> Taken:
    """Ingest one file into an empty lake below `root`; a column that was derived counts on neither side of its row."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lake = Lake(root / "lake")
    ledger = Ledger(lake)
    months = sorted({month(row.get("BillingPeriodStart") or "2026-10") for row in rows}) or ["2026-10"]
    manifest = drops.focus(
        root / "drop",
        [],
        focusVersion=version or version_of(rows[0] if rows else ()),
        billingAccountId=sorted({row.get("BillingAccountId") or "none" for row in rows}) or ["none"],
        billingPeriod=months,
        files=[path.name],
    )
    manifest.with_name(path.name).write_bytes(path.read_bytes())
    refusals: dict[str, None] = {}
    files: list[str] = []
    for label in months:
        report = intake.ingest(lake, ledger, root / "drop", BillingPeriod(label), ["focus"], silent)
        refusals |= {f"{problem.line}: {problem.what}": None for problem in report.refusals}
        for row in ledger.current_slices(label):
            folder = lake.slice(row["provider"], row["account"], row["period"], row["slice_id"])
            files.append(str(folder / "charges.parquet"))
    charges, booked = _booked(files)
    return Taken(len(rows), charges, tuple(refusals), _stated(rows), booked)


def _stated(rows: Iterable[Mapping[str, str]]) -> dict[Key, Decimal]:
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for row in rows:
        for name in COSTS:
            try:
                amount = Decimal(row.get(name) or "NULL")
            except InvalidOperation:
                continue
            invoice = row.get("InvoiceId") or ""
            key = (name, "" if invoice.upper() == "NULL" else invoice, row.get("BillingCurrency", ""))
            sums[key] = CONTEXT.add(sums[key], r12(amount))
            if name == "BilledCost":
                sums[EXACT, *key[1:]] = CONTEXT.add(sums[EXACT, *key[1:]], amount)
    return dict(sums)


def _booked(files: list[str]) -> tuple[int, dict[Key, Decimal]]:
    """Charges, and their sums without the amounts that a file does not state."""
    if not files:
        return 0, {}
    told = "coalesce(json_extract_string(x_Repairs, '$.{0}.was'), 'none')"
    sums = ", ".join(
        f"sum(case when not coalesce(json_exists(x_Repairs, '{name}'), false) then {name}"
        f" else try_cast({told.format(name)} as decimal(38,12)) end)"
        for name in COSTS
    )
    with connect() as con:
        found = con.execute(
            f"select coalesce(InvoiceId, ''), BillingCurrency, count(*), {sums}"
            f" from read_parquet({files!r}, hive_partitioning = false) group by all"
        ).fetchall()
    booked = {
        (name, row[0], row[1]): amount
        for row in found
        for name, amount in zip(COSTS, row[3:], strict=True)
        if amount is not None
    }
    for file in files:
        record = json.loads(Path(file).with_name("slice.json").read_text(encoding="utf-8"))
        for total in record["RawTotals"]:
            key = (EXACT, total["InvoiceId"] or "", total["BillingCurrency"])
            exact = CONTEXT.add(Decimal(total["Net"]), Decimal(total["Tax"]))
            booked[key] = CONTEXT.add(booked.get(key, ZERO), exact)
    return sum(row[2] for row in found), booked


def main(folder: Path) -> int:
    """Print a Markdown table by group of files; 1 if any total has changed."""
    groups: dict[str, list[Taken]] = defaultdict(list)
    changed = []
    for path in sorted(folder.rglob("*.csv")):
        with tempfile.TemporaryDirectory() as scratch:
            taken = take(path, Path(scratch))
        groups[path.parent.relative_to(folder).as_posix()].append(taken)
        if taken.charges and not taken.refusals:
            changed += [f"{path}: {line}" for line in taken.differences]
    print("| files | number | rows | taken in | refused, and why |\n|---|---|---|---|---|")
    for group, found in groups.items():
        whole = [taken for taken in found if not taken.refusals]
        why = Counter(re.sub(r"^\w+: ", "", taken.refusals[0]) for taken in found if taken.refusals)
        reasons = "; ".join(f"{count}: {reason}" for reason, count in why.most_common())
        rows = sum(taken.rows for taken in found)
        print(f"| {group} | {len(found)} | {rows:,} | {len(whole)} files, {sum(t.charges for t in whole):,} rows "
              f"| {reasons or 'none'} |")  # fmt: skip
    print("\n".join(changed) or "\nEvery total that was taken in is as stated.")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
