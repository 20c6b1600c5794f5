"""What is wrong between links, contracts and the rates that contracts fix."""

from __future__ import annotations

from pipelines.config.intervals import no_overlaps
from pipelines.config.models import AccountLink
from pipelines.config.reading import Tables
from pipelines.errors import Problem


def check_terms(tables: Tables, problems: list[Problem]) -> None:
    """Append every problem of tag links and fixed rates."""
    for row in tables.account_links.rows:
        _check_tag(row, problems)
    rates = tables.contract_rates.rows
    no_overlaps(rates, lambda row: f"of {row.contract} from {row.from_currency}", "the rate", problems)
    currencies = {row.contract: row.currency for row in tables.contracts.rows}
    for rate in rates:
        if currencies.get(rate.contract) == rate.from_currency:
            what = f"a rate from {rate.from_currency} for {rate.contract}, which bills in {rate.from_currency}"
            problems.append(rate.place.problem(what, "remove it: it is always 1", "from_currency"))


def _check_tag(row: AccountLink, problems: list[Problem]) -> None:
    if row.within is not None and row.scope != "tag":
        what = f"within has no meaning on a {row.scope}"
        problems.append(row.place.problem(what, "leave it blank, or write scope tag", "within"))
    if row.scope != "tag":
        return
    key, _, value = row.scope_id.partition("=")
    if not (key and value):
        what = f"{row.scope_id!r} names no tag key and value"
        problems.append(row.place.problem(what, "write key=value, e.g. team=web", "scope_id"))
    elif "*" in value:
        what = f"{row.scope_id!r} has a star, but a link's tag value is exact"
        problems.append(row.place.problem(what, "write one link for each value", "scope_id"))
