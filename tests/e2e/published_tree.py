"""A small but realistic published tree, written by hand-rolled Decimal arithmetic: three months, three verdicts.

2026-10 publishes all bills but those of one held tenant; 2026-09 was refused; 2026-08 is clear. The shapes
are those the publisher writes, so the same tests run over a real lake (REBILL_E2E_LAKE).
"""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.money import Decimal
from tests.e2e.published_reports import write_reports

CTX = Context(prec=60)
OPERATOR = "meridian"
DIVIDED = "cedar-labs"  # has cost centres
NAMES = {"meridian": "Meridian Distribution"}
RESELLERS = {
    "brightwater": ("Brightwater Cloud", "EUR"), "halden": ("Halden Systems AS", "EUR"),
    "kestrel": ("Kestrel IT Partners", "GBP"), "lumen": ("Lumen & Daughters", "USD"),
}  # fmt: skip
CUSTOMERS = (
    "Alder Robotics,Bluebird Foods,Cedar Labs,Dune Mobility,Eastgate Clinics,Fjord Shipping,Granite Bank,"
    "Harbour Media,Iris Optics,Juniper Schools,Kite Airlines,Larch Timber,Maple Pharma,Nimbus Games,Orchid Hotels,"
    "Pine Insurance,Quartz Mining,River Utilities,Saffron Retail,Tundra Outdoor,Umber Ceramics,Vale Housing,"
    "Willow Care,Xenon Lighting,Yarrow Seeds,Zephyr Energy"
).split(",")
HELD = "granite-bank"
TENANTS = NAMES | {key: value[0] for key, value in RESELLERS.items()} | {
    name.lower().replace(" ", "-"): name for name in CUSTOMERS
}  # fmt: skip
SERVICES = {
    "azure": [("Virtual Machines", "Compute"), ("Azure SQL Database", "Databases"), ("Storage", "Storage"),
              ("Microsoft 365 E3", "Other")],
    "aws": [("Amazon EC2", "Compute"), ("Amazon RDS", "Databases"), ("Amazon S3", "Storage"),
            ("AWS Lambda", "Compute")],
    "gcp": [("BigQuery", "Analytics"), ("Compute Engine", "Compute"), ("Cloud Storage", "Storage")],
}  # fmt: skip
FX = {"EUR": Decimal(1), "USD": Decimal("1.0825"), "GBP": Decimal("0.8412")}
AMOUNT, EXACT, BILLED = pa.decimal128(38, 12), pa.decimal128(38, 24), pa.decimal128(18, 4)
TYPES: dict[str, pa.DataType] = {
    "Revenue": AMOUNT, "Cost": AMOUNT, "Margin": AMOUNT, "PriceEffect": AMOUNT, "FxEffect": AMOUNT,
    "RoundingEffect": AMOUNT, "PartnerBenefit": AMOUNT, "SharedBenefit": AMOUNT, "PartnerBenefitAmount": AMOUNT,
    "Expected": EXACT, "Actual": EXACT, "Difference": EXACT, "ExactCost": EXACT, "RoundingResidual": EXACT,
    "EffectiveCost": EXACT, "BilledCost": AMOUNT, "LineCount": pa.int64(), "PricingQuantity": AMOUNT,
    "IsTied": pa.bool_(), "IsHeld": pa.bool_(),
    "ChargeDate": pa.date32(), "BillingPeriodStart": pa.timestamp("us"), "BillingPeriodEnd": pa.timestamp("us"),
}  # fmt: skip
Record = dict[str, Any]


def scaled(value: Decimal, scale: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP, context=CTX)


def slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def write(path: Path, rows: Iterable[Record], names: list[str], **types: pa.DataType) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    arrays = []
    for name in names:
        kind = types.get(name, TYPES.get(name.removeprefix("x_"), pa.string()))
        values = [row[name] for row in rows]
        if pa.types.is_decimal(kind):
            values = [None if value is None else scaled(value, kind.scale) for value in values]
        arrays.append(pa.array(values, kind))
    pq.write_table(pa.Table.from_arrays(arrays, names=names), path, compression="zstd")


def point(folder: Path, version: int) -> None:
    (folder / "current.json").write_text(json.dumps({"version": version, "bundle": "0" * 64}) + "\n")


