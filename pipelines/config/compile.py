"""Compiling a configuration: dated records to Parquet tables that rating joins by equality.

The result is a directory under the hash of everything that went in, written whole or not at all, so the
second call with equal inputs only reads what the first one left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.config import fields
from pipelines.config.fx import Rates
from pipelines.config.models import Config
from pipelines.config.staging import NUMBER, TEXT, boundaries, staged_tables, table
from pipelines.config.tables import NEEDED_RATES, STEPS, TABLES
from pipelines.errors import BadConfig, Problem
from pipelines.hashing import sha256_json, sha256_tree
from pipelines.lake import Lake, connect, staged_directory, write_json, write_parquet
from pipelines.period import BillingPeriod

HASHES = "hashes.json"


@dataclass(frozen=True)
class CompiledConfig:
    """A compiled configuration: `path` holds one Parquet file per table of `tables.TABLES`.

    `config_hash` is that of the files, `spec_hash` that of the date boundaries that divide the charge
    dates, `fx_hash` that of the exchange rates used.
    """

    path: Path
    config_hash: str
    spec_hash: str
    fx_hash: str


def compile_config(
    config: Config,
    lake: Lake,
    *,
    period: BillingPeriod,
    charge_min: date,
    charge_max: date,
    billing_currencies: Sequence[str],
) -> CompiledConfig:
    """Write the tables for charges from `charge_min` to `charge_max` (both included) of a billing period.

    `billing_currencies` are those of the provider charges. Raises BadConfig naming every missing exchange
    rate.
    """
    _check_request(charge_min, charge_max, billing_currencies)
    days = boundaries(config, charge_min, charge_max)
    currencies = sorted(set(billing_currencies))
    digest = sha256_json([config.hash, _code_hash(), str(period), charge_min, charge_max, currencies])
    target = lake.config(digest)
    if not target.exists():
        with staged_directory(target) as partial, connect() as con:
            for name, rows in staged_tables(config, period, days, charge_min).items():
                con.register(name, rows)
            con.register("in_billing", table([("FromCurrency", TEXT)], [(code,) for code in currencies]))
            rates = _resolve(con, config, period)
            for name, query in TABLES.items():
                write_parquet(con, query, partial / f"{name}.parquet")
            write_json(partial / HASHES, {"spec_hash": sha256_json(days), "fx_hash": rates.digest()})
    hashes = json.loads((target / HASHES).read_text(encoding="utf-8"))
    return CompiledConfig(target, config.hash, hashes["spec_hash"], hashes["fx_hash"])


def _resolve(con: duckdb.DuckDBPyConnection, config: Config, period: BillingPeriod) -> Rates:
    """Build the steps in order, then the table `fx` of every currency pair they need."""
    con.execute("set variable operator = ?", [config.operator.operator])
    for name, query in STEPS.items():
        con.execute(f"create temp table {name} as {query}".replace("$operator", "getvariable('operator')"))
    rates = Rates(config.fx_rates, period)
    for source, target, reason in con.execute(NEEDED_RATES).fetchall():
        rates.need(source, target, reason)
    if rates.missing:
        raise BadConfig(rates.problems())
    rows = [(*pair, rate) for pair, rate in sorted(rates.used.items())]
    con.register("fx", table([("FromCurrency", TEXT), ("ToCurrency", TEXT), ("FxRate", NUMBER)], rows))
    return rates


def _check_request(charge_min: date, charge_max: date, billing_currencies: Sequence[str]) -> None:
    problems = []
    if charge_max < charge_min:
        what = f"they end on {charge_max}, before {charge_min}"
        problems.append(Problem("charges", what, "give the first date first"))
    for code in sorted(set(billing_currencies) - set(fields.currencies())):
        problems.append(Problem("charges", f"unknown billing currency {code!r}", "use ISO 4217 codes, e.g. EUR"))
    if problems:
        raise BadConfig(problems)


def _code_hash() -> str:
    """Compiled tables are a cache: other code is another input."""
    folder = Path(__file__).parent
    return sha256_tree([*folder.glob("*.py"), *folder.glob("*.csv"), folder.parent / "money.py"], folder.parent)
