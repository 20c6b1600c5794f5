"""The oracle by hand: who pays for a commitment under every policy, and what its owner gets back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.generator.truth import Truth
from tests.oracle.billing import dispositions
from tests.oracle.worlds import Record, World, chain, row, rule

LIST = rule("list", "discount", basis="list", percent="0")
TEN = rule("ten", "discount", basis="list", percent="10")
DOWN = rule("down", "pass_through")
OWNER = {"CommitmentDiscountId": "RI-1", "CommitmentDiscountType": "Reservation", "x_CommitmentOwnerId": "acc-own"}


def used(listed: str, effective: str, account: str = "acc-cus", **values: str | None) -> dict[str, str | None]:
    fields = OWNER | {"CommitmentDiscountStatus": "Used", "SubAccountId": account, "SkuId": account}
    amounts = {"ListCost": listed, "ContractedCost": listed, "EffectiveCost": effective}
    return row("0", **fields, **amounts | values)


def unused(effective: str, account: str = "acc-own") -> dict[str, str | None]:
    fields = OWNER | {"CommitmentDiscountStatus": "Unused", "SubAccountId": account, "SkuId": "idle"}
    return row("0", **fields, ListCost="0", EffectiveCost=effective)


def bought(cost: str, account: str = "acc-own") -> dict[str, str | None]:
    return row(cost, **OWNER, ChargeCategory="Purchase", EffectiveCost="0", SubAccountId=account, SkuId="fee")


# 60 of fees: own uses 20 of 40 at list, cus uses 30 of 90, and 10 are left idle.
ROWS = [bought("60"), used("40", "20", "acc-own"), used("90", "30"), unused("10")]


def world(own: Record, cus: Record | None = None, *rows: dict[str, str | None], **more: list[Record]) -> World:
    """op sells to own, who owns the commitment, and to cus; both at list."""
    found = chain([LIST], rows=list(rows) or ROWS, c1=cus if cus is not None else own, more=more)
    found.records["tenants"].append({"tenant": "own", "name": "Own", "kind": "customer", "parent": "op"})
    base = {"contract": "C9", "seller": "op", "buyer": "own", "currency": "EUR", "plan": "first"}
    found.records["contracts"].append(base | own)
    link = {"provider": "azure", "scope": "sub_account", "scope_id": "acc-own", "tenant": "own"}
    found.records["account_links"].append(link)
    return found


def billed(truth: Truth) -> dict[tuple[str, str | None], Decimal]:
    """By buyer and product; what a line credits by its own name."""
    return {(key.buyer, key.custom_line or key.sku): line.exact for key, line in truth.lines.items()}


def amortized(truth: Truth) -> dict[str, Decimal]:
    return {buyer: edge.amortized for (_, buyer, _), edge in truth.edges.items()}


def law(truth: Truth) -> tuple[Decimal, ...]:
    """Owners, consumers, unused, credits and the margin that is left of 60."""
    assert truth.reports.gaps() == []
    [item] = truth.reports.commitments.values()
    assert (item.billed, item.effective, item.used, item.unused, item.listed) == (60, 60, 50, 10, 130)
    back = sum(truth.reports.returned.values(), Decimal(0))
    margin = sum((entry.revenue - entry.cost for entry in truth.margin.values()), Decimal(0))
    assert item.owner_revenue + item.consumer_revenue + item.unused_revenue + back - margin == 60
    return item.owner_revenue, item.consumer_revenue, item.unused_revenue, back, margin


def test_as_applied(tmp_path: Path) -> None:
    truth = world({}).truth(tmp_path)
    assert billed(truth) == {("own", "fee"): 60, ("own", "acc-own"): 0, ("own", "idle"): 0, ("cus", "acc-cus"): 0}
    assert amortized(truth) == {"own": 30, "cus": 30}
    assert law(truth) == (60, 0, 0, 0, 0)


def test_billed_as_it_is_used(tmp_path: Path) -> None:
    truth = world({"billing_basis": "amortized"}).truth(tmp_path)
    assert billed(truth) == {("own", "fee"): 0, ("own", "acc-own"): 20, ("own", "idle"): 10, ("cus", "acc-cus"): 30}
    assert amortized(truth) == {"own": 30, "cus": 30}
    assert law(truth) == (20, 30, 10, 0, 0)


def test_for_the_owner_only(tmp_path: Path) -> None:
    """cus pays list for what it used, and the owner gets those 90 back."""
    truth = world({"commitments": "owner_only", "benefit_to": "owner"}).truth(tmp_path)
    assert billed(truth) == {
        ("own", "fee"): 60,
        ("own", "acc-own"): 0,
        ("own", "idle"): 0,
        ("own", "commitment ri-1"): -90,
        ("cus", "acc-cus"): 90,
    }
    assert amortized(truth) == {"own": -60, "cus": 90}
    assert law(truth) == (60, 90, 0, -90, 0)


def test_for_the_owner_only_and_the_operator_keeps_it(tmp_path: Path) -> None:
    truth = world({"commitments": "owner_only", "benefit_to": "operator"}).truth(tmp_path)
    assert billed(truth)["cus", "acc-cus"] == 90
    assert law(truth) == (60, 90, 0, 0, 90)


def test_the_policy_is_that_of_the_consumers_contract(tmp_path: Path) -> None:
    """own's contract would keep others out, cus's does not ask."""
    truth = world({"commitments": "owner_only", "benefit_to": "owner"}, {}).truth(tmp_path)
    assert billed(truth)["cus", "acc-cus"] == 0


def test_retained(tmp_path: Path) -> None:
    """Both pay list, the operator has the fee, what is idle, and the margin."""
    truth = world({"commitments": "retained"}).truth(tmp_path)
    assert billed(truth) == {("own", "acc-own"): 40, ("cus", "acc-cus"): 90}
    assert dispositions(truth) == {("absorbed", "retained commitment"): 60, ("billed", "priced"): 0}
    assert law(truth) == (40, 90, 0, 0, 70)


def pool(*members: str) -> list[Record]:
    return [{"pool": "p", "tenant": name} for name in members]


def test_pooled(tmp_path: Path) -> None:
    """20 + 30 used and 10 idle for 130 at list: each unit of list price costs R12(60 / 130)."""
    terms = {"commitments": "pooled", "commitment_pool": "p"}
    truth = world(terms, None, commitment_pools=pool("own", "cus")).truth(tmp_path)
    rate = Decimal("0.461538461538")
    assert billed(truth) == {("own", "acc-own"): 40 * rate, ("cus", "acc-cus"): 90 * rate}
    assert amortized(truth) == {"own": 40 * rate, "cus": 90 * rate}
    assert dispositions(truth) == {("absorbed", "pooled commitment"): 60, ("billed", "priced"): 0}


def test_who_is_in_no_pool_pays_on_demand(tmp_path: Path) -> None:
    """The pool belongs to the owner's contract; cus is no member: 20 + 10 for own's 40."""
    terms = {"commitments": "pooled", "commitment_pool": "p"}
    truth = world(terms, {}, commitment_pools=pool("own")).truth(tmp_path)
    assert billed(truth) == {("own", "acc-own"): 30, ("cus", "acc-cus"): 90}
    assert law(truth) == (30, 90, 0, 0, 60)


def test_a_pool_nobody_uses_changes_nothing_for_its_members(tmp_path: Path) -> None:
    terms = {"commitments": "pooled", "commitment_pool": "p"}
    rows = (bought("60"), used("90", "30"), unused("30"))
    truth = world(terms, {}, *rows, commitment_pools=pool("own")).truth(tmp_path)
    assert billed(truth) == {("own", "fee"): 60, ("own", "idle"): 0, ("cus", "acc-cus"): 90}


@pytest.mark.parametrize(
    ("record", "paid"),
    [
        ({"policy": "retained"}, 90),
        ({"policy": "owner_only", "benefit_to": "operator", "owner": "cus"}, 0),
        ({"policy": "retained", "valid_from": "2026-10-06"}, 0),
        ({"policy": "retained", "valid_from": "2026-10-05", "valid_to": "2026-10-06"}, 90),
        ({"policy": "retained", "provider": "aws"}, 0),
        ({"owner": "cus"}, 0),
    ],
)
def test_what_is_said_of_one_commitment(tmp_path: Path, record: Record, paid: int) -> None:
    """Its name compares in lower case; it comes before what the contracts say."""
    truth = world({}, None, commitments=[{"commitment": "ri-1", "provider": "azure"} | record]).truth(tmp_path)
    assert billed(truth)["cus", "acc-cus"] == paid


@pytest.mark.parametrize(
    ("said", "links", "owner"),
    [
        ("acc-own", [], "own"),
        ("key-1", [("customer", "KEY-1", "cus")], "cus"),
        ("payer-9", [("billing_account", "payer-9", "cus")], "cus"),
        ("key-1", [("tag", "key-1=a", "cus")], "own"),
        ("nobody", [], "own"),
        (None, [], "own"),
    ],
)
def test_whose_it_is(tmp_path: Path, said: str | None, links: list[tuple[str, str, str]], owner: str) -> None:
    """By the account that the provider names, as any kind of account, else by whom its fee stands with."""
    found = world({"billing_basis": "amortized"}, None, *(entry | {"x_CommitmentOwnerId": said} for entry in ROWS))
    for scope, name, tenant in links:
        link = {"provider": "azure", "scope": scope, "scope_id": name, "tenant": tenant}
        found.records["account_links"].append(link)
    [item] = found.truth(tmp_path).reports.commitments.values()
    assert (item.owner_revenue, item.consumer_revenue) == ((20, 30) if owner == "own" else (30, 20))


def test_without_an_id_nothing_is_known(tmp_path: Path) -> None:
    rows = [entry | {"CommitmentDiscountId": None} for entry in ROWS]
    truth = world({"commitments": "retained", "billing_basis": "amortized"}, None, *rows).truth(tmp_path)
    assert billed(truth) == {("own", "fee"): 60, ("own", "acc-own"): 0, ("own", "idle"): 0, ("cus", "acc-cus"): 0}


def test_use_without_a_list_price_is_held(tmp_path: Path) -> None:
    """All that is rated with it, too; without quantity nothing is missing."""
    rows = (used("0", "30"), used("90", "30"), used("0", "1", "acc-own", PricingQuantity=None))
    truth = world({"commitments": "retained"}, None, *rows).truth(tmp_path)
    charges = {key.reason: total.charges for key, total in truth.coverage.items()}
    assert charges == {"no on-demand price": 2, "priced": 1}
    assert {(hold.tenant, hold.reason) for hold in truth.holds} == {("cus", "no on-demand price")}


def test_on_demand_needs_a_rule_for_usage(tmp_path: Path) -> None:
    only = rule("fees", "discount", basis="list", percent="0", match={"charge_category": "Purchase"})
    found = world({"commitments": "retained"})
    found.plans[0]["rules"] = [only]
    assert {key.reason for key in found.truth(tmp_path).coverage} == {"no price rule", "retained commitment"}


@pytest.mark.parametrize(("policy", "counted"), [("retained", "9"), ("as_applied", "0")])
def test_tiers_count_use_on_demand_only(tmp_path: Path, policy: str, counted: str) -> None:
    """Two hours at 3 each for the first two and 1 for each further: own's one hour and cus's three."""
    tiers = [{"from": "0", "to": "2", "price": "3"}, {"from": "2", "price": "1"}]
    hours = rule("hours", "tiers", mode="graduated", measure="quantity", value="price", unit="Hours", scope="buyer")
    hours |= {"currency": "EUR", "tiers": tiers}
    found = world({"commitments": policy}, None, used("90", "30", PricingQuantity="5"))
    found.plans[0]["rules"].append(hours | {"priority": "1"})
    assert billed(found.truth(tmp_path))["cus", "acc-cus"] == Decimal(counted)


def two_tiers(c1: Record, c2: Record, *rows: dict[str, str | None], **more: list[Record]) -> World:
    """op > res at list - 10 %; res > cus and res > own at what it pays."""
    found = chain([TEN], [DOWN], rows=list(rows) or ROWS, c1=c1, c2=c2, more=more)
    found.records["tenants"].append({"tenant": "own", "name": "Own", "kind": "customer", "parent": "res"})
    base = {"contract": "C9", "seller": "res", "buyer": "own", "currency": "EUR", "plan": "second"}
    found.records["contracts"].append(base | {name: value for name, value in c2.items() if name != "valid_to"})
    link = {"provider": "azure", "scope": "sub_account", "scope_id": "acc-own", "tenant": "own"}
    found.records["account_links"].append(link)
    return found


def test_a_reseller_keeps_what_it_bought_covered(tmp_path: Path) -> None:
    """res pays for the fee and nothing for use; its customers pay list - 10 % for use and no fee."""
    truth = two_tiers({}, {"commitments": "retained"}).truth(tmp_path)
    found = {(key.buyer, key.sku): line.exact for key, line in truth.lines.items() if line.exact}
    assert found == {("res", "fee"): 54, ("own", "acc-own"): 36, ("cus", "acc-cus"): 81}


def test_the_owners_side_is_everything_above_it(tmp_path: Path) -> None:
    """op > res is on the way to the owner; res > cus is not, and res gives back its 81 less its own currency's way."""
    truth = two_tiers({"commitments": "owner_only", "benefit_to": "owner"}, {}).truth(tmp_path)
    assert {(key.buyer, key.sku): line.exact for key, line in truth.lines.items() if line.exact} == {
        ("res", "fee"): 54,
        ("own", "fee"): 54,
    }
    truth = two_tiers({}, {"commitments": "owner_only", "benefit_to": "owner"}).truth(tmp_path / "lower")
    assert billed(truth)["cus", "acc-cus"] == 81
    assert billed(truth)["own", "commitment ri-1"] == -81


