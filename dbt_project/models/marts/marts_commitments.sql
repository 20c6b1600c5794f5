-- Grain: one row per provider, commitment and currency: whose it is, what the provider charges and amortizes, how much
-- of it is used, and what the operator's own buyers pay for it, in the operator's home currency.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where CommitmentKind is not null
),

parties as (
    select * from {{ ref('marts_commitment_parties') }}
),

tenants as (
    select TenantId, TenantName from {{ source('config', 'tenants') }}
),

owners as (
    select
        x_Provider,
        CommitmentId,
        max_by(OwnerTenantId, SegmentStart) as OwnerTenantId,
        max_by(OwnerSource, SegmentStart) as OwnerSource
    from {{ ref('rated_commitments') }}
    group by x_Provider, CommitmentId
),

policies as (
    select x_Provider, CommitmentId, {{ only_value('CommitmentPolicy', "'several'") }} as CommitmentPolicy
    from {{ ref('rated_treatments') }}
    where Depth = 1
    group by x_Provider, CommitmentId
),

charged as (
    select
        x_Provider,
        CommitmentId,
        BillingCurrency,
        min(CommitmentDiscountId) as CommitmentDiscountId,
        min(CommitmentDiscountType) as CommitmentDiscountType,
        min(x_CommitmentStart) as TermStart,
        max(x_CommitmentEnd) as TermEnd,
        {{ only_value('x_CommitmentPayment', "'several'") }} as PaymentModel,
        cast(sum(BilledCost) as decimal(38, 12)) as ProviderBilled,
        cast(sum(EffectiveCost) as decimal(38, 12)) as ProviderEffective,
        {{ sum_where("CommitmentKind = 'Used'", 'EffectiveCost') }} as Used,
        {{ sum_where("CommitmentKind = 'Unused'", 'EffectiveCost') }} as Unused,
        {{ sum_where("CommitmentKind = 'Used'", 'ListCost') }} as ListCovered,
        coalesce(sum(case when CommitmentKind = 'Used' then UnlistedCount end), 0) = 0 as IsListKnown,
        -- Use that nothing is amortized for: the purchase was never delivered.
        coalesce(max(case when CommitmentKind = 'Purchase' or EffectiveCost <> 0 then 1 end) = 1, false) as IsCostKnown
    from keys
    group by x_Provider, CommitmentId, BillingCurrency
),

sold as (
    select
        x_Provider,
        CommitmentId,
        BillingCurrency,
        HomeCurrency,
        {% for party in ['owner', 'consumer', 'unused', 'credit'] -%}
        cast(round({{ sum_where("Party = '" ~ party ~ "'", 'Revenue', 24) }}, 12) as decimal(38, 12))
            as {{ party | capitalize }}Revenue,
        {% endfor -%}
        cast(round({{ sum_where('IsPlaced', 'ProviderCost', 24) }}, 12) as decimal(38, 12)) as Cost,
        cast(round({{ sum_where('not IsPlaced', 'ProviderCost', 24) }}, 12) as decimal(38, 12)) as OpenCost
    from parties
    group by x_Provider, CommitmentId, BillingCurrency, HomeCurrency
),

final as (
    select
        charged.x_Provider,
        charged.CommitmentDiscountId,
        charged.CommitmentDiscountType,
        charged.TermStart,
        charged.TermEnd,
        charged.PaymentModel,
        charged.BillingCurrency,
        owners.OwnerTenantId,
        tenants.TenantName as OwnerName,
        owners.OwnerSource,
        policies.CommitmentPolicy,
        charged.ProviderBilled,
        charged.ProviderEffective,
        cast(charged.ProviderBilled - charged.ProviderEffective as decimal(38, 12)) as BalanceChange,
        charged.Used,
        charged.Unused,
        {{ per_unit('charged.Used', '(charged.Used + charged.Unused)') }} as Utilisation,
        charged.ListCovered,
        case when charged.IsCostKnown and charged.IsListKnown
            then cast(charged.ListCovered - charged.Used - charged.Unused as decimal(38, 12)) end as Saving,
        charged.IsCostKnown,
        charged.IsListKnown,
        sold.HomeCurrency,
        sold.OwnerRevenue,
        sold.ConsumerRevenue,
        sold.UnusedRevenue,
        sold.CreditRevenue,
        sold.Cost,
        sold.OpenCost,
        cast(sold.OwnerRevenue + sold.ConsumerRevenue + sold.UnusedRevenue + sold.CreditRevenue - sold.Cost
            as decimal(38, 12)) as Margin
    from charged
    inner join sold
        on charged.x_Provider = sold.x_Provider
        and charged.CommitmentId = sold.CommitmentId
        and charged.BillingCurrency = sold.BillingCurrency
    inner join owners
        on charged.x_Provider = owners.x_Provider
        and charged.CommitmentId = owners.CommitmentId
    inner join tenants
        on owners.OwnerTenantId = tenants.TenantId
    left join policies
        on charged.x_Provider = policies.x_Provider
        and charged.CommitmentId = policies.CommitmentId
)

select * from final
