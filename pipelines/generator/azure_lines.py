"""Reconciliation lines of a CSP invoice: usage added up per product, and everything that is not usage.

Microsoft's formulas, with ROUNDDOWN toward zero:
    usage    Subtotal = ROUNDDOWN(ROUNDDOWN(EffectiveUnitPrice x BillableQuantity, 2) x rate, 2)
    licence  Subtotal = ROUNDDOWN(EffectiveUnitPrice x rate, 2) x BillableQuantity
The effective price of a line with earned credit is what makes the first one come out: it is derived from
the amount and carries noise in its last digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines.generator.azure_usage import Group
from pipelines.generator.catalog import Product, code
from pipelines.generator.dice import Dice
from pipelines.generator.tenants import Tenant
from pipelines.money import CONTEXT, ONE, ZERO, Decimal, parse, round_to
from pipelines.period import BillingPeriod

Line = dict[str, Any]
PAID_SHARE = parse("0.85")
VAT = parse("0.19")
DOMESTIC = "DE"
PRICE_DIGITS = 15
CREDIT_TEXT = '["15.0% Partner earned credit for services managed"]'


@dataclass(frozen=True)
class Bill:
    """One CSP invoice: its currency, its id, the one before it, and the rate from the USD price list."""

    id: str
    previous: str
    partner: str
    mpn: str
    currency: str
    rate: Decimal
    period: BillingPeriod


@dataclass(frozen=True)
class Party:
    """A customer as Microsoft knows it."""

    number: int
    tenant: Tenant
    id: str
    plan: str
    reseller_mpn: str

    @property
    def domain(self) -> str:
        return self.tenant.id.replace("-", "") + ".onmicrosoft.com"


@dataclass(frozen=True)
class Offer:
    """One thing sold outside metered usage: a licence, a reservation, a marketplace subscription."""

    product: str
    sku: str
    publisher: str
    kind: str
    unit: str
    term: str
    price: Decimal

    @property
    def ids(self) -> tuple[str, str, str]:
        """ProductId, SkuId and AvailabilityId."""
        return "CFQ7" + code("azure", 8, self.product), "0001", code("azure", 12, self.product, self.sku)


def down(value: Decimal) -> Decimal:
    """ROUNDDOWN(value, 2): toward zero."""
    return round_to(value, 2, "down")


def line(bill: Bill, party: Party, ids: tuple[str, str, str], subtotal: Decimal, values: Mapping[str, object]) -> Line:
    """A reconciliation line with all 46 columns in their order; `values` are what the kind of line adds."""
    taxed = party.tenant.country == DOMESTIC and bill.currency == "EUR"
    tax = round_to(subtotal * VAT, 2, "half_up") if taxed else ZERO
    start, end = bill.period.start, bill.period.end - timedelta(days=1)
    base: Line = {
        "PartnerId": bill.partner,
        "CustomerId": party.id,
        "CustomerName": party.tenant.name,
        "CustomerDomainName": party.domain,
        "CustomerCountry": party.tenant.country,
        "InvoiceNumber": bill.id,
        "MpnId": bill.mpn,
        "ResellerMpnId": party.reseller_mpn,
        "OrderId": None,
        "OrderDate": stamp(start),
        "ProductId": ids[0],
        "SkuId": ids[1],
        "AvailabilityId": ids[2],
        "SkuName": None,
        "ProductName": None,
        "ChargeType": None,
        "UnitPrice": ZERO,
        "Quantity": ONE,
        "Subtotal": subtotal,
        "TaxTotal": tax,
        "Total": subtotal + tax,
        "Currency": bill.currency,
        "PriceAdjustmentDescription": None,
        "PublisherName": "Microsoft",
        "PublisherId": None,
        "SubscriptionDescription": None,
        "SubscriptionId": None,
        "ChargeStartDate": stamp(start),
        "ChargeEndDate": stamp(end),
        "TermAndBillingCycle": None,
        "EffectiveUnitPrice": ZERO,
        "UnitType": None,
        "AlternateId": None,
        "BillableQuantity": ONE,
        "BillingFrequency": None,
        "PricingCurrency": bill.currency,
        "PCToBCExchangeRate": ONE,
        "PCToBCExchangeRateDate": stamp(start),
        "MeterDescription": None,
        "ReservationOrderId": None,
        "CreditReasonCode": None,
        "SubscriptionStartDate": None,
        "SubscriptionEndDate": None,
        "ReferenceId": None,
        "ProductQualifiers": None,
        "PromotionId": None,
    }
    return base | dict(values)


def usage_line(bill: Bill, party: Party, product: Product, group: Group, dice: Dice) -> Line:
    """The monthly line of one product's usage; credited and covered usage costs nothing."""
    share = ZERO if group.credited else PAID_SHARE if group.earned else ONE
    gross = CONTEXT.multiply(group.unit_price, group.quantity)
    priced = down(CONTEXT.multiply(gross, share))
    price = group.unit_price
    if group.credited:
        price = ZERO
    elif group.earned:
        price = effective_price(priced, group.quantity, group.unit_price)
    fields = product.fields
    adjustment = CREDIT_TEXT if group.earned else '["100.0% Azure credit applied"]' if group.credited else None
    values: dict[str, object] = {
        "OrderId": dice.code(12, "order", party.number),
        "SkuName": fields["sku_name"],
        "ProductName": fields["product"],
        "ChargeType": "New",
        "UnitPrice": group.unit_price,
        "Quantity": group.quantity,
        "PriceAdjustmentDescription": adjustment,
        "SubscriptionDescription": "Azure plan",
        "SubscriptionId": party.plan,
        "EffectiveUnitPrice": price,
        "UnitType": fields["unit"],
        "BillableQuantity": group.quantity,
        "BillingFrequency": "Monthly",
        "PricingCurrency": "USD",
        "PCToBCExchangeRate": bill.rate,
        "MeterDescription": " - ".join(
            (fields["category"], fields["subcategory"], fields["meter"], product.region_name)
        ),
    }
    return line(bill, party, product_ids(product), down(CONTEXT.multiply(priced, bill.rate)), values)


def effective_price(amount: Decimal, quantity: Decimal, public: Decimal) -> Decimal:
    """Amount per unit with 15 digits, away from zero so that ROUNDDOWN finds the amount again."""
    if not quantity or not amount:
        return round_to(public * PAID_SHARE, 12, "half_up") if not quantity else ZERO
    exact = CONTEXT.divide(amount, quantity)
    digits = PRICE_DIGITS if exact < 1 else PRICE_DIGITS - 1 - exact.adjusted()
    return exact.quantize(ONE.scaleb(-digits), rounding="ROUND_UP", context=CONTEXT)


def product_ids(product: Product) -> tuple[str, str, str]:
    """ProductId, SkuId and AvailabilityId of metered usage; the region makes the sku."""
    return (
        "DZH318Z0" + code("azure", 4, product.fields["product"]),
        code("azure", 4, product.key, product.region),
        code("azure", 12, product.key, product.region, "availability"),
    )


def stamp(day: date) -> str:
    """A day as the provider writes a point in time."""
    return f"{day.isoformat()}T00:00:00Z"
