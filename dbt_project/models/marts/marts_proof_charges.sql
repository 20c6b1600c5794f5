-- Grain: one row per provider, billing account, currency and check: the facts hold exactly what the charges hold.
with

charges as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency,
        cast(count(*) as decimal(38, 24)) as LineCount,
        cast(sum(BilledCost) as decimal(38, 24)) as BilledCost,
        cast(sum(ListCost) as decimal(38, 24)) as ListCost,
        cast(sum(EffectiveCost) as decimal(38, 24)) as EffectiveCost
    from {{ source('focus', 'charges') }}
    group by x_Provider, BillingAccountId, BillingCurrency
),

keys as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency,
        cast(sum(LineCount) as decimal(38, 24)) as LineCount,
        cast(sum(BilledCost) as decimal(38, 24)) as BilledCost,
        cast(sum(ListCost) as decimal(38, 24)) as ListCost,
        cast(sum(EffectiveCost) as decimal(38, 24)) as EffectiveCost
    from {{ ref('rated_charge_keys') }}
    where not IsOnDemand
    group by x_Provider, BillingAccountId, BillingCurrency
),

tied as (
    select
        charges.x_Provider || ' / ' || charges.BillingAccountId as Scope,
        charges.BillingCurrency as Currency,
        charges.LineCount, charges.BilledCost, charges.ListCost, charges.EffectiveCost,
        coalesce(keys.LineCount, 0) as KeyLineCount,
        coalesce(keys.BilledCost, 0) as KeyBilledCost,
        coalesce(keys.ListCost, 0) as KeyListCost,
        coalesce(keys.EffectiveCost, 0) as KeyEffectiveCost
    from charges
    left join keys
        on charges.x_Provider = keys.x_Provider
        and charges.BillingAccountId = keys.BillingAccountId
        and charges.BillingCurrency = keys.BillingCurrency
),

final as (
    {% for measure in ['LineCount', 'BilledCost', 'ListCost', 'EffectiveCost'] -%}
    select
        'charges = facts ({{ measure }})' as CheckName,
        Scope,
        Currency,
        {{ measure }} as Expected,
        Key{{ measure }} as Actual,
        '' as Note
    from tied
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
