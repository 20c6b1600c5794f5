"""AWS line items of savings plans and reservations, in USD.

Fees are derived from the month's usage, so that a commitment is used in part and what is left unused is
never negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from pipelines.generator.aws_books import Books, Line
from pipelines.money import CONTEXT, ZERO, Decimal, parse

HOURS = 24
YEAR_HOURS = 8760
HALF = parse("0.5")
CENT_TENTH = parse("0.001")


def savings_plans(books: Books) -> Iterator[Line]:
    """A fee per plan and day: the commitment is the busiest day's use, rounded up; half of it may be paid upfront."""
    used: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for total in books.totals:
        if total.sp_arn and total.day:
            used[total.sp_arn][total.day] += total.sp_used
    for turn, (account_no, arn) in enumerate(books.commitments.plans.values()):
        if arn not in used:
            continue
        hourly = _up(CONTEXT.divide(max(used[arn].values()), Decimal(HOURS)))
        upfront = turn % 2 == 0
        recurring, amortized = (hourly * HALF, hourly * HALF) if upfront else (hourly, ZERO)
        texts = {
            "product_code": "ComputeSavingsPlans", "product_name": "Savings Plans for AWS Compute usage",
            "operation": "", "unit": "", "sp_arn": arn, "sp_payment": "Partial Upfront" if upfront else "No Upfront",
        }  # fmt: skip
        if upfront:
            yield books.line(
                account_no, "SavingsPlanUpfrontFee", amortized * YEAR_HOURS, 0, 1, **texts,
                usage_type="ComputeSP:1yrPartialUpfront", description="1 year Partial Upfront Compute Savings Plan",
            )  # fmt: skip
        for day in range(books.days):
            yield books.line(
                account_no, "SavingsPlanRecurringFee", recurring * HOURS, day, day + 1, **texts,
                usage_type=f"ComputeSP:1yr{'Partial' if upfront else 'No'}Upfront", quantity=Decimal(HOURS),
                description=f"1 year {texts['sp_payment']} Compute Savings Plan",
                sp_total=hourly * HOURS, sp_used=used[arn][books.at(day).date()],
                sp_recurring=recurring * HOURS, sp_amortized=amortized * HOURS,
            )  # fmt: skip


def _up(value: Decimal) -> Decimal:
    """An hourly commitment in tenths of a cent, rounded up."""
    return value.quantize(CENT_TENTH, rounding="ROUND_UP", context=CONTEXT)


def reservations(books: Books) -> Iterator[Line]:
    """A partial-upfront reservation: the fee of its purchase, and the month's recurring fee with the unused part."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for total in books.totals:
        if total.ri_arn:
            for position, amount in enumerate((total.quantity, total.ri_recurring, total.ri_amortized)):
                sums[total.ri_arn][position] += amount
    for account_no, arn in books.commitments.reservations.values():
        if arn not in sums:
            continue
        hours, recurring, amortized = sums[arn]
        month = HOURS * books.days
        count = int(hours) // month + 1
        hourly, upfront = (_up(CONTEXT.divide(amount, hours)) for amount in (recurring, amortized))
        fee = max(hourly * month * count, recurring)
        spread = max(upfront * month * count, amortized)
        texts = {
            "product_code": "AmazonRDS", "product_name": "Amazon Relational Database Service",
            "operation": "CreateDBInstance:0014", "ri_arn": arn, "unit": "Hrs",
        }  # fmt: skip
        yield books.line(
            account_no, "Fee", upfront * YEAR_HOURS * count, 0, 1, **texts, usage_type="HeavyUsage:db.r6g.large",
            description="Sign up charge for reserved instances, PostgreSQL db.r6g.large", quantity=Decimal(count),
            ri_upfront=upfront * YEAR_HOURS * count,
        )  # fmt: skip
        yield books.line(
            account_no, "RIFee", fee, 0, books.days, **texts, usage_type="HeavyUsage:db.r6g.large",
            description="USD hourly fee per PostgreSQL, db.r6g.large instance", quantity=Decimal(month * count),
            ri_unused_recurring=fee - recurring, ri_unused_amortized=spread - amortized,
            ri_unused_quantity=month * count - hours, ri_amortized_total=spread,
        )  # fmt: skip
