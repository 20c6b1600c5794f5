"""Commitments and partner credits of the published tree that the dashboards' tests read."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.money import ZERO, Decimal

AMOUNT = pa.decimal128(38, 12)
Record = dict[str, Any]
ARN = "arn:aws:savingsplans::770391285514:savingsplan/"
# provider, id, type, owner, policy, used, unused, on demand, what the owner pays, what others pay, what is returned
PLANS = [
    ("aws", f"{ARN}8d0c41f2-6c1e-4b52-9b35-6a1f1f1f7a01", "Savings Plan", "cedar-labs", "owner_only",
     "1840.125", "62.4", "2611.08", "1920.5", "611.75", "-611.75"),
    ("aws", "arn:aws:ec2:eu-central-1:118822003344:reserved-instances/2f7b9c1a", "Reserved Instance", "alder-robotics",
     "as_applied", "911.52", "0", "1402.2", "930", "0", "0"),
    ("aws", f"{ARN}55b1e0aa-31c9-4a57-8e0d-0f9be1a2c3d4", "Savings Plan", "meridian", "retained",
     "603.3", "380.9", "844.61", "0", "802.379", "0"),
    ("azure", "/providers/Microsoft.Capacity/reservationOrders/0b6f1d52-8a7e-4f0a-a1c3-90d1d8b7e611", "Reservation",
     "kestrel", "as_applied", "2204.033333333331", "145.966666666669", "3380.5", "2380", "0", "0"),
    ("azure", "a2c8b7d0-5e61-4f3b-b1c9-7d2f00aa41b2", "Savings plan", "harbour-media", "pooled",
     "420", "0", "655.25", "250.1", "170.2", "0"),
    ("gcp", "projects/alder-prod/regions/europe-west3/commitments/cud-2025", "Committed use", "alder-robotics",
     "as_applied", "0", "0", "310.4", "0", "0", "0"),
]  # fmt: skip
# provider, place in PLANS, consumer, severity, several, charges, effective, on demand, billed as
USES = [
    ("aws", 0, "dune-mobility", "warn", True, 744, "402.2", "611.75", "on_demand"),
    ("aws", 0, "iris-optics", "warn", True, 96, "51.03", "80.11", "on_demand"),
    ("aws", 2, "bluebird-foods", "allow", False, 1488, "603.3", "844.61", "on_demand"),
    ("azure", 4, "orchid-hotels", "allow", True, 310, "168.5", "262.9", "pooled"),
]
# customer, sub-account, name, earned, missed, earned charges, missed charges, eligible, shared
CREDITS = [
    ("alder-robotics", "5b2f-01", "Alder Production", "412.505", "0", 930, 0, "2750.033333333333", "0"),
    ("cedar-labs", "5b2f-02", "Cedar Production", "288.1", "96.6075", 620, 217, "2564.72", "115.24"),
    ("cedar-labs", "5b2f-03", "Cedar Sandbox", "0", "31.875", 0, 62, "212.5", "0"),
    ("fjord-shipping", "5b2f-04", "Fjord Landing Zone", "120.75", "4.2", 310, 11, "833", "0"),
    ("harbour-media", "5b2f-05", None, "0", "58.05", 0, 93, "387", "0"),
    ("granite-bank", "5b2f-06", "Granite Core", "700.2", "0", 1240, 0, "4668", "280.08"),
    (None, "5b2f-07", "Nobody's Subscription", "3.3", "1.65", 6, 3, "33", "0"),
]


def commitment_rows(names: dict[str, str]) -> list[Record]:
    """Rows of marts_commitments; `names` is tenant -> name."""
    rows = []
    for provider, plan, kind, owner, policy, *texts in PLANS:
        used, unused, listed, own, others, returned = map(Decimal, texts)
        amortized, cost = used + unused, used + unused
        is_known = bool(amortized)
        rows.append({
            "x_Provider": provider, "CommitmentDiscountId": plan, "CommitmentDiscountType": kind,
            "TermStart": datetime(2026, 3, 1), "TermEnd": datetime(2029, 3, 1), "PaymentModel": "no_upfront",
            "BillingCurrency": "EUR", "OwnerTenantId": owner, "OwnerName": names[owner], "OwnerSource": "provider",
            "CommitmentPolicy": policy, "ProviderBilled": cost, "ProviderEffective": amortized,
            "BalanceChange": cost - amortized, "Used": used, "Unused": unused,
            "Utilisation": used / amortized if is_known else None, "ListCovered": listed,
            "Saving": listed - used - unused if is_known else None, "IsCostKnown": is_known, "IsListKnown": True,
            "HomeCurrency": "EUR",
            "OwnerRevenue": own, "ConsumerRevenue": others, "UnusedRevenue": ZERO, "CreditRevenue": returned,
            "Cost": cost, "OpenCost": ZERO, "Margin": own + others + returned - cost,
        })  # fmt: skip
    return rows


def sharing_rows(names: dict[str, str], period: str, severity: str | None) -> list[Record]:
    """Rows of marts_commitment_sharing; `severity` takes the place of `warn`."""
    rows = []
    for provider, place, consumer, rule, several, charges, effective, listed, billed_as in USES:
        _, plan, kind, owner, *_ = PLANS[place]
        rows.append({
            "x_Provider": provider, "CommitmentDiscountId": plan, "CommitmentDiscountType": kind,
            "BillingCurrency": "EUR", "OwnerTenantId": owner, "OwnerName": names[owner], "ConsumerTenantId": consumer,
            "ConsumerName": names[consumer], "Severity": severity if severity and rule == "warn" else rule,
            "CustomerCount": 3 if place == 0 else 2 if several else 1, "IsShared": several, "BilledAs": billed_as,
            "FirstDay": date.fromisoformat(f"{period}-02"), "LastDay": date.fromisoformat(f"{period}-28"),
            "LineCount": charges, "UsedQuantity": Decimal(charges), "PricingUnit": "Hours",
            "EffectiveCost": Decimal(effective), "ListCost": Decimal(listed),
            "Saving": Decimal(listed) - Decimal(effective),
        })  # fmt: skip
    return rows


def benefit_rows(names: dict[str, str]) -> list[Record]:
    """Rows of marts_partner_benefits."""
    return [{
        "x_Provider": "azure", "PartnerBenefitKind": "PEC", "BillingCurrency": "EUR", "TenantId": tenant,
        "TenantName": names[tenant] if tenant else None, "SubAccountId": account, "SubAccountName": label,
        "EarnedAmount": Decimal(earned), "MissedAmount": Decimal(missed), "EarnedLineCount": earned_lines,
        "MissedLineCount": missed_lines, "EligibleListCost": Decimal(eligible), "SharedAmount": Decimal(shared),
    } for tenant, account, label, earned, missed, earned_lines, missed_lines, eligible, shared in CREDITS]  # fmt: skip


def write_reports(target: Path, names: dict[str, str], period: str, verdict: str, write: Any) -> None:
    """Write the three files of a bundle; a refused month is one in which a rule blocks."""
    whole = {"CustomerCount", "LineCount", "EarnedLineCount", "MissedLineCount"}
    for file, rows in (
        ("commitments", commitment_rows(names)),
        ("commitment_sharing", sharing_rows(names, period, {"refused": "block", "clear": "allow"}.get(verdict))),
        ("partner_benefits", benefit_rows(names)),
    ):
        kinds: dict[str, pa.DataType] = {}
        for name in rows[0]:
            values = [row[name] for row in rows if row[name] is not None]
            if name in whole:
                kinds[name] = pa.int64()
            elif values and isinstance(values[0], Decimal):
                kinds[name] = AMOUNT
            elif values and isinstance(values[0], bool):
                kinds[name] = pa.bool_()
            elif values and isinstance(values[0], date):
                kinds[name] = pa.date32()
        write(target / f"{file}.parquet", rows, list(rows[0]), **kinds)
