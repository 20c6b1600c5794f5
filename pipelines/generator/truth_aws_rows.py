"""The oracle's reading of one AWS line: what kind of charge it is and what its amounts are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.generator.truth_amounts import ZERO, money, number, r12
from pipelines.generator.truth_charges import (
    ADJUSTMENT,
    CORRECTION,
    CREDIT,
    EARNED,
    PURCHASE,
    TAX,
    UNUSED,
    USAGE,
    USED,
    Charge,
    ChargeKey,
    day_after,
)
from pipelines.generator.truth_services import by_code
from pipelines.generator.truth_tags import tag_text

Row = dict[str, Any]
RESERVED = "Reserved Instance"
SAVINGS = "Savings Plan"
BENEFITS = {"SppDiscount": "SPP", "EdpDiscount": "EDP", "PrivateRateDiscount": "PRIVATE_RATE"}
CATEGORY = {
    "Usage": USAGE,
    "DiscountedUsage": USAGE,
    "SavingsPlanCoveredUsage": USAGE,
    "SavingsPlanRecurringFee": PURCHASE,
    "SavingsPlanUpfrontFee": PURCHASE,
    "RIFee": PURCHASE,
    "Fee": PURCHASE,
    "FlatRateSubscription": PURCHASE,
    "Tax": TAX,
    "Credit": CREDIT,
    "Discount": CREDIT,
    "BundledDiscount": CREDIT,
    "RiVolumeDiscount": CREDIT,
    **dict.fromkeys(BENEFITS, CREDIT),
}
NO_KINDS = ("discount", "discountbundleddiscount", "discounttotaldiscount")
OWN_TAG = "user_"  # AWS writes it before the tags that a customer sets
SHARED = ("EKSPod-EC2", "ECSTask-EC2")
SAVINGS_PAIR = ("SavingsPlanCoveredUsage", "SavingsPlanNegation")
WANTED = frozenset(
    """billinvoiceid billbilltype billbillingentity billpayeraccountid lineitemusageaccountid lineitemlineitemtype
    lineitemusagestartdate lineitemusageenddate lineitemlineitemdescription lineitemproductcode pricingcurrency
    resourcetags lineitemproductcode lineitemusageamount lineitemcurrencycode lineitemunblendedcost
    lineitemnetunblendedcost lineitemusagetype lineitemlegalentity lineitemoperation pricingpublicondemandcost
    pricingunit pricingratecode pricingrateid product productproductname productservicecode productsku productregioncode
    productregion productproductfamily reservationeffectivecost reservationreservationarn
    reservationunusedamortizedupfrontfeeforbillingperiod reservationunusedrecurringfee
    savingsplansavingsplanarn savingsplansavingsplaneffectivecost
    savingsplantotalcommitmenttodate savingsplanusedcommitment splitlineitemparentresourceid discount""".split()
)


# A credit's kind by the words of its description, the first that it says.
CREDIT_WORDS = (
    ("sla", r"\bsla\b|service level"),
    ("free_tier", r"free tier"),
    ("promotional", r"promo|\bactivate\b|migration"),
    ("volume", r"volume"),
)


class Month:
    """The lines of one payer and month; covered usage and its negation are summed until both were seen."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str | None, str], Decimal] = defaultdict(lambda: ZERO)
        self._last: dict[tuple[str, str | None, str], ChargeKey] = {}

    def charges(self, row: Row) -> Iterator[Charge]:
        """The booked rows of one line: none, one, or a purchase with its unused part."""
        kind = str(row["lineitemlineitemtype"])
        if _is_container_share(row):
            return
        key = _key(row, kind)
        if kind in SAVINGS_PAIR:
            pair = (key.account, key.invoice, key.currency)
            self._pairs[pair] += _paid(row)
            self._last[pair] = key
        if kind == "SavingsPlanNegation":
            return
        yield _charge(row, kind, key)._replace(end=_end(row))
        unused = _unused(row, kind)
        if unused:
            status = key._replace(category=USAGE, status=UNUSED, pricing_unit=None)
            yield Charge(status, ZERO, ZERO, ZERO, unused, ZERO, ZERO, ZERO, _end(row))

    def remainders(self) -> Iterator[Charge]:
        """What covered usage and negation leave of each invoice: nothing, unless the provider erred."""
        for pair, stated in self._pairs.items():
            if stated:
                key = self._last[pair]
                owner = ChargeKey("aws", key.account, key.invoice, key.currency, key.day, ADJUSTMENT)
                amount = r12(stated)
                yield Charge(owner, amount, amount, amount, amount, ZERO, ZERO, stated)


