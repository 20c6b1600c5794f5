-- Grain: one row per check and scope about the money columns of the marts: nulls, size, identity, rounding.
-- Sums are taken at four decimals, where they cannot wrap; a sum or amount of 1e13 or more is outside the type's use.
with

amounts as (
    select 'invoice lines' as Scope, BillingCurrency as Currency, BilledCost as Amount,
        cast(ExactCost as decimal(38, 4)) as Exact,
        BilledCost is null or ExactCost is null or ListCost is null or EffectiveCost is null
            or BillingCurrency is null as HasNull,
        InvoiceDetailId as Example
    from marts_invoice_lines
    union all
    select 'invoices', BillingCurrency, BilledCost, cast(ExactCost as decimal(38, 4)),
        BilledCost is null or ExactCost is null or BillingCurrency is null, InvoiceId
    from marts_invoices
    union all
    select 'margin', HomeCurrency, cast(Revenue as decimal(38, 4)), cast(Cost as decimal(38, 4)),
        Revenue is null or Cost is null or Margin is null or PartnerBenefit is null or HomeCurrency is null, BuyerTenantId
    from marts_margin
    union all
    select 'daily costs', BillingCurrency, cast(ExactCost as decimal(38, 4)), cast(EffectiveCost as decimal(38, 4)),
        ExactCost is null or EffectiveCost is null or BillingCurrency is null, BuyerTenantId
    from marts_daily_costs
    union all
    select 'coverage', BillingCurrency, cast(BilledCost as decimal(38, 4)),
        cast(PartnerBenefitAmount as decimal(38, 4)),
        BilledCost is null or PartnerBenefitAmount is null or BillingCurrency is null, x_Provider
    from marts_coverage
),

totals as (
    select
        Scope, Currency, greatest(sum(abs(Amount)), sum(abs(Exact)), 0) as Largest
    from amounts
    group by Scope, Currency
),

scopes as (
    select * from (values ('invoice lines'), ('invoices'), ('margin'), ('daily costs'), ('coverage')) as s (Scope)
),

rounding as (
    select
        l.*, l.ExactCost - l.BilledCost as Residual, c.HalfUnit
    from marts_invoice_lines as l
    left join currencies as c on l.BillingCurrency = c.Currency
),

-- Half a minor unit; almost a whole one, toward zero, only where the contract's mode is `down`.
judged as (
    select
        *,
        HalfUnit is null or BilledCost is null or ExactCost is null or not (
            abs(Residual) <= HalfUnit
            or (RoundingMode = 'down' and abs(BilledCost) < abs(ExactCost) and abs(Residual) < 2 * HalfUnit)
        ) as IsBeyond
    from rounding
),

final as (
    select
        'no_null_money' as CheckName, s.Scope, count(*) filter (where HasNull) as Violations,
        count(a.Scope) || ' rows' as Measured, min(a.Example) filter (where HasNull) as Example
    from scopes as s left join amounts as a on s.Scope = a.Scope
    group by s.Scope
    union all
    select
        'sums_within_type', s.Scope, count(*) filter (where t.Largest >= 10000000000000),
        'largest sum of absolute amounts ' || coalesce(max(t.Largest), 0),
        min(t.Currency) filter (where t.Largest >= 10000000000000)
    from scopes as s left join totals as t on s.Scope = t.Scope
    group by s.Scope
    union all
    select
        'line_ids_unique', 'invoice lines', count(*) - count(distinct InvoiceDetailId), count(*) || ' lines', null
    from marts_invoice_lines
    union all
    select
        'rounding_residual_bounded', 'invoice lines', count(*) filter (where IsBeyond),
        'largest residual ' || coalesce(max(abs(Residual)), 0), min(InvoiceDetailId) filter (where IsBeyond)
    from judged
    union all
    select 'estimates_present', 'all', count(*), count(*) || ' slices not final', min(Name) from estimates
    union all
    select
        'holds_present', 'all', count(*),
        count(distinct SellerTenantId || chr(31) || BuyerTenantId) || ' bills held',
        min(Remedy)
    from marts_holds
)

select CheckName, Scope, Violations, Measured, Example from final
