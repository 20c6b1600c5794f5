"""One focus slice: its charges, and the record of what they tie to.

What was written is read back and must give the delivery's own total to the last digit, or the slice is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.lake import write_json
from pipelines.money import CONTEXT, ZERO, Decimal
from pipelines.providers.charges import write_charges
from pipelines.providers.staging import literal
from pipelines.schemas import slice_columns

MONEY = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "x_PartnerBenefitAmount")
LIMIT = Decimal(10) ** 13
"""Beyond this a DECIMAL(38,24) sum may wrap without a word."""


@dataclass(frozen=True)
class RawTotal:
    """What a delivery says of one invoice and currency: exact sums of its booked lines, in that currency."""

    invoice_id: str | None
    currency: str
    net: Decimal
    tax: Decimal
    rows: int
    beyond12: Decimal

    @property
    def key(self) -> tuple[str | None, str]:
        return (self.invoice_id, self.currency)


@dataclass(frozen=True)
class SliceInfo:
    """What identifies a slice, known before it is written."""

    slice_id: str
    provider: str
    account: str
    period: str
    unit: str
    source_version: str
    mapping_hash: str
    deliveries: tuple[Mapping[str, Any], ...]


def raw_totals(con: duckdb.DuckDBPyConnection, totals_sql: str) -> list[RawTotal]:
    """Run a room's totals.sql. Grain: InvoiceId x BillingCurrency. Beyond12 is 0 where the room gives none."""
    reader = con.execute(totals_sql)
    names = [column[0] for column in reader.description or []]
    records = [dict(zip(names, row, strict=True)) for row in reader.fetchall()]
    totals = [
        RawTotal(
            record["InvoiceId"],
            record["BillingCurrency"],
            Decimal(record["Net"] or 0),
            Decimal(record["Tax"] or 0),
            int(record["Rows"]),
            Decimal(record.get("Beyond12") or 0),
        )
        for record in records
    ]
    return sorted(totals, key=lambda total: (total.invoice_id or "", total.currency))


def write_slice(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    info: SliceInfo,
    focus_sql: str,
    totals_sql: str,
    *,
    final_by_control: bool | None = None,
    without_purchase: Sequence[str] = (),
) -> int:
    """Fill `folder` with keys.parquet, charges.parquet and slice.json; returns the number of charges.

    `without_purchase`: commitments used here that nobody delivered the purchase of; kept in slice.json.

    Raises BadDelivery when the charges do not add up to the delivery's own totals, in its currency.
    """
    totals = raw_totals(con, totals_sql)
    _one_currency_per_invoice(info, totals)
    write_charges(con, focus_sql, folder)
    rows, first, last = check_charges(con, folder, info, totals)
    by_invoice = bool(totals) and all(total.invoice_id is not None for total in totals)
    write_json(
        folder / "slice.json",
        {
            "SliceId": info.slice_id,
            "Provider": info.provider,
            "Account": info.account,
            "Period": info.period,
            "Unit": info.unit,
            "IsFinal": by_invoice if final_by_control is None else final_by_control,
            "SourceVersion": info.source_version,
            "Deliveries": list(info.deliveries),
            "RowCount": rows,
            "ChargeDateMin": first,
            "ChargeDateMax": last,
            "MappingHash": info.mapping_hash,
            "WithoutPurchase": list(without_purchase),
            "RawTotals": [
                {
                    "InvoiceId": total.invoice_id,
                    "BillingCurrency": total.currency,
                    "Net": format(total.net, "f"),
                    "Tax": format(total.tax, "f"),
                    "Rows": total.rows,
                    "Beyond12": format(total.beyond12, "f"),
                }
                for total in totals
            ],
        },
    )
    return rows