def _is_container_share(row: Row) -> bool:
    """A container's share of an instance repeats the instance's own line and costs nothing itself."""
    return "splitlineitemparentresourceid" in row and row.get("lineitemoperation") in SHARED and not _paid(row)


def _paid(row: Row) -> Decimal:
    net = row.get("lineitemnetunblendedcost")
    return number(row.get("lineitemunblendedcost") if net is None else net)


def _first(row: Row, *names: str) -> Decimal:
    """The first amount that the row states; 0 if none."""
    return next((money(row[name]) for name in names if name in row), ZERO)


def _charge(row: Row, kind: str, key: ChargeKey) -> Charge:
    stated = _paid(row)
    billed = r12(stated)
    gross = money(row.get("lineitemunblendedcost"))
    quantity = money(row.get("lineitemusageamount")) if key.pricing_unit else ZERO  # without a unit it counts nothing
    # AWS states no list price as an empty or a zero cost: then the operator's own rate is the only one known.
    public = _first(row, "pricingpublicondemandcost") or gross
    if key.benefit_row:
        return Charge(key, ZERO, ZERO, billed, billed, -billed, ZERO, stated)
    if key.category not in (USAGE, PURCHASE):
        return Charge(key, billed, billed, billed, billed, ZERO, ZERO, stated)
    if kind == "SavingsPlanCoveredUsage":
        effective = _first(row, "savingsplansavingsplaneffectivecost")
        return Charge(key, public, public, ZERO, effective, ZERO, quantity, ZERO)
    if kind == "DiscountedUsage":
        effective = _first(row, "reservationeffectivecost")
        return Charge(key, public, public, billed, effective, ZERO, quantity, stated)
    if key.commitment:
        return Charge(_inside(row, key, gross - billed), gross, gross, billed, ZERO, gross - billed, quantity, stated)
    return Charge(_inside(row, key, gross - billed), public, gross, billed, billed, gross - billed, quantity, stated)


def _inside(row: Row, key: ChargeKey, saved: Decimal) -> ChargeKey:
    """The kind of a discount inside a line: what AWS says of it, else the enterprise's."""
    if not saved:
        return key
    named = dict(row.get("discount") or ())
    named |= {name: row[name] for name in row if name.startswith("discount") and name not in NO_KINDS}
    given = " ".join(name for name, amount in named.items() if amount not in (None, "") and money(amount)).lower()
    kind = "SPP" if "spp" in given else "PRIVATE_RATE" if "private" in given else "EDP"
    return key._replace(benefit_kind=kind, benefit_status=EARNED)


def _unused(row: Row, kind: str) -> Decimal | None:
    if kind == "SavingsPlanRecurringFee":
        return money(row.get("savingsplantotalcommitmenttodate")) - money(row.get("savingsplanusedcommitment"))
    if kind == "RIFee":
        upfront = _first(row, "reservationunusedamortizedupfrontfeeforbillingperiod")
        return upfront + _first(row, "reservationunusedrecurringfee")
    return None


