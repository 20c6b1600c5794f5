"""Cost centres of one billing period as compiled tables.

`cost_centres` names the centres of each customer and says what they weigh where no charge does;
`cost_centre_shares` says what a charge of a segment weighs in which centre: its price times the percent in
force, or its whole price where it carries the centre's tag, or none and the centre is the default.
"""

from __future__ import annotations

import pyarrow as pa

from pipelines.config.arrow import DAY, FLAG, NUMBER, TEXT, table
from pipelines.config.cost_centres import CostCentre, closing
from pipelines.config.intervals import grouped, latest
from pipelines.config.models import Config
from pipelines.money import ONE, ZERO, Decimal
from pipelines.period import BillingPeriod

CENTRE_TABLES = {
    "cost_centres": """
        select TenantId, CostCentreId, CostCentreName, ClosingFactor
        from in_cost_centres
        order by TenantId, CostCentreId
    """,
    "cost_centre_shares": """
        select c.TenantId, s.SegmentStart, c.CostCentreId, c.IsWhole, k.TagNo, c.TagValue, c.Factor
        from in_centre_shares as c
        inner join in_segments as s on c.ValidFrom <= s.OnDay and s.OnDay < c.ValidTo
        left join in_tag_keys as k on k.TagKey = c.TagKey
        order by c.TenantId, s.SegmentStart, c.CostCentreId, k.TagNo nulls last, c.TagValue
    """,
}


def centre_tables(config: Config, period: BillingPeriod) -> dict[str, pa.Table]:
    """The inputs of these tables by their name in the compiler's SQL."""
    named = [
        ("TenantId", TEXT),
        ("CostCentreId", TEXT),
        ("CostCentreName", TEXT),
        ("ClosingFactor", NUMBER),
    ]
    shares = [
        ("TenantId", TEXT),
        ("CostCentreId", TEXT),
        ("IsWhole", FLAG),
        ("TagKey", TEXT),
        ("TagValue", TEXT),
        ("Factor", NUMBER),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    rows = [
        (
            row.tenant,
            row.cost_centre,
            row.percent is None,
            row.tag_key,
            row.tag_value,
            _factor(row),
            row.valid_from,
            row.valid_to,
        )
        for row in config.cost_centres
    ]
    return {"in_cost_centres": table(named, _named(config, period)), "in_centre_shares": table(shares, rows)}


def _named(config: Config, period: BillingPeriod) -> list[tuple[str, str, str, Decimal]]:
    """One row per customer and centre: its last name in the period, and its part of what no charge weighs."""
    found = []
    for tenant, group in grouped(config.cost_centres, lambda row: row.tenant).items():
        last = {row.cost_centre: _factor(row) for row in closing(group, period.start, period.end) if not row.tag}
        for centre, rows in grouped(group, lambda row: row.cost_centre).items():
            found.append((str(tenant), str(centre), latest(rows, period.end).name, last.get(str(centre), ZERO)))
    return found


def _factor(row: CostCentre) -> Decimal:
    """What a charge's price counts with."""
    return ONE if row.percent is None else row.percent
