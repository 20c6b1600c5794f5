"""Changes of charges that are there: a commitment that has expired, or that belongs to somebody else.

Expired: what it covered becomes ordinary usage at its contracted cost, and its purchases and unused parts are
gone. What was paid for it in other months stays out of the comparison.
Moved: its purchases and unused parts lie in an account of the new owner; who uses it stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from pipelines.config import Config
from pipelines.config.files import nearest
from pipelines.errors import Problem, RebillError
from pipelines.money import Decimal
from pipelines.providers.staging import identifier, literal
from pipelines.schemas import slice_columns
from pipelines.simulation import terms
from pipelines.simulation.changes import Change
from pipelines.simulation.slices import Difference, Slices

COMMITMENT = ("CommitmentDiscount", "x_Commitment")
COMMITMENT_COLUMNS = tuple(column.id for column in slice_columns() if column.id.startswith(COMMITMENT))
NO_COMMITMENT = dict.fromkeys((*COMMITMENT_COLUMNS, "x_Repairs"), "null")
SCOPES = ("SubAccountId", "SubAccountName", "SubAccountType", "x_ProviderCustomerId", "x_ResourceGroup", "Tags")
USED = "CommitmentDiscountStatus = 'Used'"
UPKEEP = "(ChargeCategory = 'Purchase' or CommitmentDiscountStatus = 'Unused')"
LABELLED = {"ChargeDescription": "'Simulated: ' || coalesce(ChargeDescription, '')"}


def expire(slices: Slices, change: Change) -> list[str]:
    """Take a commitment out of the period's charges; returns what a reader should know."""
    of_it = f"coalesce(lower(CommitmentDiscountId) = {literal(change.value)}, false)"
    on_demand = {
        **NO_COMMITMENT,
        **LABELLED,
        "BilledCost": "ContractedCost",
        "EffectiveCost": "ContractedCost",
        "PricingCurrencyEffectiveCost": in_pricing_currency("ContractedCost", "PricingCurrencyEffectiveCost"),
        "PricingCategory": "'Standard'",
    }
    with slices.open() as con:
        touched = _require(con, change, of_it)
        differences = f"""
            select InvoiceId, BillingCurrency,
                sum(case when {USED} then ContractedCost - BilledCost else -BilledCost end) as Net,
                -count_if({UPKEEP}) as Rows
            from charges where PartNo = {{part}} and {of_it} and ({USED} or {UPKEEP})
            group by InvoiceId, BillingCurrency order by all
        """
        for number in touched:
            query = (
                f"select {replaced(on_demand, f'{of_it} and {USED}')} from charges "
                f"where PartNo = {number} and not ({of_it} and coalesce({UPKEEP}, false))"
            )
            rows = con.execute(differences.format(part=number)).fetchall()
            slices.rewrite(con, slices.parts[number], change, query, _differences(rows))
        found = _figures(con, of_it)
    notes = [f"{change.value}: {found['used']:,} charges become on demand, {found['gone']:,} are gone"]
    if found["free"]:
        notes.append(f"{found['free']:,} of them have no contracted price: they cost nothing in the simulation")
    return notes


def move(slices: Slices, config: Config, change: Change) -> tuple[Config, list[str]]:
    """Give a commitment to another tenant; returns the configuration that says so, and what to know."""
    tenant = str(change.detail)
    of_it = f"coalesce(lower(CommitmentDiscountId) = {literal(change.value)}, false)"
    account = account_of(tenant)
    home = {**dict.fromkeys(SCOPES, "null"), **LABELLED, "SubAccountId": literal(account)}
    with slices.open() as con:
        touched = _require(con, change, of_it)
        providers = sorted({slices.parts[number].provider for number in touched})
        for provider in providers:
            config = terms.owned_by(config, change, provider, change.value, tenant)
            config = terms.with_account(config, change, provider, account, tenant)
        for number in touched:
            query = f"select {replaced(home, f'{of_it} and {UPKEEP}')} from charges where PartNo = {number}"
            slices.rewrite(con, slices.parts[number], change, query, [])
        found = _figures(con, of_it)
    borne = f"{tenant} owns it and bears its {found['gone']:,} purchase and unused charges"
    return config, [f"{change.value}: {borne}; who uses it stays as it was"]


def account_of(tenant: str) -> str:
    """The account in which a simulation puts what no real account of a tenant holds."""
    return f"simulated-{tenant}"


def replaced(values: Mapping[str, str], condition: str) -> str:
    """A select list: every column of a slice, with other values where a condition holds."""
    return ", ".join(
        f"case when coalesce({condition}, false) then {values[column.id]} else {identifier(column.id)} end "
        f"as {identifier(column.id)}"
        if column.id in values
        else identifier(column.id)
        for column in slice_columns()
        if column.id != "x_RateKey"
    )


def in_pricing_currency(amount: str, otherwise: str) -> str:
    """An amount in the pricing currency where that is the billing currency: a simulation converts nothing."""
    return f"case when PricingCurrency = BillingCurrency then {amount} else {otherwise} end"


def _require(con: duckdb.DuckDBPyConnection, change: Change, of_it: str) -> list[int]:
    """The numbers of the slices that hold a commitment. Raises RebillError if none does."""
    touched = [
        row[0] for row in con.execute(f"select distinct PartNo from charges where {of_it} order by 1").fetchall()
    ]
    if not touched:
        known = [
            row[0]
            for row in con.execute(
                "select distinct lower(CommitmentDiscountId) from charges where CommitmentDiscountId is not null"
            ).fetchall()
        ]
        what = f"no charge of the period belongs to the commitment {change.value!r}{nearest(change.value, known)}"
        raise RebillError(_unknown(change, what, known))
    return touched


def _unknown(change: Change, what: str, known: Sequence[str]) -> Problem:
    some = ", ".join(sorted(known)[:5])
    return change.problem(what, f"name one of the period's {len(known)}: {some}" if known else "there is none in it")


def _figures(con: duckdb.DuckDBPyConnection, of_it: str) -> dict[str, Any]:
    """What stands in the charges as they were when the connection was opened."""
    query = (
        f"select count_if({USED}) as used, count_if({UPKEEP}) as gone, "
        f"count_if({USED} and ContractedCost = 0 and PricingQuantity <> 0) as free from charges where {of_it}"
    )
    row = con.execute(query).fetchone()
    assert row is not None
    return dict(zip(("used", "gone", "free"), row, strict=True))


def _differences(rows: Sequence[tuple[Any, ...]]) -> list[Difference]:
    return [Difference(invoice, currency, Decimal(net), int(count)) for invoice, currency, net, count in rows]
