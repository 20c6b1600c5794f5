"""The reports of a month as a person reads them in a terminal. Figures come formatted, never computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.money import ZERO, Decimal, round_to
from pipelines.printing import money
from pipelines.reports import BenefitReport, CommitmentReport

TAIL = 16
RULES = {"block": "[bold red]in breach[/]", "warn": "[yellow]warned[/]", "allow": "[dim]allowed[/]"}


def percent(ratio: Decimal | None) -> str:
    """0.666666666667 -> `66.7 %`; a dash where nothing was used nor unused."""
    return "-" if ratio is None else f"{ratio * 100:.1f} %"


def _name(row: Mapping[str, Any]) -> str:
    """Whose commitment it is of the providers', by the end of its id; --json has all of it."""
    said = str(row["CommitmentDiscountId"])
    return f"{row['x_Provider']} {escape(said if len(said) <= TAIL else '…' + said[1 - TAIL :])}"


def term(row: Mapping[str, Any]) -> str:
    """Until when, and how it is paid, as far as the provider says: "to 2027-03-31" and "no upfront"."""
    last = row["TermEnd"] - timedelta(microseconds=1) if row["TermEnd"] else None
    payment = (row["PaymentModel"] or "").replace("_", " ")
    return "\n".join(filter(None, (f"to {last:%Y-%m-%d}" if last else "", payment))) or "-"


def commitments(console: Console, report: CommitmentReport) -> None:
    """Every commitment with its owner and use, then who used commitments of others."""
    if not report.commitments:
        console.print(f"no commitment in the charges of {report.period}")
        return
    shown = table(
        f"Commitments {report.period}", ("commitment",), ("used\nunused", "in use\npolicy", "saving", "margin")
    )
    for row in report.commitments:
        currency = row["BillingCurrency"]
        why = "no list price" if row["IsCostKnown"] else "purchase unknown"
        saving = f"[yellow]{why}[/]" if row["Saving"] is None else money(_cents(row["Saving"]), currency)
        shown.add_row(
            f"{_name(row)}\n{escape(row['OwnerTenantId'])}\n[dim]{term(row)}[/]",
            f"{money(_cents(row['Used']), currency)}\n{money(_cents(row['Unused']), currency)}",
            f"{percent(row['Utilisation'])}\n[dim]{row['CommitmentPolicy'] or '-'}[/]",
            saving,
            money(_cents(row["Margin"]), row["HomeCurrency"]),
        )
    console.print(shown)
    _sharing(console, report)


def _sharing(console: Console, report: CommitmentReport) -> None:
    shared = [row for row in report.sharing if row["IsShared"]]
    if not shared:
        console.print("no commitment reached more than one end customer")
        return
    left = ("commitment", "used by", "days")
    shown = table("Reached more than one end customer", left, ("charges", "saving"))
    for row in shared:
        shown.add_row(
            f"{_name(row)}\nof {escape(row['OwnerTenantId'])}",
            f"{escape(row['ConsumerTenantId'])}\n{RULES[row['Severity']]}",
            f"{row['FirstDay']}\n{row['LastDay']}",
            f"{row['LineCount']:,}",
            money(_cents(row["Saving"]), row["BillingCurrency"]),
        )
    console.print(shown)


def benefits(console: Console, report: BenefitReport) -> None:
    """What was earned, missed and passed on per provider; then where something was missed, the most first."""
    if not report.totals:
        console.print(f"no partner benefit in the charges of {report.period}")
        return
    totals = table(f"Partner benefits {report.period}", ("provider", "kind"), ("earned", "missed", "passed on"))
    for row in report.totals:
        totals.add_row(row["x_Provider"], row["PartnerBenefitKind"], *_amounts(row))
    console.print(totals)
    missed = [row for row in report.benefits if row["MissedAmount"] > 0]
    if not missed:
        console.print("nothing was missed")
        return
    shown = table("Left on the table", ("provider", "kind", "customer", "sub-account"), ("missed", "charges"))
    for row in missed:
        shown.add_row(
            row["x_Provider"],
            row["PartnerBenefitKind"],
            escape(row["TenantId"] or "nobody"),
            escape(row["SubAccountName"] or row["SubAccountId"] or "-"),
            money(_cents(row["MissedAmount"]), row["BillingCurrency"]),
            f"{row['MissedLineCount']:,}",
        )
    console.print(shown)


def _amounts(row: dict[str, Any]) -> list[str]:
    names = ("EarnedAmount", "MissedAmount", "SharedAmount")
    return [money(_cents(row[name]), row["BillingCurrency"]) for name in names]


def _cents(value: Decimal | None) -> Decimal | None:
    """A terminal is no place for twelve decimals; --json has them all."""
    return None if value is None else round_to(value, 2, "half_up") + ZERO  # no minus before nothing


def table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    """A table with a title: columns of words, then columns of figures."""
    made = Table(*left, title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in right:
        made.add_column(name, justify="right", no_wrap=True)
    return made