def test_a_credit_goes_down_in_every_currency(tmp_path: Path) -> None:
    """others' 90 EUR come back to res in USD at 1.25 without its markup, and from res to own in yen at 128 per USD."""
    found = world({}, {"commitments": "owner_only", "benefit_to": "owner"})
    found.records["tenants"][-1]["parent"] = "res"
    found.records["tenants"].append({"tenant": "res", "name": "Res", "kind": "reseller", "parent": "op"})
    found.records["contracts"][-1] |= {"seller": "res", "currency": "JPY"}
    top = {"contract": "C3", "seller": "op", "buyer": "res", "currency": "USD", "plan": "first", "fx_markup": "5"}
    found.records["contracts"].append(top)
    rates = found.records["fx_rates"]
    rates.append(rates[0] | {"from_currency": "USD", "to_currency": "JPY", "rate": "128"})
    truth = found.truth(tmp_path)
    lines = {key.buyer: line for key, line in truth.lines.items() if key.custom_line}
    assert {buyer: line.billed for buyer, line in lines.items()} == {"res": Decimal("-112.5"), "own": -14400}
    assert {line.moved for line in lines.values()} == {Decimal(0)}


def test_pools_hold_together(tmp_path: Path) -> None:
    """cus has an account that nobody prices: own shares its pool and waits as well."""
    terms = {"commitments": "pooled", "commitment_pool": "p"}
    found = world(terms, None, commitment_pools=pool("own", "cus"))
    found.plans[0]["rules"] = [LIST | {"match": {"service": "Virtual Machines"}}]
    found.rows = [*ROWS, row("1", ServiceName="Other")]
    assert {hold.buyer for hold in found.truth(tmp_path).holds} == {"own", "cus"}


def test_who_uses_what_others_bought(tmp_path: Path) -> None:
    rule_of_day = [{"provider": "azure", "severity": "warn"}]
    found = world({"commitments": "retained"})
    found.operator |= {"commitment_sharing": rule_of_day}
    [(key, item)] = found.truth(tmp_path).reports.sharing.items()
    assert (key.owner, key.consumer, key.severity) == ("own", "cus", "warn")
    assert (item.effective, item.listed, item.charges) == (30, 90, 1)
