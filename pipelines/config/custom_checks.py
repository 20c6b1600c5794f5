"""What makes custom lines, subtotals and balances wrong: their terms, dates and references."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

from pipelines.config.custom import BUYER, CHARGES, EACH_CUSTOMER, CustomLine, Subtotal
from pipelines.config.custom_days import is_below
from pipelines.config.custom_order import LEVELS, cycles, graphs, levels
from pipelines.config.custom_terms import check_balance_terms, check_line_dates, check_line_terms, next_month, refuse
from pipelines.config.fields import OPEN_END, OPEN_START
from pipelines.config.files import nearest
from pipelines.config.intervals import grouped, overlaps, unique
from pipelines.config.models import Contract
from pipelines.config.reading import Tables
from pipelines.config.records import Place
from pipelines.errors import Problem

# What an invoice line no longer tells once the contract's line grain is this coarse.
COARSENED = {
    "sku": (),
    "service": ("sku", "publisher"),
    "account": ("sku", "publisher", "service", "service_category"),
    "provider": ("sku", "publisher", "service", "service_category", "sub_account"),
    "customer": ("sku", "publisher", "service", "service_category", "sub_account", "provider"),
}
Contracts: TypeAlias = "dict[str, Contract]"


class OfContract(Protocol):
    """A record that belongs to a contract and may refer to a subtotal."""

    @property
    def place(self) -> Place: ...

    @property
    def contract(self) -> str: ...

    @property
    def of(self) -> str | None: ...


def check_custom(tables: Tables, problems: list[Problem]) -> None:
    """Append every problem of the three kinds of records."""
    contracts = {row.contract: row for row in tables.contracts.rows}
    for line in tables.custom_lines.rows:
        check_line_terms(line, problems)
        if contract := contracts.get(line.contract):
            check_line_dates(line, contract, problems)
    for balance in tables.balances.rows:
        check_balance_terms(balance, contracts.get(balance.contract), problems)
    _check_references(tables, problems)
    _check_audiences(tables, contracts, problems)
    _check_repetition(tables, problems)
    unique(tables.subtotals.rows, "subtotal", problems)
    _check_grain([*tables.custom_lines.rows, *tables.balances.rows], tables.subtotals.rows, contracts, problems)
    _check_order(tables, problems)


def _check_references(tables: Tables, problems: list[Problem]) -> None:
    contracts = tables.contracts.known("contract")
    subtotals = tables.subtotals.known("subtotal")
    lines = tables.custom_lines.known("line")
    users: list[OfContract] = [*tables.custom_lines.rows, *tables.balances.rows]
    for row in users:
        if contracts is not None and row.contract not in contracts:
            _unknown(row, "contract", row.contract, contracts, problems)
        if subtotals is not None and row.of is not None and row.of not in subtotals | {CHARGES}:
            _unknown(row, "of", row.of, subtotals | {CHARGES}, problems)
    for subtotal in tables.subtotals.rows if lines is not None else ():
        for line in subtotal.lines:
            if line not in (lines or ()):
                _unknown(subtotal, "lines", line, lines or set(), problems)


def _unknown(row: Any, field: str, name: str, known: set[str], problems: list[Problem]) -> None:
    word = {"of": "subtotal", "lines": "custom line", "for": "tenant"}.get(field, field)
    what = f"unknown {word} {name!r}{nearest(name, known, problems)}"
    refuse(row, problems, field, what, "correct the id, or add the record it names")


def _check_audiences(tables: Tables, contracts: Contracts, problems: list[Problem]) -> None:
    """Each tenant that a line names buys through its contract on some day of the line."""
    known = tables.tenants.known("tenant")
    if known is None:
        return
    rows = grouped(tables.tenants.rows, lambda row: row.tenant)
    for line in tables.custom_lines.rows:
        for tenant in line.audience:
            if tenant in (BUYER, EACH_CUSTOMER):
                continue
            if tenant not in known:
                _unknown(line, "for", tenant, known, problems)
            elif (contract := contracts.get(line.contract)) and not tables.tenants.broken:
                since, until = max(line.valid_from, contract.valid_from), min(line.valid_to, contract.valid_to)
                if line.on:
                    since, until = line.on, line.on + timedelta(days=1)
                if since < until and not is_below(tenant, contract.buyer, since, until, rows):
                    what = f"{tenant} does not buy through {contract.buyer} on any day of the line"
                    refuse(line, problems, "for", what, f"name {contract.buyer} or a tenant below it")


def _check_repetition(tables: Tables, problems: list[Problem]) -> None:
    """An id names one line of a contract in one month, and no balance besides."""
    first: dict[tuple[str, str], CustomLine] = {}
    for group in grouped(tables.custom_lines.rows, lambda row: (row.contract, row.line)).values():
        months = sorted((_months(row) for row in group), key=lambda found: (found[0], found[2].place))
        for (_, end, row), (start, _, later) in pairwise(months):
            if start < end:
                what = f"line {later.line} of {later.contract} stands twice in {max(start, OPEN_START):%Y-%m}"
                remedy = f"compare with {row.place.file}:{row.place.line}: begin on the first of a month, or rename one"
                refuse(later, problems, "on" if later.on else "valid_from", what, remedy)
        first[group[0].contract, group[0].line] = group[0]
    for terms in grouped(tables.balances.rows, lambda row: (row.contract, row.balance)).values():
        for earlier, after in overlaps(terms):
            what = f"the terms of balance {after.balance} overlap, see {earlier.place.file}:{earlier.place.line}"
            refuse(after, problems, "valid_from", what, f"begin it on {earlier.valid_to}, or rename one")
        if twin := first.get((terms[0].contract, terms[0].balance)):
            what = f"{terms[0].balance} is also a custom line, {twin.place.file}:{twin.place.line}"
            refuse(terms[0], problems, "balance", what, "give one of them another id")


def _months(row: CustomLine) -> tuple[date, date, CustomLine]:
    """The whole months in which a line is billed, half-open."""
    first, last = (row.on, row.on) if row.on else (row.valid_from, row.valid_to - timedelta(days=1))
    return first.replace(day=1), OPEN_END if last.year == OPEN_END.year else next_month(last), row


def _check_grain(
    users: Iterable[OfContract], subtotals: Iterable[Subtotal], contracts: Contracts, problems: list[Problem]
) -> None:
    """A subtotal selects by columns that the contract's lines still have."""
    named = {row.subtotal: row for row in subtotals}
    for row in users:
        subtotal, contract = named.get(row.of or ""), contracts.get(row.contract)
        if subtotal is None or contract is None:
            continue
        for name in COARSENED[contract.line_grain]:
            if getattr(subtotal.match, name) is not None:
                grain = contract.line_grain
                what = f"subtotal {subtotal.subtotal} matches {name}, which lines of grain {grain} do not have"
                remedy = f"use another subtotal, or a finer line_grain in {contract.place.file}:{contract.place.line}"
                refuse(row, problems, "of", what, remedy)


def _check_order(tables: Tables, problems: list[Problem]) -> None:
    """No line is counted in its own subtotal, however long the way round."""
    places = {(row.contract, row.line): row for row in reversed(tables.custom_lines.rows)}
    for contract, graph in graphs(tables.custom_lines.rows, tables.subtotals.rows).items():
        loops = list(cycles(graph))
        for path in loops:
            what = f"custom lines of {contract} count each other: {' -> '.join(path)}"
            refuse(places[contract, path[0]], problems, "of", what, "take one of them out of the others' subtotals")
        for line, level in levels(graph).items() if not loops else ():
            if level >= LEVELS:
                what = f"line {line} rests on {level} custom lines, one upon the other"
                refuse(places[contract, line], problems, "of", what, f"use at most {LEVELS - 1}")
