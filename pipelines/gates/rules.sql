-- Grain: one row per check, and one per FOCUS rule and place that it finds: rules that were never held against a view
-- (focus_rules_examined), rules that charges of a slice break (focus_rules_of_charges) or rows of a bill
-- (focus_rules_of_bills; that bill is held), rules that only warn, and what is waived, with the waiver.
with

examined as (
    select r.View, r.RuleId, count(m.RuleId) as FindingCount
    from focus_rules as r
    left join marts_conformance as m on r.View = m.View and r.RuleId = m.RuleId
    group by r.View, r.RuleId
),

named as (
    select
        *,
        case
            when WaivedBy is not null then 'focus_rules_waived'
            when Severity = 'warn' then 'focus_rules_warned'
            when View = 'buy' or SellerTenantId is null then 'focus_rules_of_charges'
            else 'focus_rules_of_bills'
        end as CheckName,
        case when View = 'sell' and SellerTenantId is not null then SellerTenantId || ' > ' || BuyerTenantId
            else coalesce(x_Provider || coalesce(' ' || Unit, ''), 'all') end as Place
    from marts_conformance
    where ViolationCount > 0
),

checks as (
    select * from (values
        ('focus_rules_of_charges'), ('focus_rules_of_bills'), ('focus_rules_warned'), ('focus_rules_waived')
    ) as c (CheckName)
),

final as (
    select
        'focus_rules_examined' as CheckName, 'all' as Scope, count(*) filter (where FindingCount = 0) as Violations,
        count(*) || ' rules held against charges and bills' as Measured,
        min(View || ' ' || RuleId) filter (where FindingCount = 0) as Example
    from examined
    union all
    select
        checks.CheckName, 'all', coalesce(sum(named.ViolationCount), 0),
        coalesce(sum(named.ViolationCount), 0) || ' rows, ' || count(distinct named.RuleId) || ' rules', null
    from checks
    left join named on checks.CheckName = named.CheckName
    group by checks.CheckName
    union all
    select
        CheckName, View || ' ' || RuleId || ' ' || Place || coalesce(' ' || BillingCurrency, ''), sum(ViolationCount),
        sum(ViolationCount) || ' of ' || sum(CheckedCount) || ' rows, '
            || rtrim(rtrim(cast(sum(Amount) as varchar), '0'), '.') || coalesce(' ' || BillingCurrency, ''),
        min(Example)
    from named
    where CheckName <> 'focus_rules_waived'
    group by CheckName, View, RuleId, Place, BillingCurrency
    union all
    select
        CheckName, View || ' ' || WaivedBy, sum(ViolationCount), sum(ViolationCount) || ' rows', min(Example)
    from named
    where CheckName = 'focus_rules_waived'
    group by CheckName, View, WaivedBy
)

select CheckName, Scope, Violations, Measured, Example from final
