"""A small CSP invoice written by the test that needs it: say only the fields the case is about."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import RebillError
from pipelines.lake import connect
from pipelines.money import Decimal, parse
from pipelines.period import BillingPeriod
from pipelines.providers.amortization import amortize
from pipelines.providers.azure.config import ROOM
from pipelines.providers.azure.export import AzureExport
from pipelines.providers.commitments import NOTHING

PARTNER = "0e195b37-4574-4539-bc42-0e3a2e5a0001"
CUSTOMER = "11111111-aaaa-4bbb-8ccc-000000000001"
NUMBERS = {
    "UnitPrice", "Quantity", "BillingPreTaxTotal", "PricingPreTaxTotal", "EffectiveUnitPrice", "PCToBCExchangeRate",
    "PartnerEarnedCreditPercentage", "CreditPercentage", "Subtotal", "TaxTotal", "Total", "BillableQuantity",
}  # fmt: skip
PLAN = {
    "PartnerId": PARTNER, "CustomerId": CUSTOMER, "InvoiceNumber": "G016907411", "ProductId": "DZH318Z0BPS6",
    "SkuId": "0001", "AvailabilityId": "DZH318Z0C0LV", "ProductName": "Virtual Machines Dsv5 Series",
    "PublisherName": "Microsoft", "SubscriptionId": "plan-1", "ChargeType": "New", "UnitPrice": "1",
    "PricingCurrency": "EUR", "PCToBCExchangeRate": "1", "EffectiveUnitPrice": "1", "UnitType": "1 Hour",
}  # fmt: skip
USAGE = PLAN | {
    "UsageDate": "2026-10-05T00:00:00Z", "MeterCategory": "Virtual Machines", "MeterId": "m-1", "MeterName": "D2s v5",
    "ResourceLocation": "West Europe", "ConsumedService": "Microsoft.Compute", "ResourceGroup": "RG-Web",
    "ResourceURI": "/subscriptions/S-1/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/VM1",
    "Quantity": "1", "BillingPreTaxTotal": "1", "BillingCurrency": "EUR", "PricingPreTaxTotal": "1",
    "Tags": '{"env":"prod"}', "EntitlementId": "S-1", "EntitlementDescription": "Shop",
    "PartnerEarnedCreditPercentage": "0", "CreditPercentage": "0", "BenefitId": "", "BenefitType": "",
}  # fmt: skip
LINE = PLAN | {
    "ProductId": "CFQ7TTC0LH18", "AvailabilityId": "CFQ7TTC0K971", "ProductName": "Microsoft 365 E3",
    "SubscriptionId": "LIC-1", "Subtotal": "1", "TaxTotal": "0", "Currency": "EUR", "BillableQuantity": "1",
    "ChargeStartDate": "2026-10-01T00:00:00Z", "ChargeEndDate": "2026-10-31T00:00:00Z", "BillingFrequency": "Monthly",
    "UnitType": "licence", "MeterDescription": "",
}  # fmt: skip
MONTH = PLAN | {
    "Subtotal": "1", "TaxTotal": "0", "Currency": "EUR", "BillableQuantity": "1", "MeterDescription": "D2s v5",
    "ChargeStartDate": "2026-10-01T00:00:00Z", "ChargeEndDate": "2026-10-31T00:00:00Z",
}  # fmt: skip
Row = dict[str, Any]


def json_line(row: Row) -> str:
    """The row as one JSON line; amounts are written without quotes, exactly as the test spells them."""
    texts = [f"{json.dumps(key)}:{_json(key, value)}" for key, value in row.items() if value is not None]
    return "{" + ",".join(texts) + "}"


def _json(key: str, value: object) -> str:
    return value if key in NUMBERS and isinstance(value, str) and value[:1] != '"' else str(_quoted(value))


def _quoted(value: object) -> str:
    return value if isinstance(value, str) and value[:1] == '"' else json.dumps(value)


@dataclass
class Bill:
    """One invoice in the shape of the file drop."""

    root: Path
    invoice: str = "G016907411"
    currency: str = "EUR"
    manifest: Row = field(default_factory=dict)
    record: Row = field(default_factory=dict)
    is_estimate: bool = False

    @property
    def folder(self) -> Path:
        return self.root / "azure" / self.invoice

    def usage(self, *rows: Row) -> Bill:
        return self.deliver("usage", [json_line(USAGE | row) for row in rows])

    def lines(self, *rows: Row) -> Bill:
        said = [(MONTH if "month" in row else LINE) | _said(row) for row in rows]
        return self.deliver("reconciliation", [json_line(row) for row in said])

    def deliver(self, kind: str, lines: list[str]) -> Bill:
        """Write the invoice record, a manifest and one part file of these lines."""
        total = (
            str(sum((_amount(json.loads(line, parse_float=str)) for line in lines), Decimal(0)))
            if kind == "reconciliation"
            else "1"
        )
        folder = self.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "part-0.json.gz").write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
        record = {"id": self.invoice, "billingPeriodStartDate": "2026-10-01T00:00:00Z", "currencyCode": self.currency}
        (self.folder / ("unbilled.json" if self.is_estimate else "invoice.json")).write_text(
            json.dumps(record | {"totalCharges": total} | self.record)
        )
        manifest = {
            "id": kind, "eTag": f"tag-{kind}", "createdDateTime": "2026-11-07T04:12:17.12Z", "partnerTenantId": PARTNER,
            "rootDirectory": f"https://x.blob.core.windows.net/{kind}/v1/Fragment=full", "blobCount": 1,
            "blobs": [{"name": "part-0.json.gz", "partitionValue": "default"}], "sasToken": "sig=secret",
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest | self.manifest))
        return self

    def booked(self) -> list[Row]:
        """The charges of focus.sql in source order, after checking that they tie to totals.sql."""
        con = connect()
        room = AzureExport()
        room.stage(con, list(room.find(self.root)), self.root / "scratch")
        NOTHING.stage(con)
        query = amortize(con, (ROOM / "focus.sql").read_text(encoding="utf-8"), BillingPeriod("2026-10"))
        con.execute(f"create table charges as {query}")
        self.total = con.execute((ROOM / "totals.sql").read_text(encoding="utf-8")).fetchall()
        net_and_tax = sum(row[2] + row[3] - row[5] for row in self.total)
        assert con.execute("select coalesce(sum(BilledCost), 0) from charges").fetchall() == [(net_and_tax,)]
        reader = con.execute("select * from charges order by ChargeCategory desc, x_SourceFile, x_SourceRow")
        names = [column[0] for column in reader.description or ()]
        return [dict(zip(names, row, strict=True)) for row in reader.fetchall()]


def _amount(line: Row) -> Decimal:
    """Charge and tax of a reconciliation line; 0 where a test spells them wrong."""
    try:
        return parse(str(line.get("Subtotal") or "0")) + parse(str(line.get("TaxTotal") or "0"))
    except RebillError:
        return Decimal(0)


def _said(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "month"}


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    """An invoice without rows yet."""
    return Bill(tmp_path)


@pytest.fixture
def another_bill(tmp_path: Path) -> Callable[..., Bill]:
    """More invoices in the same drop."""
    return lambda **settings: Bill(tmp_path, **settings)
