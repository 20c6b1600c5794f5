"""The SQL of the compiler: from dated records to one row per date segment.

`STEPS` and `PAIRS` are temporary tables in order; `TABLES` are the files, in the column order and types that the
models read. A record counts in a segment if it holds on the segment's first charge day.
"""

from __future__ import annotations

from pipelines.config.centre_tables import CENTRE_TABLES
from pipelines.config.commitment_tables import COMMITMENT_TABLES, POLICIES
from pipelines.config.custom_tables import CUSTOM_TABLES
from pipelines.config.entities import EDGE_NAMES
from pipelines.config.fields import OPEN_START
from pipelines.config.moves import MOVE_TABLES, PATHS
from pipelines.config.price_tables import PRICE_TABLES

STEPS = {
    # Grain: tenant x segment, existing under its parent (null: a root).
    "alive": """
        select t.TenantId, t.ParentId, s.SegmentStart
        from in_tenants as t
        inner join in_segments as s on t.ValidFrom <= s.OnDay and s.OnDay < t.ValidTo
    """,
    # Grain: tenant x segment that has an unbroken path up to the operator; EdgeCount is its length.
    "reach": """
        with recursive down as (
            select TenantId, ParentId, SegmentStart, 0 as EdgeCount from alive where TenantId = $operator
            union all
            select a.TenantId, a.ParentId, a.SegmentStart, d.EdgeCount + 1 as EdgeCount
            from down as d
            inner join alive as a on a.ParentId = d.TenantId and a.SegmentStart = d.SegmentStart
        )
        select * from down
    """,
    # Grain: contract x segment in which it is in force.
    "terms": """
        select c.*, s.SegmentStart
        from in_contracts as c
        inner join in_segments as s on c.ValidFrom <= s.OnDay and s.OnDay < c.ValidTo
    """,
    # Grain: tenant x segment x edge of its path; Depth 1 is the operator's sale.
    "edges": """
        with recursive up as (
            select TenantId, SegmentStart, EdgeCount, EdgeCount as Depth,
                ParentId as SellerTenantId, TenantId as BuyerTenantId
            from reach where EdgeCount > 0
            union all
            select u.TenantId, u.SegmentStart, u.EdgeCount, u.Depth - 1 as Depth,
                r.ParentId as SellerTenantId, r.TenantId as BuyerTenantId
            from up as u
            inner join reach as r on r.TenantId = u.SellerTenantId and r.SegmentStart = u.SegmentStart
            where u.Depth > 1
        )
        select u.*, c.ContractId, c.PlanId, c.BillingCurrency,
            lag(c.BillingCurrency) over (partition by u.TenantId, u.SegmentStart order by u.Depth) as ParentCurrency
        from up as u
        left join terms as c
            on c.SellerTenantId = u.SellerTenantId and c.BuyerTenantId = u.BuyerTenantId
            and c.SegmentStart = u.SegmentStart
    """,
    "used_contracts": """
        select c.*, seller.LegalName as InvoiceIssuerName, buyer.TenantName as BuyerName,
            seller.HomeCurrency as SellerHomeCurrency
        from in_contracts as c
        inner join in_names as seller on seller.TenantId = c.SellerTenantId
        inner join in_names as buyer on buyer.TenantId = c.BuyerTenantId
        where c.ContractId in (select e.ContractId from edges as e)
            or c.ContractId in (select p.ContractId from in_custom_pairs as p)
    """,
    "named_edges": EDGE_NAMES,
    "paths": PATHS,
    "policies": POLICIES,
    # Grain: tenant x segment x edge with a contract; Heads names its plans, nearest first: the overrides for the
    # tenant itself and for those above it up to the buyer, the contract's plan, the operator-wide plan.
    "edge_plans": """
        with before as (
            select e.TenantId, e.SegmentStart, e.Depth,
                string_agg(o.PlanId, '+' order by below.Depth desc) as Overrides
            from edges as e
            inner join edges as below
                on below.TenantId = e.TenantId and below.SegmentStart = e.SegmentStart and below.Depth >= e.Depth
            inner join in_overrides as o on o.ContractId = e.ContractId and o.TenantId = below.BuyerTenantId
            inner join in_segments as s
                on s.SegmentStart = e.SegmentStart and o.ValidFrom <= s.OnDay and s.OnDay < o.ValidTo
            group by e.TenantId, e.SegmentStart, e.Depth
        )
        select e.TenantId, e.SegmentStart, e.Depth, e.ContractId,
            concat_ws('+', b.Overrides, e.PlanId, case when e.SellerTenantId = $operator then o.PlanId end) as Heads
        from edges as e
        cross join in_operator as o
        left join before as b
            on b.TenantId = e.TenantId and b.SegmentStart = e.SegmentStart and b.Depth = e.Depth
        where e.ContractId is not null
    """,
}

