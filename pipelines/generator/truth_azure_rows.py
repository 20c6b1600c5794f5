"""The oracle's reading of one Microsoft row: a day of usage, a reconciliation line, its tax, a rounding."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipelines.generator.truth_amounts import ZERO, money, number, r12
from pipelines.generator.truth_charges import (
    CORRECTION,
    CREDIT,
    EARNED,
    MISSED,
    PURCHASE,
    USAGE,
    USED,
    Charge,
    ChargeKey,
)
from pipelines.generator.truth_services import by_name
from pipelines.generator.truth_tags import tag_text

Row = dict[str, Any]
PlanKey = tuple[str, str, str, str]
CREDIT_TEXTS = ("chargetype", "creditreasoncode", "priceadjustmentdescription")
CREDIT_WORDS = (
    ("sla", r"\bsla\b|service level"),
    ("promotional", r"promo"),
    ("free_tier", r"free"),
    ("volume", r"volume"),
)
CREDIT_EARNED = "PEC"
CREDIT_RATE = Decimal("0.15")
ORDER = re.compile(r"(?:.*orders/)?/*([^/]+)")
INVOICE_ID = re.compile(r"[DG]\d+")


def said(row: Row, name: str) -> str | None:
    """A text of the row; absent and blank are the same."""
    value = row.get(name)
    return str(value).strip() or None if value is not None else None


def _lower(row: Row, name: str) -> str | None:
    value = said(row, name)
    return value.lower() if value else None


def plan_key(row: Row) -> PlanKey:
    """What Microsoft adds daily usage up by: plan, product, sku and offer."""
    product, sku, offer = (str(row.get(name) or "") for name in ("productid", "skuid", "availabilityid"))
    return (_lower(row, "subscriptionid") or "", product, sku, offer)


def customer(row: Row) -> str | None:
    """The customer's directory tenant; older files write org: before it."""
    name = _lower(row, "customerid")
    return name.removeprefix("org:") if name else None


def _publisher(row: Row) -> str | None:
    publisher = said(row, "publishername")
    return None if publisher is None or publisher.lower().startswith("microsoft") else publisher


def _joined(row: Row, *names: str) -> str | None:
    parts = [str(row[name]) for name in names if row.get(name)]
    return "/".join(parts) or None


def usage(row: Row) -> Charge:
    """Daily rated usage: the public price is UnitPrice x Quantity x rate, the credit is what is missing from it."""
    stated = number(row["billingpretaxtotal"])
    billed = r12(stated)
    quantity = money(row["quantity"])
    listed = r12(money(row["unitprice"]) * quantity * money(row["pctobcexchangerate"]))
    earned = number(row.get("partnerearnedcreditpercentage")) > 0
    benefit = listed - billed if earned else ZERO
    key = _usage_key(row)
    missed = ZERO
    if earned:
        key = key._replace(benefit_kind=CREDIT_EARNED, benefit_status=EARNED)
    elif listed > 0 and _could_earn(row, key):
        key = key._replace(benefit_kind=CREDIT_EARNED, benefit_status=MISSED)
        missed = r12(listed * CREDIT_RATE)
        # Microsoft's rounding of the charge is kept out of the basis, as it is where the credit was earned.
        benefit = listed - billed if abs(listed - billed) < Decimal("0.01") else ZERO
    return Charge(key, listed, listed, billed, billed, benefit, quantity, stated, key.day + timedelta(days=1), missed)


def _could_earn(row: Row, key: ChargeKey) -> bool:
    """Microsoft's own metered usage, neither spot nor support, that neither a commitment nor an Azure credit pays."""
    spot = "spot" in (_lower(row, "metername") or "")
    support = "support" in re.split(r"\W+", key.service.lower()) if key.service else False
    paid = key.status is None and not number(row.get("creditpercentage"))
    return paid and not spot and not support and key.publisher is None


def _usage_key(row: Row) -> ChargeKey:
    service = said(row, "metercategory") or said(row, "productname") or "Azure"
    region = _lower(row, "resourcelocation") or _lower(row, "meterregion")
    benefit = _lower(row, "benefitorderid") or _lower(row, "benefitid")
    path = _lower(row, "benefitid") or benefit or ""
    kind = said(row, "benefittype") or ("SavingsPlan" if "billingbenefits" in path else "Reservation")
    # A row that costs money is billed, whatever benefit it names.
    covered = benefit and kind.lower() != "includedquantity" and not money(row["billingpretaxtotal"])
    return ChargeKey(
        provider="azure",
        account=str(row["partnerid"]),
        invoice=said(row, "invoicenumber"),
        currency=str(row["billingcurrency"]),
        day=date.fromisoformat(str(row["usagedate"])[:10]),
        category=USAGE,
        customer=customer(row),
        sub_account=_lower(row, "entitlementid"),
        resource_group=_lower(row, "resourcegroup"),
        service_category=by_name("azure", service, _lower(row, "consumedservice")),
        service=service,
        sku=_joined(row, "productid", "skuid"),
        sku_price=_joined(row, "productid", "skuid", "availabilityid", "meterid"),
        region=region.replace(" ", "") if region else None,
        pricing_unit=said(row, "unittype"),
        publisher=_publisher(row),
        commitment=kind if covered else None,
        status=USED if covered else None,
        commitment_id=order_of(benefit) if covered and benefit else None,
        commitment_owner=customer(row) if covered else None,
        tags=_tags(row),
        pricing_currency=said(row, "pricingcurrency") or str(row["billingcurrency"]),
        exchange_rate=_rate(row),
    )