@dataclass
class Month:
    """One month's rows while they are made up."""

    period: str
    seed: int
    lines: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    daily: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    margin: list[Record] = field(default_factory=list)

    def fill(self) -> Month:
        rng = random.Random(self.seed)
        for index, name in enumerate(CUSTOMERS):
            reseller = None if index % 5 == 4 else list(RESELLERS)[index % 4]
            size = Decimal(rng.randrange(900_000, 2_400_000)) / (index + 3)
            for provider in rng.sample(sorted(SERVICES), 1 + index % 3):
                for service, category in SERVICES[provider][: 2 + index % 3]:
                    share = size * rng.randrange(4, 30) / 1000
                    self.charge(rng, slug(name), name, reseller, provider, service, category, share)
        self.support(CUSTOMERS[4])
        return self

    def support(self, name: str) -> None:
        """A line that the operator's contract adds to the bill of a direct customer."""
        edge = OPERATOR, slug(name)
        self.lines[edge].append({
            "InvoiceDetailId": "support", "TenantId": edge[1], "TenantName": name, "x_Provider": None,
            "BillingCurrency": self.lines[edge][0]["BillingCurrency"], "SubAccountId": None, "SubAccountName": None,
            "ServiceCategory": "Other", "ServiceName": "Premium support", "SkuId": None, "PricingUnit": "Units",
            "ChargeCategory": "Purchase", "PricingQuantity": Decimal(1), "BilledCost": Decimal("150.50"),
            "Exact": Decimal("150.50"), "Description": "Premium support, 10 percent",
        })  # fmt: skip

    def charge(
        self, rng: random.Random, tenant: str, name: str, reseller: str | None,
        provider: str, service: str, category: str, total: Decimal,
    ) -> None:  # fmt: skip
        account = f"{rng.randrange(10**11, 10**12)}" if provider == "aws" else f"{tenant}-{rng.choice(['prod', 'dev'])}"
        days = [scaled(total * rng.randrange(80, 130) / 3100, 9) for _ in range(31 if self.period != "2026-09" else 30)]
        edges = [(OPERATOR, tenant, "0.94")] if reseller is None else [
            (OPERATOR, reseller, "0.90"), (reseller, tenant, "0.95")
        ]  # fmt: skip
        bought = sum(days, Decimal(0)) * Decimal("0.85")
        for seller, buyer, factor in edges:
            currency, home = RESELLERS.get(reseller or "", ("", "EUR"))[1], RESELLERS.get(seller, ("", "EUR"))[1]
            exact = [CTX.multiply(CTX.multiply(day, Decimal(factor)), FX[currency]) for day in days]
            billed = scaled(sum(exact, Decimal(0)), 2)
            revenue = scaled(CTX.divide(CTX.multiply(billed, FX[home]), FX[currency]), 12)
            cost = scaled(CTX.multiply(bought, FX[home]), 12)
            self.lines[seller, buyer].append({
                "InvoiceDetailId": f"{provider}-{len(self.lines[seller, buyer]):05d}", "TenantId": tenant,
                "TenantName": name, "BillingCurrency": currency, "x_Provider": provider, "SubAccountId": account,
                "SubAccountName": None if provider == "aws" else account.title(), "ServiceCategory": category,
                "ServiceName": service, "SkuId": f"{provider[:2].upper()}-{sum(service.encode()) + 1000}",
                "PricingUnit": "Hours", "ChargeCategory": "Purchase" if "365" in service else "Usage",
                "PricingQuantity": scaled(total / 7, 4), "BilledCost": billed, "Exact": sum(exact, Decimal(0)),
            })  # fmt: skip
            start = date.fromisoformat(f"{self.period}-01")
            for offset, value in enumerate(exact):
                self.daily[seller, buyer].append({
                    "TenantId": tenant, "x_Provider": provider, "ServiceName": service, "BillingCurrency": currency,
                    "ChargeDate": start + timedelta(days=offset), "ExactCost": value, "EffectiveCost": value,
                })  # fmt: skip
            self.margin.append({
                "SellerTenantId": seller, "BuyerTenantId": buyer, "TenantId": tenant, "TenantName": name,
                "x_Provider": provider, "ServiceName": service, "HomeCurrency": home, "Revenue": revenue, "Cost": cost,
                "Margin": revenue - cost, "PriceEffect": revenue - cost, "FxEffect": Decimal(0),
                "RoundingEffect": Decimal(0),
                "PartnerBenefit": scaled(total / 97, 12) if seller == OPERATOR else Decimal(0),
                "SharedBenefit": Decimal(0),
            })  # fmt: skip
            bought = CTX.divide(billed, FX[currency])


def display(tenant: str) -> str:
    return TENANTS[tenant]


def invoice_rows(month: Month, held: set[tuple[str, str]]) -> list[Record]:
    rows = []
    for (seller, buyer), lines in sorted(month.lines.items()):
        billed, exact = sum(line["BilledCost"] for line in lines), sum(line["Exact"] for line in lines)
        rows.append({
            "InvoiceId": f"{month.period}-{seller}-{buyer}-{lines[0]['BillingCurrency']}", "SellerTenantId": seller,
            "BuyerTenantId": buyer, "InvoiceIssuerName": display(seller), "BuyerName": display(buyer),
            "BillingCurrency": lines[0]["BillingCurrency"], "BilledCost": billed, "ExactCost": exact,
            "RoundingResidual": exact - billed, "LineCount": len(lines), "PaymentTerms": "Net 30",
            "PurchaseOrderNumber": "PO-4711" if buyer in RESELLERS else None, "IsHeld": (seller, buyer) in held,
        })  # fmt: skip
    return rows