# These need the combinations of plans, `in_composites`, and what they hold.
PAIRS = {
    # Grain: contract x currency that its prices can start from; an owner's benefit comes from the seller's other
    # contracts, in their currencies.
    "edge_pairs": """
        select ContractId, BillingCurrency as ToCurrency, b.FromCurrency
        from used_contracts
        cross join in_billing as b
        union
        select c.ContractId, c.BillingCurrency as ToCurrency, p.FromCurrency
        from used_contracts as c
        inner join price_currencies as p on p.ContractId = c.ContractId
        union
        select c.ContractId, c.BillingCurrency as ToCurrency, p.FromCurrency
        from used_contracts as c
        inner join in_custom_pairs as p on p.ContractId = c.ContractId
        union
        select c.ContractId, c.BillingCurrency as ToCurrency, o.BillingCurrency as FromCurrency
        from used_contracts as c
        inner join used_contracts as o on o.SellerTenantId = c.SellerTenantId
        where exists (select 1 from policies as p where p.BenefitTo = 'owner')
    """,
    # Grain: contract x currency that its rates come from, that of the contract above it included.
    "contract_pairs": """
        select ContractId, FromCurrency, ToCurrency from edge_pairs
        union
        select ContractId, ParentCurrency as FromCurrency, BillingCurrency as ToCurrency
        from edges
        where ContractId is not null and ParentCurrency is not null
    """,
    # Grain: seller x currency in which it sells or buys.
    "home_pairs": """
        with sellers as (
            select $operator as TenantId
            union
            select SellerTenantId as TenantId from used_contracts
            union
            select TenantId from in_names where TenantKind = 'reseller'
        ),
        pairs as (
            select SellerTenantId as TenantId, BillingCurrency as FromCurrency from used_contracts
            union
            select BuyerTenantId as TenantId, BillingCurrency as FromCurrency from used_contracts
            union
            select $operator as TenantId, FromCurrency from in_billing
            union
            select TenantId, HomeCurrency as FromCurrency from in_names
        )
        select p.TenantId, p.FromCurrency, n.HomeCurrency as ToCurrency
        from pairs as p
        inner join sellers as s on s.TenantId = p.TenantId
        inner join in_names as n on n.TenantId = p.TenantId
    """,
}

# Grain: currency pair; the reason is the first of those who need it.
NEEDED_RATES = """
    select FromCurrency, ToCurrency, min(Reason) as Reason
    from (
        select ParentCurrency as FromCurrency, BillingCurrency as ToCurrency,
            concat('contract ', ContractId, ' (currency of the contract above it)') as Reason
        from edges where ParentCurrency is not null and BillingCurrency is not null
        union all
        select p.FromCurrency, p.ToCurrency,
            case when r.Rate is null then concat('contract ', p.ContractId)
                else concat('the margin of contract ', p.ContractId, ' (its fixed rate is compared with the table''s)')
            end as Reason
        from edge_pairs as p
        left join in_contract_rates as r on r.ContractId = p.ContractId and r.FromCurrency = p.FromCurrency
        union all
        select FromCurrency, ToCurrency, concat('the margin of ', TenantId) as Reason from home_pairs
    )
    group by FromCurrency, ToCurrency
    order by FromCurrency, ToCurrency
"""

