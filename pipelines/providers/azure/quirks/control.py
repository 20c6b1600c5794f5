"""What an invoice must tie to before its charges are mapped: its own total; in an estimate, that usage has its days."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines.errors import BadDelivery, Problem, RebillError
from pipelines.money import CONTEXT, parse
from pipelines.providers.export import Delivery


def refuse_another_total(con: duckdb.DuckDBPyConnection, invoice: Delivery) -> None:
    """Raise BadDelivery where the reconciliation does not add up to the total of the invoice record, to the last digit.

    Both are in the invoice's currency and hold tax. Nothing is compared while the reconciliation is not there.
    """
    found = con.execute(
        "select exact_total(Subtotal) + exact_total(TaxTotal), count(*) from raw_reconciliation"
    ).fetchone()
    assert found is not None
    lines, count = found
    if not count:
        return
    place = f"invoice {invoice.unit}"
    try:
        total = parse(invoice.attributes["total"], place)
    except RebillError as error:
        raise BadDelivery(
            [
                Problem(place, f"totalCharges of the invoice record: {found.what}", found.remedy)
                for found in error.problems
            ]
        ) from error
    if total != lines:
        difference = CONTEXT.subtract(total, lines)
        what = (
            f"the invoice record states {total:f} {invoice.attributes['currency']}, its {count} reconciliation lines "
            f"add up to {lines.normalize():f}: {difference.normalize():f} is on no line"
        )
        remedy = (
            "fetch record and reconciliation again; if they still differ, ask Microsoft for the line that is missing"
        )
        raise BadDelivery(Problem(place, what, remedy, column="totalCharges"))


def refuse_usage_without_days(con: duckdb.DuckDBPyConnection, files: Mapping[int, str]) -> None:
    """Raise BadDelivery where an estimate has lines of usage and no daily usage at all: it would leave them out."""
    found = con.execute(
        "select x_SourceFile, x_SourceRow from raw_lines where IsUsage and not exists (select 1 from raw_usage)"
        " order by x_SourceFile, x_SourceRow limit 1"
    ).fetchone()
    if found is not None:
        what = "the estimate has lines of usage, but no daily usage"
        raise BadDelivery(Problem(files[found[0]], what, "deliver the unbilled daily usage too", line=found[1] + 1))
