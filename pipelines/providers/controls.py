"""The invoice control file: what each provider invoice says it costs, kept beside its deliveries.

invoices.csv has one row per invoice. The proof ties the month to these figures; without them it can only
say that the month agrees with itself.
"""

from __future__ import annotations

import csv
from pathlib import Path

from pipelines.errors import BadDelivery, Problem, RebillError
from pipelines.hashing import sha256_file
from pipelines.ledger import CONTROL_INVOICES, Ledger
from pipelines.money import CONTEXT, Decimal, parse
from pipelines.period import BillingPeriod

FILE_NAME = "invoices.csv"
HEADER = ("invoice_id", "billing_account_id", "issuer", "billing_period", "currency", "net", "tax", "total")


def read(path: Path) -> list[dict[str, str]]:
    """The invoices of a control file: amounts as decimal text in the invoice's currency, total = net + tax.

    Raises BadDelivery with every defect found; a file with a defect is not used at all.
    """
    problems: list[Problem] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in HEADER if name not in (reader.fieldnames or [])]
        if missing:
            raise BadDelivery(
                [
                    Problem(
                        str(path),
                        f"the control file has no column {name}",
                        f"use the header {','.join(HEADER)}",
                        column=name,
                    )
                    for name in missing
                ]
            )
        rows = [{name: (row[name] or "").strip() for name in HEADER} for row in reader]
    seen: set[tuple[str, str]] = set()
    for line, row in enumerate(rows, start=2):
        problems.extend(_check(str(path), line, row))
        key = (row["billing_period"], row["invoice_id"])
        if key in seen:
            what = f"invoice {row['invoice_id']} is listed twice"
            problems.append(Problem(str(path), what, "keep one row", line=line))
        seen.add(key)
    if problems:
        raise BadDelivery(problems)
    return rows


def record(ledger: Ledger, provider: str, path: Path) -> int:
    """Take a control file into the ledger, invoice by invoice; returns how many it lists."""
    rows = read(path)
    digest = sha256_file(path)
    wanted = [
        {
            "provider": provider,
            "period": row["billing_period"],
            "source_hash": digest,
            **{name: row[name] for name in HEADER if name != "billing_period"},
        }
        for row in rows
    ]
    known = [
        invoice for period in sorted({row["period"] for row in wanted}) for invoice in ledger.control_invoices(period)
    ]
    changed = [row for row in wanted if row not in known]
    if changed:
        with ledger.transaction() as connection:
            for row in changed:
                ledger.put(connection, CONTROL_INVOICES, **row)
    return len(rows)


def _check(file: str, line: int, row: dict[str, str]) -> list[Problem]:
    problems = [
        Problem(file, f"{name} is empty", "fill it in", line=line, column=name) for name in HEADER if not row[name]
    ]
    amounts: dict[str, Decimal] = {}
    for name in ("net", "tax", "total"):
        try:
            amounts[name] = parse(row[name] or "0", file)
        except RebillError as error:
            problems.append(Problem(file, error.problems[0].what, error.problems[0].remedy, line=line, column=name))
    if len(amounts) == 3 and CONTEXT.add(amounts["net"], amounts["tax"]) != amounts["total"]:
        problems.append(
            Problem(
                file,
                f"net {amounts['net']} and tax {amounts['tax']} do not make total {amounts['total']}",
                "correct the control file from the invoice",
                line=line,
                column="total",
            )
        )
    try:
        BillingPeriod(row["billing_period"])
    except RebillError as error:
        problems.append(
            Problem(file, error.problems[0].what, error.problems[0].remedy, line=line, column="billing_period")
        )
    return problems
