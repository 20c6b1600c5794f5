"""Purchases of a CSP invoice: licences of the new commerce experience, reservations, marketplace.

Each customer gets two to five offers, each with a story: renewed for a month, billed monthly within a year,
bought mid-month, seats added or removed, cancelled within the window, refunded for the month before.
Refunds that meet their purchase on the same invoice share a ReferenceId with it; a refund of an earlier
invoice names that invoice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from pipelines.generator import azure_lines, catalog
from pipelines.generator.azure_lines import Bill, Line, Offer, Party
from pipelines.generator.dice import Dice
from pipelines.money import ONE, Decimal, parse, round_to

STORIES = ("cycle", "renewed", "bought", "added", "removed", "cancelled", "refunded", "cycle", "yearly")
TERMS = {"P1M": "1 Month", "P1Y": "1 Year"}
WINDOW_DAYS = 7
PRORATED_DECIMALS = 6


def offers(currency: str) -> list[Offer]:
    """All offers, priced in the invoice's currency."""
    return [
        Offer(
            record["product"], record["sku_name"], record["publisher"], record["kind"], record["unit"], record["term"],
            parse(record[currency.lower()]),
        )
        for record in catalog.read("azure_offers.csv")
    ]  # fmt: skip


def lines(bill: Bill, party: Party, dice: Dice) -> Iterator[Line]:
    """All purchase lines of one customer but its reservations."""
    listed = offers(bill.currency)
    licences = [offer for offer in listed if offer.kind == "licence"]
    for turn in range(2 + dice.integer("offers", party.number, high=2)):
        offer = licences[(party.number * 5 + turn * 3) % len(licences)]
        seats = dice.integer("seats", party.number, turn, low=3, high=240)
        story = STORIES[(party.number + turn * 2) % len(STORIES)]
        yield from _told(story, bill, party, offer, seats, dice, turn)
    if party.number % 3 == 1:
        market = [offer for offer in listed if offer.kind == "marketplace"]
        yield _marketplace(bill, party, market[party.number // 3 % len(market)], dice)


def _told(story: str, bill: Bill, party: Party, offer: Offer, seats: int, dice: Dice, turn: int) -> Iterator[Line]:
    start, end = bill.period.start, bill.period.end
    day = start + timedelta(days=dice.integer("day", party.number, turn, low=2, high=18))
    cancelled = min(day + timedelta(days=dice.integer("cancel", party.number, turn, low=1, high=WINDOW_DAYS - 1)), end)
    make = _Maker(bill, party, offer, dice, turn)
    if story == "cycle":
        yield make.line("cycleFee", seats, start, end)
    elif story == "renewed":
        yield make.line("renew", seats, start, end)
    elif story == "bought":
        yield make.line("new", seats, day, end)
    elif story == "added":
        yield make.line("cycleFee", seats, start, end)
        yield make.line("addQuantity", 1 + seats // 5, day, end)
    elif story == "removed":
        yield make.line("cycleFee", seats, start, end)
        yield make.line("removeQuantity", -seats, day, end)
        yield make.line("removeQuantity", seats - 1 - seats // 8, day, end)
    elif story == "cancelled":
        yield make.line("new", seats, day, end)
        yield make.line("cancelImmediate", -seats, cancelled, end)
    elif story == "refunded":
        yield make.line("cycleFee", seats, start, end)
        yield make.line("cancelImmediate", -2, start, end, reference=bill.previous)
    else:
        yield make.line("new", seats, start, end, months=12)


class _Maker:
    """Lines of one subscription."""

    def __init__(self, bill: Bill, party: Party, offer: Offer, dice: Dice, turn: int) -> None:
        self.bill, self.party, self.offer = bill, party, offer
        self.subscription = dice.guid("licence", party.number, turn)
        self.order = dice.code(12, "licence order", party.number, turn)

    def line(
        self, kind: str, seats: int, start: date, end: date, *, reference: str | None = None, months: int = 1
    ) -> Line:
        """One line of [start, end); a part of the month pays its share of the price by days."""
        bill, offer = self.bill, self.offer
        month = (bill.period.end - bill.period.start).days
        days = (end - start).days
        public = offer.price * months
        paid = public if days == month else round_to(public * days / month, PRORATED_DECIMALS, "half_up")
        ends = end if months == 1 else end.replace(year=end.year + 1)
        values: Line = {
            "OrderId": self.order,
            "OrderDate": azure_lines.stamp(start),
            "SkuName": offer.sku,
            "ProductName": offer.product,
            "ChargeType": kind,
            "UnitPrice": public,
            "Quantity": Decimal(seats),
            "SubscriptionDescription": offer.sku,
            "SubscriptionId": self.subscription,
            "ChargeStartDate": azure_lines.stamp(start),
            "ChargeEndDate": azure_lines.stamp(ends - timedelta(days=1)),
            "TermAndBillingCycle": f"{TERMS[offer.term]}, {'annual' if months > 1 else 'monthly'} billing",
            "EffectiveUnitPrice": paid,
            "UnitType": offer.unit,
            "BillableQuantity": Decimal(seats),
            "BillingFrequency": "Annual" if months > 1 else "Monthly",
            "SubscriptionStartDate": azure_lines.stamp(min(start, bill.period.start)),
            "SubscriptionEndDate": azure_lines.stamp(ends - timedelta(days=1)),
            "ReferenceId": reference or f"{self.subscription[:8]}-{self.order.lower()}",
        }
        return azure_lines.line(bill, self.party, offer.ids, azure_lines.down(paid) * seats, values)


def reservation(bill: Bill, party: Party, count: int, dice: Dice) -> Line:
    """A reservation of `count` machines paid once for its term; usage that it covers is delivered at price zero."""
    offer = next(offer for offer in offers(bill.currency) if offer.kind == "reservation")
    order = dice.guid("reservation order", party.number)
    start = bill.period.start
    last = start.replace(year=start.year + 1) - timedelta(days=1)
    values: Line = {
        "OrderId": dice.code(12, "reservation order", party.number),
        "SkuName": offer.sku,
        "ProductName": offer.product,
        "ChargeType": "new",
        "UnitPrice": offer.price,
        "Quantity": Decimal(count),
        "SubscriptionDescription": offer.sku,
        "SubscriptionId": dice.guid("reservation subscription", party.number),
        "ChargeEndDate": azure_lines.stamp(last),
        "TermAndBillingCycle": "1 Year, one-time billing",
        "EffectiveUnitPrice": offer.price,
        "UnitType": offer.unit,
        "BillableQuantity": Decimal(count),
        "BillingFrequency": "OneTime",
        "ReservationOrderId": order,
        "SubscriptionStartDate": azure_lines.stamp(start),
        "SubscriptionEndDate": azure_lines.stamp(last),
    }
    return azure_lines.line(bill, party, offer.ids, azure_lines.down(offer.price) * count, values)


def _marketplace(bill: Bill, party: Party, offer: Offer, dice: Dice) -> Line:
    """A monthly subscription to somebody else's software."""
    values: Line = {
        "OrderId": dice.code(12, "market order", party.number),
        "SkuName": offer.sku,
        "ProductName": offer.product,
        "ChargeType": "cycleFee",
        "UnitPrice": offer.price,
        "Quantity": ONE,
        "PublisherName": offer.publisher,
        "PublisherId": offer.publisher.split(",")[0].lower().replace(" ", ""),
        "SubscriptionDescription": offer.product,
        "SubscriptionId": dice.guid("market subscription", party.number),
        "TermAndBillingCycle": "1 Month, monthly billing",
        "EffectiveUnitPrice": offer.price,
        "UnitType": offer.unit,
        "BillingFrequency": "Monthly",
    }
    return azure_lines.line(bill, party, offer.ids, azure_lines.down(offer.price), values)
