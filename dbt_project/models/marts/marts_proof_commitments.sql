-- Grain: one row per provider, commitment and currency: owners + consumers + unused + credits - margin is what the
-- provider charges for it, whatever the policy. What nobody can be billed for yet is no margin; it is added.
with

keys as (
    select KeyNo, x_Provider, CommitmentId, BillingCurrency, BilledCost
    from {{ ref('rated_charge_keys') }}
    where CommitmentKind is not null
),

dispositions as (
    select KeyNo from {{ ref('rated_dispositions') }} where Disposition in ('billed', 'absorbed')
),

contracts as (
    select ContractId, FxToSellerHome from {{ source('config', 'contracts') }}
),

home_fx as (
    select home_fx.FromCurrency, home_fx.FxRate, tenants.HomeCurrency
    from {{ source('config', 'home_fx') }} as home_fx
    inner join {{ source('config', 'tenants') }} as tenants
        on home_fx.TenantId = tenants.TenantId
        and tenants.TenantKind = 'operator'
),

-- The provider's side, from the slices themselves.
charged as (
    select
        focus_keys.x_Provider,
        lower(focus_keys.CommitmentDiscountId) as CommitmentId,
        focus_keys.BillingCurrency,
        cast(sum(facts.BilledCost) as decimal(38, 12)) as BilledCost
    from {{ source('focus', 'facts') }} as facts
    inner join {{ source('focus', 'keys') }} as focus_keys
        on facts.SliceNo = focus_keys.SliceNo
        and facts.x_RateKey = focus_keys.x_RateKey
    where focus_keys.CommitmentDiscountId is not null
        and (
            (focus_keys.ChargeCategory = 'Usage' and focus_keys.CommitmentDiscountStatus is not null)
            or (focus_keys.ChargeCategory = 'Purchase' and focus_keys.CommitmentDiscountType is not null)
        )
    group by focus_keys.x_Provider, lower(focus_keys.CommitmentDiscountId), focus_keys.BillingCurrency
),

-- Margin as such: what the operator's sales bring, credits taken off, less what they cost.
margin_parts as (
    select keys.x_Provider, keys.CommitmentId, keys.BillingCurrency,
        {{ product(r12('prices.InvoicedPrice'), 'contracts.FxToSellerHome') }} as Amount
    from {{ ref('rated_prices') }} as prices
    inner join keys
        on prices.KeyNo = keys.KeyNo
    inner join contracts
        on prices.ContractId = contracts.ContractId
    where prices.Depth = 1
    union all
    select keys.x_Provider, keys.CommitmentId, keys.BillingCurrency,
        -{{ product('keys.BilledCost', 'home_fx.FxRate') }} as Amount
    from keys
    inner join dispositions
        on keys.KeyNo = dispositions.KeyNo
    inner join home_fx
        on keys.BillingCurrency = home_fx.FromCurrency
),

margins as (
    select x_Provider, CommitmentId, BillingCurrency, cast(sum(Amount) as decimal(38, 24)) as Margin
    from margin_parts
    group by x_Provider, CommitmentId, BillingCurrency
),

parties as (
    select
        x_Provider,
        CommitmentId,
        BillingCurrency,
        cast(sum(Revenue) as decimal(38, 24)) as Revenue,
        {{ sum_where("Party = 'credit'", 'Revenue', 24) }} as Credits,
        {{ sum_where('not IsPlaced', 'ProviderCost', 24) }} as OpenCost
    from {{ ref('marts_commitment_parties') }}
    group by x_Provider, CommitmentId, BillingCurrency
),

final as (
    select
        'owners + consumers + unused + credits - margin = commitment' as CheckName,
        charged.x_Provider || ' / ' || charged.CommitmentId || ' ' || charged.BillingCurrency as Scope,
        home_fx.HomeCurrency as Currency,
        {{ product('charged.BilledCost', 'home_fx.FxRate') }} as Expected,
        cast(coalesce(
            parties.Revenue - (coalesce(margins.Margin, 0) + parties.Credits) + parties.OpenCost, 0
        ) as decimal(38, 24)) as Actual,
        '' as Note
    from charged
    inner join home_fx
        on charged.BillingCurrency = home_fx.FromCurrency
    left join parties
        on charged.x_Provider = parties.x_Provider
        and charged.CommitmentId = parties.CommitmentId
        and charged.BillingCurrency = parties.BillingCurrency
    left join margins
        on charged.x_Provider = margins.x_Provider
        and charged.CommitmentId = margins.CommitmentId
        and charged.BillingCurrency = margins.BillingCurrency
)

select * from final
