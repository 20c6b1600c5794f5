"""Months that differ only in what a buyer must not know give it the same bundle, byte for byte.

This is what hidden means, without any attack: rows, their order, statistics, sizes, hashes and manifests of a bundle
are a function of what is public and disclosed on its edge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines import gates
from pipelines.lake import Lake
from pipelines.ledger import VERDICTS, Ledger
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.publishing import publish
from tests.oracle.worlds import PERIOD, World, chain, row, rule
from tests.properties.harness import Engine
from tests.support.compiled import compile_project

pytestmark = pytest.mark.slow
Row = dict[str, str | None]
Published = dict[str, bytes]
EDGES = ["op > res", "res > cus", "op > direct", "op > other"]
SAVINGS = "arn:aws:savingsplans::222200002222:savingsplan/11"


def usage(account: str, day: int, cost: str, benefit: str = "0", **more: str | None) -> Row:
    """Usage of a resource that may have earned a benefit; list and contract price are what the charge is without it."""
    paid = str(Decimal(cost) - Decimal(benefit))
    earned = {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitAmount": benefit} if benefit != "0" else {}
    dates = {"ChargePeriodStart": f"2026-10-{day:02d}", "ChargePeriodEnd": f"2026-10-{day + 1:02d}"}
    amounts = {"ListCost": cost, "ContractedCost": cost, "EffectiveCost": paid}
    return row(paid, SubAccountId=account, **dates, **amounts, **earned, **more)


def charges() -> list[Row]:
    """Rows alike but for their benefits, a commitment that one customer owns and all use, a benefit's own row."""
    rows: list[Row] = []
    for account in ("acc-cus", "acc-direct", "acc-other"):
        machine = {"ResourceId": f"{account}/vm-1", "ResourceName": "vm-1"}
        rows += [usage(account, day, "12.345678", "1.8518517" if day % 2 else "0", **machine) for day in range(1, 9)]
        rows += [usage(account, 9, "0.7", benefit, **machine) for benefit in ("0", "0.105", "0", "0.105")]
        rows.append(usage(account, 10, "5", x_CorrectedInvoiceId="INV-0", ChargeClass="Correction"))
        plan = {"CommitmentDiscountId": SAVINGS, "CommitmentDiscountType": "Savings Plan", "x_Provider": "aws"}
        used = plan | {"CommitmentDiscountStatus": "Used", "ResourceId": f"{account}/i-1"}
        rows += [usage(account, day, "3", **used) | {"BilledCost": "0", "EffectiveCost": "2"} for day in (3, 4)]
    fee = plan | {"ChargeCategory": "Purchase", "ResourceId": SAVINGS, "EffectiveCost": "0"}
    rows.append(usage("acc-other", 1, "20") | fee)
    gift = {"x_Provider": "aws", "ChargeCategory": "Credit", "x_PartnerBenefitKind": "SPP", "ListCost": "0"}
    rows.append(row("-7.5", SubAccountId="acc-cus", **gift) | {"x_PartnerBenefitAmount": "7.5", "ContractedCost": "0"})
    return rows


def world(percent: str = "10") -> World:
    """op -> res -> cus by list prices; op -> direct on its cost, op -> other by list."""
    tenants = [{"tenant": name, "name": name.title(), "kind": "customer", "parent": "op"} for name in DIRECT]
    contracts = [
        {"contract": f"C-{name}", "seller": "op", "buyer": name, "currency": "EUR", "plan": plan}
        for name, plan in DIRECT.items()
    ]
    links = [
        {"provider": provider, "scope": "sub_account", "scope_id": f"acc-{name}", "tenant": name}
        for provider in ("azure", "aws")
        for name in ("cus", *DIRECT)
        if (provider, name) != ("azure", "cus")
    ]
    found = chain(
        [rule("first", "discount", basis="list", percent=percent)],
        [rule("second", "discount", basis="list", percent="5")],
        rows=charges(),
        more={"tenants": tenants, "contracts": contracts, "account_links": links},
    )
    found.plans.append({"plan": "on-cost", "rules": [rule("on-cost", "markup", basis="cost", percent="4")]})
    return found


DIRECT = {"direct": "on-cost", "other": "second"}


