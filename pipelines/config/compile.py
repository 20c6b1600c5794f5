"""Compiling a configuration: dated records to Parquet tables that rating joins by equality.

The result is a directory under the hash of everything that went in, written whole or not at all, so the
second call with equal inputs only reads what the first one left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.config import fields
from pipelines.config.arrow import NUMBER, TEXT, keep, table
from pipelines.config.commitments import room_rules
from pipelines.config.custom_tables import custom_tables
from pipelines.config.edge_fx import contract_rates
from pipelines.config.fx import Rates
from pipelines.config.models import Config
from pipelines.config.price_staging import composite_tables
from pipelines.config.price_tables import EDGE_HEADS, PRICE_STEPS
from pipelines.config.staging import boundaries, staged_tables
from pipelines.config.tables import NEEDED_RATES, PAIRS, STEPS, TABLES
from pipelines.config.tags import tag_keys
from pipelines.errors import BadConfig, Problem
from pipelines.hashing import sha256_json, sha256_tree
from pipelines.lake import Lake, connect, staged_directory, write_json, write_parquet
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

HASHES = "hashes.json"


@dataclass(frozen=True)
class CompiledConfig:
    """A compiled configuration: `path` holds one Parquet file per table of `tables.TABLES`.

    `config_hash` is that of the files, `spec_hash` that of the date boundaries that divide the charge
    dates and of the declared tag keys, `fx_hash` that of the exchange rates used.
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
    days = boundaries(config, period, charge_min, charge_max)
    currencies = sorted(set(billing_currencies))
    digest = sha256_json([config.hash, _code_hash(), room_rules(), str(period), charge_min, charge_max, currencies])
    target = lake.config(digest)
    if not target.exists():
        with staged_directory(target) as partial, connect() as con:
            build_plans(con, config, period, days, charge_min)
            keep(con, "in_billing", table([("FromCurrency", TEXT)], [(code,) for code in currencies]))
            rates = _resolve(con, config, period)
            for name, rows in custom_tables(config, period, _edge_rates(con)).items():
                keep(con, name, rows)
            for name, query in TABLES.items():
                write_parquet(con, query, partial / f"{name}.parquet")
            spec = sha256_json([days, tag_keys(config)])
            write_json(partial / HASHES, {"spec_hash": spec, "fx_hash": rates.digest()})
    hashes = json.loads((target / HASHES).read_text(encoding="utf-8"))
    return CompiledConfig(target, config.hash, hashes["spec_hash"], hashes["fx_hash"])


def build_plans(
    con: duckdb.DuckDBPyConnection, config: Config, period: BillingPeriod, days: Sequence[date], charge_min: date
) -> None:
    """Build every table up to the plans of each edge and their rules; no exchange rate is needed for these."""
    for name, rows in staged_tables(config, period, days, charge_min).items():
        keep(con, name, rows)
    con.execute("set variable operator = ?", [config.operator.operator])
    _build(con, STEPS)
    heads = [row[0] for row in con.execute(EDGE_HEADS).fetchall()]
    for name, rows in composite_tables(config, heads).items():
        keep(con, name, rows)
    _build(con, PRICE_STEPS)


def _resolve(con: duckdb.DuckDBPyConnection, config: Config, period: BillingPeriod) -> Rates:
    """Build the pairs of currencies, then the table `fx` of every pair that is needed."""
    _build(con, PAIRS)
    rates = Rates(config.fx_rates, period)
    for source, target, reason in con.execute(NEEDED_RATES).fetchall():
        rates.need(source, target, reason)
    if rates.missing:
        raise BadConfig(rates.problems())
    rated = [(*pair, rate) for pair, rate in sorted(rates.used.items())]
    keep(con, "fx", table([("FromCurrency", TEXT), ("ToCurrency", TEXT), ("FxRate", NUMBER)], rated))
    keep(con, "contract_fx", contract_rates(con, rates.used))
    return rates


def _build(con: duckdb.DuckDBPyConnection, steps: Mapping[str, str]) -> None:
    for name, query in steps.items():
        con.execute(f"create temp table {name} as {query}".replace("$operator", "getvariable('operator')"))


def _edge_rates(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """(contract, from currency) -> units of the contract's currency per 1: as prices are converted, and as pinned."""
    rows = con.execute(f"select ContractId, FromCurrency, FxRate, FxPinned from ({TABLES['edge_fx']})").fetchall()
    return {(contract, source): (rate, pinned) for contract, source, rate, pinned in rows}


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
