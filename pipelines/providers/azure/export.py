"""Microsoft CSP invoices: daily rated usage and reconciliation lines, staged as exact text.

Daily usage and the reconciliation lines that are not usage are booked; the other lines control the days. What no
invoice bills yet comes in the same two exports and is booked as an estimate. How a delivery is found and what its
manifest says is in `quirks/manifests.py`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.period import BillingPeriod
from pipelines.providers import rounding, staging
from pipelines.providers.azure.config import ESTIMATES, FULL, KINDS, NAME, ROOM
from pipelines.providers.azure.quirks import control, manifests
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.jsonlines import stage_json_lines
from pipelines.providers.staging import SourceColumn
from pipelines.providers.values import RowTest, bad_rows, column_tests

Numbered = tuple[int, SourceFile]


class AzureExport:
    """The Azure room. An invoice is booked from its daily usage and its reconciliation together; so is an estimate."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = (KINDS, tuple(ESTIMATES.values()))
    amortizes = True

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every delivery below `root`, read from manifests and invoice records only.

        Raises BadDelivery, after the sound ones, with every problem found.
        """
        return manifests.find(root)

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create the views of one invoice; all values of the files are still text.

        raw_usage: one row per daily usage row. raw_reconciliation, raw_lines: one per invoice line, the second
        with IsUsage. raw_rounding: one per usage key whose month and days differ. raw_invoice: one row; an estimate
        has no invoice number. Raises BadDelivery for files, columns, values or sums that cannot be billed.
        """
        staging.prepare(con, NAME)
        invoice = deliveries[0]
        _invoice_view(con, invoice)
        numbered: dict[str, list[Numbered]] = {kind: [] for kind in KINDS}
        for ordinal, (kind, file) in enumerate((d.kind, file) for d in deliveries for file in d.files):
            numbered[kind.removeprefix("unbilled_")].append((ordinal, file))
        names = {ordinal: file.name for files in numbered.values() for ordinal, file in files}
        problems = [problem for kind in KINDS for problem in _stage_kind(con, kind, numbered[kind], scratch)]
        for kind in () if problems else KINDS:
            tests = [*column_tests(ROOM / "columns.csv", kind), *_invoice_tests(kind, invoice)]
            problems += bad_rows(con, f"raw_{kind}", tests, names)
        if problems:
            raise BadDelivery(problems)
        rounding.create_views(con)
        if invoice.attributes["billed"] == "true":
            rounding.refuse_unexplained(con, names)
            control.refuse_another_total(con, invoice)
        else:
            control.refuse_usage_without_days(con, names)


def source_columns(kind: str) -> dict[SourceColumn, str]:
    """The columns of one export in columns.csv, each with how far it is required.

    yes: the column and a value in every row; column: the column; full: the column, which only the full
    attribute set has; no: neither.
    """
    with (ROOM / "columns.csv").open(encoding="utf-8", newline="") as stream:
        records = [record for record in csv.DictReader(stream) if record["dataset"] == kind]
    return {
        SourceColumn(
            name=record["name"],
            aliases=tuple(alias for alias in record["aliases"].split("|") if alias),
            type="decimal" if record["type"] == "decimal" else "text",
            required=record["required"] in ("yes", "column"),
            meaning=record["meaning"],
        ): record["required"]
        for record in records
    }


def _invoice_view(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    period = BillingPeriod(delivery.period)
    number = staging.literal(delivery.unit) if delivery.attributes["billed"] == "true" else "cast(null as varchar)"
    con.execute(
        "create or replace table raw_invoice as select "
        f"{number} as InvoiceNumber, {staging.literal(delivery.account)} as Account, "
        f"{staging.literal(delivery.attributes.get('currency', ''))} as Currency, "
        f"nullif({staging.literal(delivery.attributes.get('invoiceType', ''))}, '') as InvoiceType, "
        f"cast('{period.start}' as date) as PeriodStart, cast('{period.end}' as date) as PeriodEnd"
    )


def _stage_kind(con: duckdb.DuckDBPyConnection, kind: str, files: Sequence[Numbered], scratch: Path) -> list[Problem]:
    """Unpack the files of one export and create its raw_ view; returns what is wrong with them."""
    columns = source_columns(kind)
    selects = [f"{_select(columns, (), '', '')} where false"]
    problems: list[Problem] = []
    for ordinal, file in files:
        target = scratch / f"{kind}-{ordinal:05d}.parquet"
        try:
            keys = stage_json_lines(con, file.path, target)
            if keys:
                _refuse_basic(columns, keys, file.name)
                relation = f"from read_parquet({staging.literal(target)}, file_row_number = true)"
                selects.append(f"{_select(columns, keys, file.name, str(ordinal))} {relation}")
        except BadDelivery as error:
            problems += error.problems
    con.execute(f"create or replace view raw_{kind} as {' union all by name '.join(selects)}")
    return problems


def _select(columns: dict[SourceColumn, str], keys: Sequence[str], file: str, ordinal: str) -> str:
    if not keys:
        nulls = ", ".join(f"cast(null as varchar) as {staging.identifier(column.name)}" for column in columns)
        return f"select {nulls}, cast(null as varchar) as x_Extras, 0 as x_SourceFile, cast(0 as bigint) as x_SourceRow"
    matched = staging.match_columns(keys, tuple(columns), file)
    items = [*staging.select_items(matched), staging.extras_item(matched.extras)]
    return (
        f"select {', '.join(items)}, cast({ordinal} as integer) as x_SourceFile, "
        "cast(file_row_number as bigint) as x_SourceRow"
    )


def _refuse_basic(columns: dict[SourceColumn, str], keys: Sequence[str], file: str) -> None:
    found = {key.casefold() for key in keys}
    missing = [
        column
        for column, need in columns.items()
        if need == "full" and found.isdisjoint(name.casefold() for name in (column.name, *column.aliases))
    ]
    if missing:
        raise BadDelivery(
            [
                Problem(file, f"column {column.name} is missing: the attribute set is basic", FULL, column=column.name)
                for column in missing
            ]
        )


def _invoice_tests(kind: str, delivery: Delivery) -> list[RowTest]:
    """Rows of another invoice, currency or partner than the delivery is of."""
    billed_in = delivery.attributes.get("currency", "")
    remedy = "fetch the export of this invoice; do not put files of several invoices together"
    return [
        RowTest(column, f"lower({column}) <> (select lower({own}) from raw_invoice)", f"not a row of {shown}", remedy)
        for column, own, shown in (
            ("InvoiceNumber", "InvoiceNumber", f"invoice {delivery.unit}"),
            ("BillingCurrency" if kind == "usage" else "Currency", "Currency", f"the invoice's currency {billed_in}"),
            ("PartnerId", "Account", f"partner tenant {delivery.account}"),
        )
    ]