def write_bill(folder: Path, month: Month, invoice: Record) -> None:
    edge = invoice["SellerTenantId"], invoice["BuyerTenantId"]
    target = folder / f"seller={edge[0]}" / f"buyer={edge[1]}" / "version=1"
    start = datetime.fromisoformat(f"{month.period}-01")
    ours = ("TenantId", "TenantName", "SubAccountId", "SubAccountName", "ServiceCategory", "ServiceName", "SkuId",
            "PricingUnit", "PricingQuantity")  # fmt: skip
    rows = [
        {
            "BilledCost": line["BilledCost"], "BillingAccountId": edge[1], "BillingCurrency": line["BillingCurrency"],
            "BillingPeriodStart": start, "BillingPeriodEnd": (start + timedelta(days=31)).replace(day=1),
            "ChargeCategory": line["ChargeCategory"], "InvoiceDetailId": line["InvoiceDetailId"],
            "InvoiceDetailDescription": line.get("Description", f"{line['ServiceName']} for {line['TenantName']}"),
            "InvoiceId": invoice["InvoiceId"], "x_Provider": line["x_Provider"],
            "InvoiceIssueStatus": "Open", "InvoiceIssuerName": invoice["InvoiceIssuerName"],
            "PaymentTerms": invoice["PaymentTerms"], "PurchaseOrderNumber": invoice["PurchaseOrderNumber"],
            **{f"x_{name}": line[name] for name in ours},
        }
        for line in month.lines[edge]
    ]  # fmt: skip
    write(target / "invoice_detail.parquet", rows, list(rows[0]))
    with (target / "invoice_detail.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write(target / "cost_and_usage.parquet", month.daily[edge], ["ChargeDate", "ServiceName", "ExactCost"])
    write(target / "daily_costs.parquet", month.daily[edge], list(month.daily[edge][0]))
    if edge[1] == DIVIDED:
        write_centres(target, rows)
    (target / "manifest.json").write_text(json.dumps({"lines": len(rows)}) + "\n")
    point(target.parent, 1)


def write_centres(target: Path, lines: list[Record]) -> None:
    """The bill of one customer divided in two: a cent of each line is research's."""
    names = ["InvoiceDetailId", "InvoiceId", "CostCentreId", "CostCentreName", "BillingCurrency", "BilledCost"]
    cent = Decimal("0.01")
    rows = [
        {name: line[name] for name in names if name in line}
        | {"CostCentreId": centre, "CostCentreName": centre.title(), "BilledCost": amount}
        for line in lines
        for centre, amount in (("laboratory", line["BilledCost"] - cent), ("research", cent))
    ]
    write(target / "cost_centres.parquet", rows, names)
    with (target / "cost_centres.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)


def proof_rows(month: Month, invoices: list[Record], broken: bool) -> list[Record]:
    cost = {"azure": "412889.137204155071", "aws": "268120.440000000001", "gcp": "97455.0821"}
    checks = [(f"provider_invoice_equals_{layer}", f"{name} {month.period}", "EUR", Decimal(value))
              for layer in ("raw", "focus", "coverage") for name, value in cost.items()]  # fmt: skip
    checks += [("edge_prices_equal_invoice_lines", f"{row['SellerTenantId']} to {row['BuyerTenantId']}",
                row["BillingCurrency"], row["ExactCost"]) for row in invoices]  # fmt: skip
    rows = [{"CheckName": name, "Scope": scope, "Currency": currency, "Expected": value, "Actual": value,
             "Difference": Decimal(0), "IsTied": True, "Note": None}
            for name, scope, currency, value in checks]  # fmt: skip
    if broken:
        rows[4] |= {"Actual": rows[4]["Expected"] - Decimal("118.2"), "Difference": Decimal("-118.2"), "IsTied": False,
                    "Note": "14 rows of cur2-00002.snappy.parquet have no counterpart"}  # fmt: skip
    return rows


def coverage_rows(held: bool) -> list[Record]:
    rows = [
        ("azure", "G068112233", "billed", None, 48_210, "401233.905104155071"),
        ("azure", "G068112233", "absorbed", "provider rounding", 12, "0.0321"),
        ("azure", "G068112233", "excluded", "tax excluded by contract", 26, "4218.2"),
        ("aws", "EUINIE26-881204", "billed", None, 31_877, "256020.3"),
        ("aws", "EUINIE26-881204", "absorbed", "benefit of the operator", 310, "-2210.14"),
        ("aws", "EUINIE26-881204", "excluded", "credit kept by contract", 41, "8100.280000000001"),
        ("gcp", None, "billed", None, 12_004, "96955.0821"),
        ("gcp", None, "excluded", "tax excluded by contract", 3, "500"),
    ]
    rows += [("azure", "G068112233", "quarantined", "unlinked account", 214, "7437")] if held else []
    rows += [("aws", "EUINIE26-881204", "quarantined", "unlinked account", 96, "6210")] if held else []
    return [{"x_Provider": provider, "InvoiceId": invoice, "BillingCurrency": "EUR", "Disposition": disposition,
             "Reason": reason, "LineCount": lines, "BilledCost": Decimal(cost), "PartnerBenefitAmount": Decimal(0)}
            for provider, invoice, disposition, reason, lines, cost in rows]  # fmt: skip


def hold_rows(month: Month) -> list[Record]:
    path = [edge for edge in month.lines if edge[1] == HELD]
    path += [edge for edge in month.lines if edge[1] == path[0][0] and edge[0] == OPERATOR]
    account = {"Reason": "unlinked account", "x_Provider": "azure", "ScopeType": "sub_account",
               "ScopeId": "5b2f0c1e-77aa-4d0f-9d0e-0a4c1f6f2b11", "BillingCurrency": "EUR",
               "BilledCost": Decimal(7437), "LineCount": 214,
               "Remedy": "link sub_account 5b2f0c1e-77aa-4d0f-9d0e-0a4c1f6f2b11 to a tenant"}  # fmt: skip
    payer = account | {"x_Provider": "aws", "ScopeId": "770391285514", "BilledCost": Decimal(6210), "LineCount": 96,
                       "Remedy": "link sub_account 770391285514 to a tenant"}  # fmt: skip
    held = [
        account | {"HeldTenantId": HELD, "SellerTenantId": seller, "BuyerTenantId": buyer} for seller, buyer in path
    ]
    return [*held, payer | {"HeldTenantId": None, "SellerTenantId": None, "BuyerTenantId": None}]


def write_evidence(folder: Path, month: Month, verdict: str) -> None:
    holds = hold_rows(month) if verdict == "held" else []
    invoices = invoice_rows(month, {(row["SellerTenantId"], row["BuyerTenantId"]) for row in holds})
    proof, coverage = proof_rows(month, invoices, verdict == "refused"), coverage_rows(verdict == "held")
    hold_names = ["HeldTenantId", "SellerTenantId", "BuyerTenantId", "Reason", "x_Provider", "ScopeType", "ScopeId",
                  "BillingCurrency", "BilledCost", "LineCount", "Remedy"]  # fmt: skip
    places = ["status"] if verdict == "refused" else ["status", "operator"]
    for place in places:
        target = folder / place / "version=1"
        write(target / "proof.parquet", proof, list(proof[0]))
        write(target / "coverage.parquet", coverage, list(coverage[0]))
        write(target / "holds.parquet", holds, hold_names)
        write_reports(target, TENANTS, month.period, verdict, write)
        point(target.parent, 1)
    wrong = {"file": "gate", "what": "provider_invoice_equals_focus [aws 2026-09]: -118.2", "remedy": "build again"}
    estimate = {"name": "final_slices", "scope": "gcp", "severity": "warn", "violations": 1, "measured": "an estimate",
                "example": None}  # fmt: skip
    said = {"period": month.period, "verdict": verdict, "problems": [wrong] if verdict == "refused" else [],
            "warnings": [estimate] if verdict == "clear" else []}  # fmt: skip
    (folder / "status/version=1/status.json").write_text(json.dumps(said) + "\n")
    if verdict == "refused":
        return
    target = folder / "operator/version=1"
    write(target / "margin.parquet", month.margin, list(month.margin[0]))
    write(target / "invoices.parquet", invoices, list(invoices[0]), BilledCost=BILLED)
    days = [row | {"SellerTenantId": edge[0], "BuyerTenantId": edge[1]} for edge in month.daily
            for row in month.daily[edge]]  # fmt: skip
    write(target / "daily_costs.parquet", days, list(days[0]))
    (target / "manifest.json").write_text(json.dumps({"invoices": len(invoices)}) + "\n")
    for invoice in invoices:
        if not invoice["IsHeld"]:
            write_bill(folder, month, invoice)


def build(lake: Path) -> Path:
    """Write the tree under `lake`/published and return `lake`."""
    for seed, (period, verdict) in enumerate({"2026-08": "clear", "2026-09": "refused", "2026-10": "held"}.items()):
        write_evidence(lake / "published" / f"period={period}", Month(period, seed).fill(), verdict)
    return lake


if __name__ == "__main__":
    import sys

    print(build(Path(sys.argv[1])))
