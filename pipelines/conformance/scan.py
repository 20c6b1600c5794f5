"""One look at every charge: which row rules it breaks, summed by what sum rules group by.

A row's broken rules are the bits of one number, so that a single aggregation counts all of them. What it leaves is
small, is kept beside the slice it comes from, and answers everything asked of the charges after.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.conformance.rules import ROW, rules

BITS = 62
TOTALS_BY = (
    "BillingCurrency",
    "BillingAccountId",
    "InvoiceId",
    "InvoiceIssuerName",
    "ChargeCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
)
PAYMENT = "x_CommitmentPayment"  # only a slice says it
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")


def patterns_query(view: str, relation: str, groups: Sequence[str], locator: str, conditions: Sequence[str]) -> str:
    """SQL: the charges of `relation` summed by `groups`, TOTALS_BY, broken rules (bits) and met conditions (bits).

    Grain: those columns, with RowCount, the costs as DECIMAL(38,24) in BillingCurrency, the periods' ends and the
    smallest `locator` of a row. `conditions` are those of waivers.
    """
    checked = [rule.on(view) for rule in rules(view, ROW)]
    keys = [*groups, *TOTALS_BY]
    measures = [f"sum({cost}) as {cost}" for cost in COSTS]
    measures += [f"min({name}) as {name}" for name in ("ChargePeriodStart", "BillingPeriodStart")]
    measures += [f"max({name}) as {name}" for name in ("ChargePeriodEnd", "BillingPeriodEnd")]
    carried = [*COSTS, "ChargePeriodStart", "BillingPeriodStart", "ChargePeriodEnd", "BillingPeriodEnd"]
    return (
        f"select {', '.join(keys)}, Broken, Met, count(*) as RowCount, {', '.join(measures)}, min(Locator) as Locator "
        f"from (select {', '.join([*keys, *carried])}, {_bits(checked)} as Broken, {_bits(conditions)} as Met, "
        f"{locator} as Locator from {relation}) group by {', '.join(keys)}, Broken, Met order by all"
    )


def _bits(conditions: Sequence[str]) -> str:
    if len(conditions) > BITS:
        raise ValueError(f"at most {BITS} conditions fit into one number")
    terms = [f"case when {condition} then {1 << place} else 0 end" for place, condition in enumerate(conditions)]
    return f"cast({' + '.join(terms) or '0'} as bigint)"
