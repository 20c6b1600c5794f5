"""What a custom line or a balance says about itself: which fields belong together, and which days.

The checks append every problem they find.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

from pipelines.config.custom import CHARGES, Balance, CustomLine
from pipelines.config.fields import OPEN_END, OPEN_START, currencies
from pipelines.config.models import Contract
from pipelines.errors import Problem
from pipelines.money import ZERO, Decimal, round_to

PERCENT_LIMIT = Decimal(1000)  # a typo guard


def check_line_terms(row: CustomLine, problems: list[Problem]) -> None:
    """The fields that a line's way of counting needs are there, those it has no use for are not."""
    say = partial(refuse, row, problems)
    if row.kind == "minimum" and row.percent is not None:
        say("percent", "a minimum of a percent", "give the minimum as amount and currency")
    elif (row.amount is None) == (row.percent is None):
        what = "neither amount nor percent" if row.amount is None else "both amount and percent"
        say("amount", what, "give either amount and currency, or percent and of")
    elif row.percent is not None:
        _check_percent(row, problems)
    elif row.currency is None:
        say("currency", "an amount without currency", "name the currency of the amount")
    if row.amount is not None and row.kind != "minimum" and row.of is not None:
        say("of", "an amount has no subtotal", "remove of, or write percent instead of amount")
    if row.kind == "minimum" and row.of is None:
        say("of", "minimum without of", f"name a subtotal, or {CHARGES} for all charge lines")
    if row.quantity is not None and not row.quantity:
        say("quantity", "a quantity of 0", "write how many there are, or remove the line")
    if row.frequency == "once":
        _check_once(row, problems)
    elif row.on is not None:
        say("on", "a monthly line has no single day", "write valid_from and valid_to, or frequency once")


def _check_percent(row: CustomLine, problems: list[Problem]) -> None:
    say = partial(refuse, row, problems)
    if row.of is None:
        say("of", "percent without of", f"name a subtotal, or {CHARGES} for all charge lines: there is no default")
    for name in ("currency", "quantity"):
        if getattr(row, name) is not None:
            say(name, f"a percent line has no {name}", "remove the field")
    if row.prorate != "none":
        remedy = "remove prorate: the subtotal holds only what was used"
        say("prorate", "a percent line is never prorated", remedy)
    percent = row.percent or ZERO
    if percent < 0:
        say("percent", f"{percent} percent", "write a positive percent; kind credit_note lowers the bill")
    elif percent > PERCENT_LIMIT:
        say("percent", f"{percent} percent", f"stay at {PERCENT_LIMIT} or below")


def _check_once(row: CustomLine, problems: list[Problem]) -> None:
    say = partial(refuse, row, problems)
    if row.on is None:
        say("on", "a one-off line without its day", "write the day it is billed for: on YYYY-MM-DD")
    if (row.valid_from, row.valid_to) != (OPEN_START, OPEN_END):
        say("valid_from", "a one-off line has a day, no validity", "leave valid_from and valid_to blank")
    if row.prorate != "none":
        say("prorate", "a one-off line cannot be prorated", "remove prorate, or write frequency monthly")


def check_line_dates(row: CustomLine, contract: Contract, problems: list[Problem]) -> None:
    """A line meets its contract on some day."""
    since, until = (row.on, row.on + timedelta(days=1)) if row.on else (row.valid_from, row.valid_to)
    if max(since, contract.valid_from) >= min(until, contract.valid_to):
        what = f"never billed: contract {contract.contract} holds on none of its days"
        remedy = f"compare with {contract.place.file}:{contract.place.line} and change the dates of one"
        refuse(row, problems, "on" if row.on else "valid_from", what, remedy)


def check_balance_terms(row: Balance, contract: Contract | None, problems: list[Problem]) -> None:
    """A balance has whole months, amounts on its currency's grid, and a contract for all of its term."""
    say = partial(refuse, row, problems)
    for name in ("valid_from", "valid_to"):
        if getattr(row, name).day != 1:
            say(name, f"the term's {name} {getattr(row, name)} is no first of a month", "terms are whole months")
    if not row.amount:
        say("amount", "a balance of 0", "write the amount, or remove the balance")
    for name in ("amount", "opening"):
        amount, decimals = getattr(row, name), currencies()[row.currency]
        if amount is not None and amount != round_to(amount, decimals, "down"):
            say(name, f"{name} {amount} is no amount of {row.currency}", f"write at most {decimals} decimals")
    if (row.opening is None) != (row.opening_period is None):
        say("opening", "opening and opening_period belong together", "give both or neither")
    elif row.opening_period and not row.valid_from <= row.opening_period.start < row.valid_to:
        say("opening_period", f"{row.opening_period} is not in the term", "name a month of the term")
    if row.kind == "prepaid" and (row.opening or ZERO) > row.amount:
        say("opening", f"{row.opening} is more than was prepaid", "opening is what is left")
    if contract is not None:
        _check_term(row, contract, problems)


def _check_term(row: Balance, contract: Contract, problems: list[Problem]) -> None:
    if row.currency != contract.currency:
        what = f"{row.currency}, but contract {contract.contract} is in {contract.currency}"
        refuse(row, problems, "currency", what, "a balance is kept in its contract's currency")
    last = (row.valid_to - timedelta(days=1)).replace(day=1)
    if contract.valid_from > next_month(row.valid_from) - timedelta(days=1) or contract.valid_to <= last:
        what = f"contract {contract.contract} does not hold in every month of the term"
        remedy = f"compare with {contract.place.file}:{contract.place.line} and change the dates of one"
        refuse(row, problems, "valid_from" if contract.valid_from > row.valid_from else "valid_to", what, remedy)


def next_month(day: date) -> date:
    """The first day of the month after that of `day`."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def refuse(row: Any, problems: list[Problem], field: str, what: str, remedy: str) -> None:
    """Append a problem at a record."""
    problems.append(row.place.problem(what, remedy, field))