def order_of(benefit: str) -> str:
    """The order of a commitment: as it is, before the id of the benefit, or within a path."""
    found = ORDER.match(benefit)
    return found.group(1) if found else benefit


def _tags(row: Row) -> str | None:
    """Tags come as JSON text, or as the object itself."""
    found = row.get("tags")
    return tag_text(found) if isinstance(found, dict) else said(row, "tags")


def _rate(row: Row) -> Decimal | None:
    stated = row.get("pctobcexchangerate", row.get("pcbcexchangerate"))
    return None if stated in (None, "") else money(stated)


def _credit_kind(row: Row) -> str:
    """What the line says of a credit, anywhere."""
    said = " ".join(str(row.get(name) or "") for name in CREDIT_TEXTS).lower()
    return next((name for name, words in CREDIT_WORDS if re.search(words, said)), "other")


def flat(key: ChargeKey, stated: Decimal) -> Charge:
    """Tax, credit and rounding rows: every base is the amount itself."""
    amount = r12(stated)
    return Charge(key, amount, amount, amount, amount, ZERO, ZERO, stated)


def plain(key: ChargeKey, category: str) -> ChargeKey:
    """A line's tax or rounding: it buys no product of its own and corrects nothing."""
    return key._replace(
        category=category,
        commitment=None,
        commitment_id=None,
        commitment_owner=None,
        charge_class=None,
        corrected_invoice=None,
        sku=None,
        sku_price=None,
        pricing_unit=None,
        tags=None,
        credit_kind=None,
        exchange_rate=None,
        pricing_currency=key.currency,
    )


def purchase(row: Row, key: ChargeKey) -> Charge:
    """A licence, reservation or marketplace line; a prorated price is never prorated again."""
    stated = number(row["subtotal"])
    billed = r12(stated)
    quantity = money(row["billablequantity"])
    if key.commitment or key.category == CREDIT:
        effective = ZERO if key.category == PURCHASE else billed
        return Charge(key, billed, billed, billed, effective, ZERO, quantity, stated)
    promoted = (
        bool(said(row, "promotionid"))
        or "partner earned credit" in str(row.get("priceadjustmentdescription") or "").lower()
    )
    if number(row["effectiveunitprice"]) < number(row["unitprice"]) and not promoted:
        listed = billed
    else:
        listed = r12(money(row["unitprice"]) * quantity * money(row.get("pctobcexchangerate") or 1))
    return Charge(key, listed, billed, billed, billed, ZERO, quantity, stated)


def _corrected(row: Row) -> str | None:
    """The earlier invoice that a refund names; a reference within the same invoice corrects nothing."""
    reference = said(row, "referenceid") or ""
    return reference if INVOICE_ID.fullmatch(reference) and reference != row.get("invoicenumber") else None


def purchase_key(row: Row) -> ChargeKey:
    """The key of a reconciliation line, read as the purchase that it is unless it is usage."""
    reserved = said(row, "reservationorderid")
    service = said(row, "productname") or said(row, "subscriptiondescription") or "Microsoft"
    corrected = _corrected(row)
    credit = "credit" in (_lower(row, "chargetype") or "")
    name = f"{row.get('productname')} {row.get('skuname')}".lower()
    return ChargeKey(
        provider="azure",
        account=str(row["partnerid"]),
        invoice=said(row, "invoicenumber"),
        currency=str(row["currency"]),
        day=date.fromisoformat(str(row["chargestartdate"])[:10]),
        category=CREDIT if credit else PURCHASE,
        charge_class=CORRECTION if corrected else None,
        corrected_invoice=corrected,
        customer=customer(row),
        sub_account=_lower(row, "subscriptionid"),
        service_category=by_name("azure", service),
        service=service,
        sku=_joined(row, "productid", "skuid"),
        sku_price=_joined(row, "productid", "skuid", "availabilityid"),
        pricing_unit=said(row, "unittype") or "Units",
        publisher=_publisher(row),
        commitment=("SavingsPlan" if "savings plan" in name else "Reservation") if reserved else None,
        commitment_id=reserved.lower() if reserved else None,
        commitment_owner=customer(row) if reserved else None,
        credit_kind=_credit_kind(row) if credit else None,
        pricing_currency=said(row, "pricingcurrency") or str(row["currency"]),
        exchange_rate=_rate(row),
    )


def last_day(row: Row) -> date | None:
    """The first day after the days that Microsoft charges, which it names inclusively.

    A commitment that is paid once is paid for all of its term.
    """
    once = (_lower(row, "billingfrequency") or "one").startswith("one")
    ends = ["chargeenddate", *(["subscriptionenddate"] if once and said(row, "reservationorderid") else [])]
    days = [str(row[name])[:10] for name in ends if said(row, name)]
    return date.fromisoformat(max(days)) + timedelta(days=1) if days else None


def is_spend(kind: str | None) -> bool:
    """A savings plan promises spend, a reservation hours."""
    return (kind or "").replace(" ", "").lower() == "savingsplan"
