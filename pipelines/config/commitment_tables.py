"""Commitments, pools and rules on sharing as compiled tables: one row per date segment.

`commitment_tables` are the inputs, `POLICIES` is a step of the compiler, `COMMITMENT_TABLES` are files.
"""

from __future__ import annotations

import pyarrow as pa

from pipelines.config.arrow import DAY, TEXT, table
from pipelines.config.commitments import sharing_spans
from pipelines.config.models import Config

# Grain: one row per contract and commitment record that can price a charge; null where a record leaves it open.
POLICIES = """
    select CommitmentPolicy, BenefitTo, BillingBasis from used_contracts
    union all
    select c.CommitmentPolicy, c.BenefitTo, null as BillingBasis
    from in_commitments as c
    where exists (select 1 from in_segments as s where c.ValidFrom <= s.OnDay and s.OnDay < c.ValidTo)
"""

COMMITMENT_TABLES = {
    "commitments": """
        select c.Provider, c.CommitmentDiscountId, c.SellerTenantId, s.SegmentStart, c.OwnerTenantId,
            c.CommitmentPolicy, c.BenefitTo, c.CommitmentPool
        from in_commitments as c
        inner join in_segments as s on c.ValidFrom <= s.OnDay and s.OnDay < c.ValidTo
        order by c.Provider, c.CommitmentDiscountId, c.SellerTenantId, s.SegmentStart
    """,
    "commitment_pools": """
        select distinct p.PoolId, p.SellerTenantId, s.SegmentStart, e.TenantId
        from in_pools as p
        inner join in_segments as s on p.ValidFrom <= s.OnDay and s.OnDay < p.ValidTo
        inner join edges as e on e.BuyerTenantId = p.TenantId and e.SegmentStart = s.SegmentStart
        order by p.PoolId, p.SellerTenantId, s.SegmentStart, e.TenantId
    """,
    "sharing_rules": """
        select r.Provider, s.SegmentStart, r.Severity
        from in_sharing as r
        inner join in_segments as s on r.ValidFrom <= s.OnDay and s.OnDay < r.ValidTo
        order by r.Provider, s.SegmentStart
    """,
    # One row: without it nothing but the provider's own way of applying commitments has to be looked at.
    "commitment_use": """
        select coalesce(bool_or(CommitmentPolicy <> 'as_applied' or BillingBasis <> 'as_invoiced'), false)
            as UsesPolicies
        from policies
    """,
}
SPAN = [("ValidFrom", DAY), ("ValidTo", DAY)]


def commitment_tables(config: Config) -> dict[str, pa.Table]:
    """The compiler's inputs by their name in SQL; grain: one row per record, its seller filled in."""
    operator = config.operator.operator
    return {
        "in_commitments": table(
            [
                ("Provider", TEXT),
                ("CommitmentDiscountId", TEXT),
                ("SellerTenantId", TEXT),
                ("OwnerTenantId", TEXT),
                ("CommitmentPolicy", TEXT),
                ("BenefitTo", TEXT),
                ("CommitmentPool", TEXT),
                *SPAN,
            ],
            [(row.provider, row.commitment, row.seller or operator, *row[4:]) for row in config.commitments],
        ),
        "in_pools": table(
            [("PoolId", TEXT), ("SellerTenantId", TEXT), ("TenantId", TEXT), *SPAN],
            [(row.pool, row.seller or operator, *row[3:]) for row in config.commitment_pools],
        ),
        "in_sharing": table(
            [("Provider", TEXT), ("Severity", TEXT), *SPAN],
            [row[1:] for row in sharing_spans(config.operator.commitment_sharing)],
        ),
    }