class Press:
    """Publishes worlds with the project's SQL compiled once."""

    def __init__(self, engine: Engine, root: Path, edges: Sequence[str] = EDGES) -> None:
        self._engine, self._root, self._edges = engine, root, edges

    def bundles(self, world: World) -> dict[str, Published]:
        """Edge -> every file of its bundle, manifest included."""
        place = self._root / f"month-{len(list(self._root.iterdir()))}"
        place.mkdir()
        marts = self._engine.bill(world, place)
        lake, period = Lake(place / "lake"), BillingPeriod(PERIOD)
        ledger = Ledger(lake)
        judged = {"content_hash": gates.content_hash(marts), "status": "pass", "judged_at": "-"}
        detail = json.dumps({"held_edges": [], "failed": [], "warnings": []})
        with ledger.transaction() as connection:
            ledger.put(connection, VERDICTS, period=PERIOD, detail=detail, **judged)
        publish(lake, ledger, period, silent)
        return {edge: dict(_files(lake.published(period), edge)) for edge in self._edges}


def _files(published: Path, edge: str) -> Iterator[tuple[str, bytes]]:
    seller, buyer = edge.split(" > ")
    for path in sorted((published / f"seller={seller}" / f"buyer={buyer}" / "version=1").iterdir()):
        yield path.name, path.read_bytes()


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    root = tmp_path_factory.mktemp("twins")
    with pytest.MonkeyPatch.context() as patch:
        yield Press(Engine(compile_project(tmp_path_factory.mktemp("compiled")), root, patch), root)


@pytest.fixture(scope="module")
def bundles(press: Press) -> dict[str, Published]:
    return press.bundles(world())


def without_benefits(month: World) -> None:
    """Nothing was earned: every earned benefit is paid, and some of it was missed."""
    kept = []
    for charge in month.rows:
        benefit = Decimal(charge.get("x_PartnerBenefitAmount") or 0)
        if benefit and charge["ChargeCategory"] == "Credit":
            continue
        if benefit:
            paid = {name: str(Decimal(str(charge[name])) + benefit) for name in ("BilledCost", "EffectiveCost")}
            missed = {"x_PartnerBenefitStatus": "missed", "x_PartnerBenefitMissed": str(benefit)}
            charge |= paid | missed | {"x_PartnerBenefitAmount": "0"}
        kept.append(charge)
    month.rows = kept


def other_names(month: World) -> None:
    """The providers, their invoices, accounts and commitments have other names, in another order; files too."""
    month.rows.reverse()
    for charge in month.rows:
        charge |= {"InvoiceId": "A-77", "BillingAccountId": "0-payer"}
        if charge.get("x_CorrectedInvoiceId"):
            charge["x_CorrectedInvoiceId"] = "Z-1"
        for name, value in charge.items():
            if value == SAVINGS:
                charge[name] = "arn:aws:savingsplans::999900009999:savingsplan/99"


def other_customers(month: World) -> None:
    """The neighbour used more, and paid more for its commitment."""
    for charge in [charge for charge in month.rows if charge["SubAccountId"] == "acc-other"]:
        charge |= {name: str(Decimal(str(charge[name])) * 3) for name in ("ListCost", "ContractedCost", "BilledCost")}
        month.rows.append(dict(charge))


def other_costs(month: World) -> None:
    """The providers charge the operator something else, list prices are the same."""
    for charge in month.rows:
        if not charge.get("CommitmentDiscountId"):
            names = ("BilledCost", "ContractedCost", "EffectiveCost")
            charge |= {name: str(Decimal(str(charge[name])) * Decimal("0.9137")) for name in names}


def other_prices_above(month: World) -> None:
    """The distributor sells to the reseller at another discount."""
    month.plans = world("17").plans


TWINS: list[tuple[Callable[[World], None], list[str]]] = [
    (without_benefits, EDGES),
    (other_names, ["op > res", "res > cus", "op > direct"]),  # the other customer owns the commitment
    (other_customers, ["op > res", "res > cus", "op > direct"]),
    (other_costs, ["op > res", "res > cus", "op > other"]),
    (other_prices_above, ["res > cus", "op > direct", "op > other"]),
]


@pytest.mark.parametrize(("change", "edges"), TWINS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_secret_changes_no_byte(
    press: Press, bundles: dict[str, Published], change: Callable[[World], None], edges: list[str]
) -> None:
    month = world()
    change(month)
    twin = press.bundles(month)
    for edge in edges:
        assert twin[edge] == bundles[edge], edge


def test_the_comparison_would_see_a_change(press: Press, bundles: dict[str, Published]) -> None:
    """What is public or disclosed does change bundles: on cost, a price; everywhere, a quantity."""
    dearer, busier = world(), world()
    other_costs(dearer)
    assert press.bundles(dearer)["op > direct"] != bundles["op > direct"]
    for charge in busier.rows:
        charge["PricingQuantity"] = "2"
    assert all(press.bundles(busier)[edge] != bundles[edge] for edge in ("op > res", "res > cus"))