TABLES = {
    "segments": "select SegmentStart, SegmentEnd, IsEarlier from in_segments order by SegmentStart",
    "tenants": "select TenantId, TenantName, TenantKind, HomeCurrency from in_names order by TenantId",
    "account_links": """
        select l.Provider, l.ScopeType, l.ScopeId, r.SegmentStart, l.TenantId, l.CoversNarrower, l.Specificity
        from in_links as l
        inner join in_segments as s on l.ValidFrom <= s.OnDay and s.OnDay < l.ValidTo
        inner join reach as r on r.TenantId = l.TenantId and r.SegmentStart = s.SegmentStart
        order by l.Provider, l.Specificity, l.ScopeId, r.SegmentStart
    """,
    "tenant_edges": """
        select e.TenantId, e.SegmentStart, cast(e.Depth as integer) as Depth,
            cast(e.EdgeCount as integer) as EdgeCount, e.SellerTenantId, e.BuyerTenantId, e.ContractId, p.PlanId,
            e.BillingCurrency,
            case when e.Depth = 1 then cast(1 as decimal(38,12)) else f.FxRate end as FxFromParent,
            case when e.Depth = 1 then cast(1 as decimal(38,12)) else f.FxPlain end as FxFromParentPlain,
            case when e.Depth = 1 then cast(1 as decimal(38,12)) else f.FxPinned end as FxFromParentPinned
        from edges as e
        left join edge_plans as h
            on h.TenantId = e.TenantId and h.SegmentStart = e.SegmentStart and h.Depth = e.Depth
        left join in_composites as p on p.Heads = h.Heads
        left join contract_fx as f on f.ContractId = e.ContractId and f.FromCurrency = e.ParentCurrency
        order by e.TenantId, e.SegmentStart, e.Depth
    """,
    "edge_names": "select * from named_edges order by TenantId, SegmentStart, Depth",
    "contracts": f"""
        select c.ContractId, c.SellerTenantId, c.BuyerTenantId, c.BillingCurrency, m.MinorUnits, c.RoundingMode,
            c.LineGrain, c.TaxPolicy, c.CreditPolicy, c.FxSource, c.FxMarkupFactor, c.MoveProration, c.BenefitShare,
            c.BenefitShown, c.CommitmentPolicy, c.BenefitTo, c.CommitmentPool, c.BillingBasis, c.PaymentTerms,
            c.PurchaseOrderNumber, c.InvoiceIssuerName, c.BuyerName, c.SellerHomeCurrency, f.FxRate as FxToSellerHome,
            c.FocusVersions, nullif(c.ValidFrom, date '{OPEN_START}') as ValidFrom, c.ValidTo
        from used_contracts as c
        inner join in_currencies as m on m.Currency = c.BillingCurrency
        inner join fx as f on f.FromCurrency = c.BillingCurrency and f.ToCurrency = c.SellerHomeCurrency
        order by c.ContractId
    """,
    "contract_credits": """
        select ContractId, CreditKind
        from in_contract_credits
        where ContractId in (select c.ContractId from used_contracts as c)
        order by ContractId, CreditKind
    """,
    "edge_fx": """
        select p.ContractId, p.FromCurrency, f.FxRate, f.FxPlain, f.FxPinned
        from edge_pairs as p
        inner join contract_fx as f on f.ContractId = p.ContractId and f.FromCurrency = p.FromCurrency
        order by p.ContractId, p.FromCurrency
    """,
    "home_fx": """
        select p.TenantId, p.FromCurrency, f.FxRate
        from home_pairs as p
        inner join fx as f on f.FromCurrency = p.FromCurrency and f.ToCurrency = p.ToCurrency
        order by p.TenantId, p.FromCurrency
    """,
    "currencies": "select Currency, MinorUnits from in_currencies order by Currency",
    **PRICE_TABLES,
    **CUSTOM_TABLES,
    **CENTRE_TABLES,
    **MOVE_TABLES,
    **COMMITMENT_TABLES,
}
