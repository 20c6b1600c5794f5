"""A month small enough to work out on paper: two customers, one commitment that both use, some usage on demand.

Every customer pays 10 % less than list for usage and the provider's price for purchases. The commitment ri-1 lies in
Anna's account. Its fee is 100, it covers usage of Anna (60 on demand, 40 amortized) and of Ben (90 and 50), and 10
are unused. Ben also has usage on demand: 30 on the 5th, 12 on the 6th.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import building, engine
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.simulation import SimulationReport
from tests.support.compiled import Compiled, compile_project
from tests.support.slices import add_slice

PERIOD = "2026-10"
COMMITMENT = {"CommitmentDiscountId": "RI-1", "CommitmentDiscountType": "Reservation", "x_CommitmentOwnerId": "acc-a"}
CHARGES = [
    {
        **COMMITMENT,
        "ChargeCategory": "Purchase",
        "SubAccountId": "acc-a",
        "BilledCost": "100",
        "EffectiveCost": "0",
        "SkuId": "RI",
    },
    {
        **COMMITMENT,
        "CommitmentDiscountStatus": "Used",
        "SubAccountId": "acc-a",
        "ListCost": "60",
        "ContractedCost": "60",
        "EffectiveCost": "40",
        "BilledCost": "0",
        "PricingQuantity": "20",
    },
    {
        **COMMITMENT,
        "CommitmentDiscountStatus": "Used",
        "SubAccountId": "acc-b",
        "ListCost": "90",
        "ContractedCost": "90",
        "EffectiveCost": "50",
        "BilledCost": "0",
        "PricingQuantity": "30",
    },
    {
        **COMMITMENT,
        "CommitmentDiscountStatus": "Unused",
        "SubAccountId": "acc-a",
        "ListCost": "0",
        "ContractedCost": "0",
        "EffectiveCost": "10",
        "BilledCost": "0",
        "PricingQuantity": "null",
    },
    {"SubAccountId": "acc-b", "BilledCost": "30", "PricingQuantity": "10", "ListUnitPrice": "3"},
    {
        "SubAccountId": "acc-b",
        "BilledCost": "12",
        "PricingQuantity": "4",
        "ListUnitPrice": "3",
        "ChargePeriodStart": "2026-10-06",
        "ChargePeriodEnd": "2026-10-07",
    },
]
NEEDED = {"BillingAccountType": "Account", "PricingCurrencyEffectiveCost": "0"}  # a slice that is written anew has them
CONFIG = {
    "operator.yaml": "operator: op\nhome_currency: EUR\n",
    "tenants.csv": "tenant,name,kind,parent,home_currency\n"
    "op,Operator,operator,,EUR\nanna,Anna,customer,op,EUR\nben,Ben,customer,op,EUR\n",
    "contracts.csv": "contract,seller,buyer,currency,plan\nc-anna,op,anna,EUR,ten-off\nc-ben,op,ben,EUR,ten-off\n",
    "account_links.csv": "provider,scope,scope_id,tenant\nazure,sub_account,acc-a,anna\nazure,sub_account,acc-b,ben\n",
    "plans/ten-off.yaml": "plan: ten-off\nrules:\n"
    '  - {rule: ten-off, match: {charge_category: Usage}, action: discount, percent: "10", basis: list}\n'
    "  - {rule: fees, match: {charge_category: Purchase}, action: pass_through}\n",
}


def write_config(folder: Path) -> Path:
    """The configuration of the month."""
    for name, text in CONFIG.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def amounts(report: SimulationReport) -> dict[str, tuple[Decimal, Decimal]]:
    """Buyer, seller with `margin`, or provider -> (before, after)."""
    bills = {str(figure.buyer): (figure.before, figure.after) for figure in report.bills}
    margins = {f"margin {figure.seller}": (figure.before, figure.after) for figure in report.margins}
    return bills | margins | {figure.seller: (figure.before, figure.after) for figure in report.providers}


WhatIf = Callable[..., SimulationReport]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The project's SQL, compiled once for all cases."""
    return compile_project(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(autouse=True)
def compiled(project: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulations of a case build with it; no test of another folder does."""
    project.stand_in(monkeypatch)


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory, project: Compiled) -> Path:
    """The month, ingested and built once: `lake` and `config`."""
    folder = tmp_path_factory.mktemp("month")
    add_slice(Lake(folder / "lake"), [NEEDED | row for row in CHARGES])
    with pytest.MonkeyPatch.context() as patch:
        project.stand_in(patch)
        # Not the engine's verb: rows as short as these break rules of FOCUS that the verb asks about first.
        lake = Lake(folder / "lake")
        building.build(lake, Ledger(lake), BillingPeriod(PERIOD), write_config(folder / "config"), silent)
    return folder


@pytest.fixture(scope="session")
def what_if(month: Path) -> WhatIf:
    """Simulate changes on the month."""

    def simulate(*changes: str) -> SimulationReport:
        return engine.simulate(PERIOD, lake=month / "lake", config=month / "config", changes=changes)

    return simulate