def check_charges(
    con: duckdb.DuckDBPyConnection, folder: Path, info: SliceInfo, totals: Sequence[RawTotal]
) -> tuple[int, str | None, str | None]:
    """Read the written charges back: (rows, first and last charge date). Raises BadDelivery unless they tie."""
    charges = literal(folder / "charges.parquet")
    sums = ", ".join(f"sum({name}) as {name}" for name in MONEY)
    peaks = ", ".join(f"max({name}), min({name})" for name in MONEY)
    result = con.execute(
        f"select count(*), cast(cast(min(ChargePeriodStart) as date) as varchar),"
        f" cast(cast(max(ChargePeriodStart) as date) as varchar), {peaks} from read_parquet({charges})"
    ).fetchone()
    assert result is not None
    by_invoice = con.execute(
        "select InvoiceId, BillingCurrency, coalesce(sum(case when ChargeCategory <> 'Tax' then BilledCost end), 0),"
        " coalesce(sum(case when ChargeCategory = 'Tax' then BilledCost end), 0),"
        f" {', '.join(f'sum({name})' for name in MONEY)}"
        f" from (select x_RateKey, {sums} from read_parquet({charges}) group by x_RateKey)"
        " inner join slice_keys using (x_RateKey) group by InvoiceId, BillingCurrency"
    ).fetchall()
    problems = _untied(info, totals, by_invoice) + _nulls(con, info, charges)
    if any(
        value is not None and abs(value) >= LIMIT
        for row in (result[3:], *(line[2:] for line in by_invoice))
        for value in row
    ):
        problems.append(Problem(_label(info), "an amount or a sum is 10^13 or more", "check the export's amounts"))
    if problems:
        raise BadDelivery(problems)
    return int(result[0]), result[1], result[2]


def _untied(info: SliceInfo, totals: Sequence[RawTotal], charged: Sequence[tuple[Any, ...]]) -> list[Problem]:
    raw = {total.key: total for total in totals}
    booked = {(line[0], line[1]): (Decimal(line[2]), Decimal(line[3])) for line in charged}
    problems = []
    for key in sorted(raw.keys() | booked.keys(), key=str):
        total = raw.get(key, RawTotal(key[0], key[1], ZERO, ZERO, 0, ZERO))
        net, tax = booked.get(key, (ZERO, ZERO))
        expected = CONTEXT.subtract(CONTEXT.add(total.net, total.tax), total.beyond12)
        tax_off = CONTEXT.abs(CONTEXT.subtract(total.tax, tax))
        # The part beyond 12 decimals is one figure; tax alone can only be off by its lines' rounding.
        if expected != CONTEXT.add(net, tax) or tax_off > Decimal("1e-12") * (total.rows + 1):
            problems.append(
                Problem(
                    _label(info),
                    f"invoice {key[0]} {key[1]}: the delivery holds {total.net} net and {total.tax} "
                    f"tax, the charges {net} and {tax}",
                    "report this: the mapping loses or invents money",
                )
            )
    return problems


def _nulls(con: duckdb.DuckDBPyConnection, info: SliceInfo, charges: str) -> list[Problem]:
    """Columns that must have a value and have none somewhere; Parquet's own statistics say so without a scan."""
    needed = {column.id for column in slice_columns() if not column.nulls}
    found = con.execute(
        f"select path_in_schema, sum(stats_null_count) as nulls from parquet_metadata({charges})"
        " group by path_in_schema having nulls > 0 order by path_in_schema"
    ).fetchall()
    return [
        Problem(_label(info), f"{count} charges have no {name}", "correct the export or the mapping", column=name)
        for name, count in found
        if name in needed
    ]


def _one_currency_per_invoice(info: SliceInfo, totals: Sequence[RawTotal]) -> None:
    found: dict[str, list[str]] = {}
    for total in totals:
        if total.invoice_id is not None:
            found.setdefault(total.invoice_id, []).append(str(total.currency))
    problems = [
        Problem(
            _label(info),
            f"invoice {invoice} mixes the currencies {', '.join(sorted(currencies))}",
            "ask the provider for one currency per invoice",
        )
        for invoice, currencies in sorted(found.items())
        if len(currencies) > 1
    ]
    if problems:
        raise BadDelivery(problems)


def _label(info: SliceInfo) -> str:
    return f"{info.provider} {info.unit} {info.period}"
