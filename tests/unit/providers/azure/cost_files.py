"""Small Cost Management exports written by the test that needs them, in the shape of the file drop."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, str]
TYPES = {"actual": "ActualCost", "amortized": "AmortizedCost"}
TENANT = "0e195b37-4574-4539-bc42-0e3a2e5a0001"
ORDER = "a965d46f-aedf-4176-8ff1-2617943b8960"
RESERVED = f"/providers/Microsoft.Capacity/reservationOrders/{ORDER}/reservations/f39d1c73"
PLANNED = f"/providers/Microsoft.BillingBenefits/savingsPlanOrders/{ORDER}/savingsPlans/09ff8291"

USAGE = {
    "BillingAccountId": "8611537", "BillingAccountName": "Trey", "BillingPeriodStartDate": "10/01/2026",
    "BillingPeriodEndDate": "10/31/2026", "BillingProfileId": "8611537", "BillingProfileName": "Trey",
    "SubscriptionId": "S-1", "SubscriptionName": "Shop", "Date": "10/05/2026", "Product": "Virtual Machines B2s",
    "PartNumber": "AAA-68652", "MeterId": "m-1", "MeterCategory": "Virtual Machines", "MeterName": "B2s",
    "Quantity": "10", "EffectivePrice": "2", "Cost": "20", "UnitPrice": "2", "PayGPrice": "3", "BillingCurrency": "USD",
    "ResourceLocation": "EastUS", "ConsumedService": "Microsoft.Compute", "UnitOfMeasure": "1 Hour",
    "ResourceId": "/subscriptions/S-1/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/VM1",
    "ResourceGroup": "RG", "ChargeType": "Usage", "Frequency": "UsageBased", "PublisherType": "Azure",
    "PricingModel": "OnDemand", "benefitId": "", "benefitName": "", "Term": "", "Tags": '{"env":"prod"}',
}  # fmt: skip
BOUGHT = USAGE | {
    "ChargeType": "Purchase", "Frequency": "OneTime", "PricingModel": "Reservation", "benefitId": RESERVED,
    "benefitName": "Prod", "Quantity": "1", "EffectivePrice": "365", "Cost": "365", "UnitPrice": "365",
    "PayGPrice": "0", "Term": "12",
}  # fmt: skip
COVERED = USAGE | {
    "PricingModel": "Reservation", "benefitId": RESERVED, "benefitName": "Prod", "EffectivePrice": "0.08",
    "Cost": "0.8",
}  # fmt: skip
UNUSED = COVERED | {"ChargeType": "UnusedReservation", "Quantity": "2", "Cost": "0.2", "UnitPrice": "0"}
PARTNER = {
    "BillingAccountId": "11aa:22bb_2019-05-31", "BillingProfileId": "ABCD-EFGH-BG7-PGB", "BillingProfileName": "Retail",
    "PartnerTenantId": TENANT, "PartnerName": "Meridian", "CustomerTenantId": "C-1", "CustomerName": "Halden",
    "PartnerEarnedCreditApplied": "False", "PartnerEarnedCreditRate": "0", "PricingCurrency": "USD",
    "PreviousInvoiceId": "", "InvoiceId": "G016907411", "BillingCurrency": "EUR",
    "ExchangeRatePricingToBilling": "0.9", "CostInPricingCurrency": "30", "PaygCostInBillingCurrency": "27",
    "Cost": "27", "EffectivePrice": "3", "UnitPrice": "3",
}  # fmt: skip


def csv_text(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def export(root: Path, kind: str, rows: Sequence[Row], run: str = "r-1", suffix: str = "csv", **manifest: Any) -> Path:
    """Write one run of an export and its manifest; returns the manifest's path."""
    folder = root / "azure" / "cost" / kind / "20261001-20261031" / run
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"part_0_0001.{suffix}"
    if suffix == "parquet":
        names = list(dict.fromkeys(name for row in rows for name in row))
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
    else:
        text = csv_text(rows).encode("utf-8-sig")
        path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    content = {
        "exportConfig": {"type": TYPES[kind], "dataVersion": "2021-10-01"},
        "runInfo": {"runId": run, "submittedTime": "2026-11-03T07:02:45.9876543Z", "startDate": "2026-10-01T00:00:00Z"},
        "blobs": [{"blobName": f"cost/{kind}/20261001-20261031/{run}/{path.name}", "dataRowCount": len(rows)}],
    }
    (folder / "manifest.json").write_text(json.dumps(content | manifest), encoding="utf-8")
    return folder / "manifest.json"


def pair(root: Path, actual: Sequence[Row], amortized: Sequence[Row], suffix: str = "csv", run: str = "r-1") -> None:
    """Both exports of one state of the month."""
    export(root, "actual", actual, run, suffix)
    export(root, "amortized", amortized, run, suffix)
