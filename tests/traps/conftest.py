"""One small month with the engine's own traps in it, billed once: a vendor's invoice and an estimate of AWS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine import RunReport
from pipelines.lake import Lake, connect
from pipelines.period import BillingPeriod
from tests.integration.desk import PERIOD, Desk
from tests.unit.providers import drops
from tests.unit.providers.drops import aws_line, focus_row

VENDOR, INVOICE = "acme", "UPSTREAM-77"
CONFIG = {
    "operator.yaml": "operator: op\nhome_currency: USD\nvendors: [acme]\n",
    "plans/plans.yaml": """
- plan: wholesale
  rules:
    - {rule: wholesale, action: discount, percent: "25", basis: list}
- plan: ten-off
  rules:
    - {rule: ten-off, action: discount, percent: "10", basis: list}
- plan: twenty-off
  rules:
    - {rule: twenty-off, action: discount, percent: "20", basis: list}
- plan: as-listed
  rules:
    - {rule: as-listed, action: discount, percent: "0", basis: list}
""",
    "tenants.csv": """tenant,name,kind,parent,home_currency,valid_from,valid_to
op,Operator,operator,,USD,,
north,North,reseller,op,USD,,
south,South,reseller,op,USD,,
mover,Mover,customer,north,USD,,2026-10-16
mover,Mover,customer,south,USD,2026-10-16,
euro,Euro,customer,op,EUR,,
""",
    "contracts.csv": """contract,seller,buyer,currency,plan,rounding,valid_from,valid_to
c-north,op,north,USD,wholesale,half_up,,
c-south,op,south,USD,wholesale,half_up,,
c-euro,op,euro,EUR,as-listed,half_up,,
c-before,north,mover,USD,ten-off,half_up,,2026-10-16
c-after,south,mover,USD,twenty-off,half_up,2026-10-16,
""",
    "account_links.csv": """provider,scope,scope_id,tenant,covers
acme,sub_account,ACC-MOVER,mover,
acme,sub_account,ACC-EURO,euro,
aws,sub_account,444455556666,euro,
""",
    "fx_rates.csv": """billing_period,from_currency,to_currency,rate,source,as_of
2026-10,EUR,USD,1.1,ECB,2026-10-31
""",
}


def moved(day: int, cost: str, listed: str, quantity: str = "1") -> dict[str, Any]:
    """A day's usage of the customer that moves on the 16th."""
    return focus_row(
        cost,
        SubAccountId="ACC-MOVER",
        ListCost=listed,
        ContractedCost=listed,
        PricingQuantity=quantity,
        PricingUnit="Hours",
        ChargePeriodStart=f"2026-10-{day:02}T00:00:00Z",
        ChargePeriodEnd=f"2026-10-{day + 1:02}T00:00:00Z",
        InvoiceId=INVOICE,
    )


def vendor_rows(first: str = "60") -> list[dict[str, Any]]:
    """Before the move, after it twice the very same row, a return; and thirds, with a rate of the vendor's own."""
    euro = focus_row(
        "0.333333",
        SubAccountId="ACC-EURO",
        InvoiceId=INVOICE,
        PricingCurrency="EUR",
        PricingCurrencyEffectiveCost="0.1",
        x_BillingExchangeRate="3.3",
    )
    after = moved(20, "60", "100")
    return [moved(5, first, "100"), after, dict(after), moved(21, "-30", "-50", "-0.5"), euro, dict(euro), dict(euro)]


def deliver(desk: Desk, rows: list[dict[str, Any]], net: str, folder: str = "1") -> None:
    """A version of the vendor's month, and the invoice that goes with it."""
    drops.focus(desk.deliveries, rows, VENDOR, folder=folder)
    drops.control(desk.deliveries / "focus", VENDOR, [INVOICE, "ACCOUNT-1", "Acme", PERIOD, "USD", net, "0", net])


@dataclass(frozen=True)
class Month:
    """A desk and what its last run said."""

    desk: Desk
    report: RunReport

    def mart(self, name: str, columns: str) -> list[tuple[Any, ...]]:
        assert self.report.build is not None
        path = self.report.build.directory / f"{name}.parquet"
        with connect() as con:
            query = f"select {columns} from read_parquet('{path}', hive_partitioning = false) order by all"
            return con.execute(query).fetchall()

    def bundle(self, seller: str, buyer: str, version: int = 1) -> Path:
        published = Lake(self.desk.lake).published(BillingPeriod(PERIOD))
        return published / f"seller={seller}" / f"buyer={buyer}" / f"version={version}"


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    desk = Desk(tmp_path_factory.mktemp("traps"))
    deliver(desk, vendor_rows(), "150.999999")
    drops.cur(desk.deliveries, [aws_line("Usage", "5", bill_invoice_id="", pricing_public_on_demand_cost="5")])
    for name, text in CONFIG.items():
        (desk.config / name).parent.mkdir(parents=True, exist_ok=True)
        (desk.config / name).write_text(text, encoding="utf-8")
    report = desk.run()
    assert report.exit_code == 0, report.problems
    return Month(desk, report)
