"""AWS line items that are not usage: support, marketplace, credits, refunds, discounts, tax. Amounts in USD."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipelines.generator.aws_books import Books, Line
from pipelines.generator.aws_commitments import reservations, savings_plans
from pipelines.money import ONE, ZERO, Decimal, parse, round_to

SPP_SHARE = parse("0.03")
VAT = parse("0.19")
SELLERS = (
    ("Snowflake Inc.", "Snowflake Data Cloud"), ("MongoDB, Inc.", "MongoDB Atlas"), ("Okta, Inc.", "Okta Identity"),
)  # fmt: skip


def all_fees(books: Books) -> list[Line]:
    """Every line of the payer that is not usage, in a fixed order; tax last, on all of them."""
    lines = [*savings_plans(books), *reservations(books), *support(books), *marketplace(books), *promotions(books)]
    if not books.discounted:
        lines += partner_discounts(books)
    return lines + list(taxes(books, lines))


def support(books: Books) -> Iterator[Line]:
    """The payer's support plan: a share of everything, at least 100."""
    billed = sum((total.billed for total in books.totals), ZERO)
    fee = max(parse("100"), round_to(billed * parse("0.07"), 2, "half_up"))
    yield books.line(
        books.accounts[0].number, "Fee", fee, 0, books.days, on_payer=True, product_code="AWSSupportBusiness",
        product_name="AWS Support (Business)", usage_type="Dollar", operation="", unit="",
        description="AWS Support (Business)",
    )  # fmt: skip


def marketplace(books: Books) -> Iterator[Line]:
    """Software of others: a subscription fee in one account of four."""
    for account in books.accounts:
        if account.weight and account.quota and account.number % 4 == 1:
            seller, product = SELLERS[account.number // 4 % len(SELLERS)]
            cost = parse(books.dice.integer("market", account.id, low=9_900, high=250_000)).scaleb(-2)
            yield books.line(
                account.number, "Fee", cost, 0, books.days, from_marketplace=True, seller=seller,
                product_code=books.dice.hexadecimal(25, product), product_name=product, usage_type="Contract",
                operation="", unit="Units", description=f"{product} - contract subscription", public_cost=cost,
            )  # fmt: skip


def promotions(books: Books) -> Iterator[Line]:
    """A promotional credit in one account of five, and a refund of the month before in one of seven."""
    for account in books.accounts:
        if account.weight and account.quota and account.number % 5 == 2:
            amount = parse(books.dice.integer("credit", account.id, low=500, high=5_000)).scaleb(-2)
            yield books.line(
                account.number, "Credit", -amount, 0, books.days,
                product_code="AmazonEC2", product_name="Amazon Elastic Compute Cloud",
                usage_type="Credit", operation="", unit="", description="EDP_MAP_2.0_Migration_Credit",
            )  # fmt: skip
        if account.weight and account.quota and account.number % 7 == 3:
            amount = parse(books.dice.integer("refund", account.id, low=100, high=9_000)).scaleb(-2)
            yield books.line(
                account.number, "Refund", -amount, -3, -2, refunded=True,
                product_code="AmazonS3", product_name="Amazon Simple Storage Service",
                usage_type="TimedStorage-ByteHrs", operation="", unit="GB-Mo", quantity=ZERO,
                description="Refund for service interruption",
            )  # fmt: skip


def partner_discounts(books: Books) -> Iterator[Line]:
    """The Solution Provider Program discount: a negative line per account and service."""
    sums: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for total in books.totals:
        sums[total.account_no, total.service] += total.on_demand
    for (account_no, service), amount in sorted(sums.items()):
        saved = round_to(amount * SPP_SHARE, 10, "half_up")
        if saved:
            yield books.line(
                account_no, "SppDiscount", -saved, 0, books.days, product_code=service, product_name=service,
                usage_type="", operation="", unit="", quantity=ZERO,
                description="AWS Solution Provider Program Discount",
            )  # fmt: skip


def taxes(books: Books, lines: Sequence[Line]) -> Iterator[Line]:
    """Value added tax per account of a domestic customer, on everything else that the account costs."""
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for total in books.totals:
        sums[total.account_no] += total.billed
    for line in lines:
        if not line["on_payer"] and not line["from_marketplace"]:
            sums[line["account_no"]] += line["unblended"]
    domestic = {account.number for account in books.accounts if account.owner.country == "DE"}
    for account_no in sorted(domestic & set(sums)):
        tax = round_to(sums[account_no] * VAT, 2, "half_up")
        if tax:
            yield books.line(
                account_no, "Tax", tax, 0, books.days, tax_type="VAT", product_code="AmazonEC2",
                product_name="Amazon Elastic Compute Cloud", usage_type="", operation="", unit="",
                description="Tax for product code AmazonEC2", quantity=ONE,
            )  # fmt: skip