def _commitment(row: Row, kind: str) -> str | None:
    if kind.startswith("SavingsPlan"):
        return SAVINGS
    if kind in ("DiscountedUsage", "RIFee"):
        return RESERVED
    if kind in ("Fee", "Refund"):
        if "savingsplansavingsplanarn" in row or row.get("lineitemproductcode") == "ComputeSavingsPlans":
            return SAVINGS
        return RESERVED if "reservationreservationarn" in row else None
    return None


def _category(row: Row, kind: str, commitment: str | None) -> str:
    if kind in CATEGORY:
        return CATEGORY[kind]
    if kind == "Refund":
        return PURCHASE if commitment else USAGE if "lineitemusagetype" in row else ADJUSTMENT
    return ADJUSTMENT


def _day(value: object) -> date:
    return value.date() if isinstance(value, datetime) else date.fromisoformat(str(value)[:10])


def _end(row: Row) -> date | None:
    """The first day after the line's usage."""
    if "lineitemusageenddate" not in row:
        return None
    return day_after(_moment(row["lineitemusagestartdate"]), _moment(row["lineitemusageenddate"]))


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", ""))


def _credit_kind(row: Row, kind: str) -> str:
    if kind == "RiVolumeDiscount":
        return "volume"
    said = str(row.get("lineitemlineitemdescription") or "").lower()
    return next((name for name, words in CREDIT_WORDS if re.search(words, said)), "other")


def _text(row: Row, *names: str) -> str | None:
    return next((str(row[name]) for name in names if name in row), None)


def _account(arn: str) -> str | None:
    """The fifth part of an ARN is the account that owns the thing."""
    parts = arn.split(":")
    return parts[4] or None if len(parts) > 4 else None


def _key(row: Row, kind: str) -> ChargeKey:
    commitment = _commitment(row, kind)
    category = _category(row, kind, commitment)
    product = dict(row.get("product") or ())
    entity = row.get("billbillingentity")
    arn = _text(row, "savingsplansavingsplanarn", "reservationreservationarn")
    refund = kind == "Refund" or (row.get("billbilltype") == "Refund" and category in (USAGE, PURCHASE))
    return ChargeKey(
        provider="aws",
        account=str(row["billpayeraccountid"]),
        invoice=_text(row, "billinvoiceid"),
        currency=str(row["lineitemcurrencycode"]),
        day=_day(row["lineitemusagestartdate"]),
        category=category,
        charge_class=CORRECTION if refund else None,
        sub_account=_text(row, "lineitemusageaccountid", "billpayeraccountid"),
        service_category=by_code("aws", _text(row, "productservicecode", "lineitemproductcode")),
        service=product.get("product_name") or _text(row, "productproductname", "lineitemproductcode"),
        sku=None if category == TAX else _text(row, "productsku"),
        sku_price=None if category == TAX else _text(row, "pricingratecode", "pricingrateid"),
        region=_text(row, "productregioncode") or product.get("region") or _text(row, "productregion"),
        pricing_unit=_text(row, "pricingunit") if category in (USAGE, PURCHASE) else None,
        publisher=_text(row, "lineitemlegalentity", "billbillingentity") if entity == "AWS Marketplace" else None,
        commitment=commitment,
        status=USED if kind in ("DiscountedUsage", "SavingsPlanCoveredUsage") else None,
        commitment_id=arn or _text(row, "lineitemproductcode") if commitment else None,
        commitment_owner=_account(arn) if commitment and arn else None,
        benefit_row=kind in BENEFITS,
        benefit_kind=BENEFITS.get(kind),
        benefit_status=EARNED if kind in BENEFITS else None,
        tags=tag_text(
            {name.removeprefix(OWN_TAG): value for name, value in dict(row.get("resourcetags") or ()).items()}
        ),
        credit_kind=_credit_kind(row, kind) if category == CREDIT and kind not in BENEFITS else None,
        invoice_type=_text(row, "billbilltype"),
        pricing_currency=_text(row, "pricingcurrency", "lineitemcurrencycode"),
    )
