-- Grain: one row per charge key of a commitment, and per credit that returns what others paid for one: what the
-- operator's own buyer pays, in whose hands it is, and what the provider charges, in the operator's home currency.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where CommitmentKind is not null
),

dispositions as (
    select KeyNo, TenantId, Disposition from {{ ref('rated_dispositions') }}
),

owners as (
    select * from {{ ref('rated_commitments') }}
),

contracts as (
    select ContractId, FxToSellerHome from {{ source('config', 'contracts') }}
),

home_fx as (
    select * from {{ source('config', 'home_fx') }}
),

operator as (
    select TenantId as OperatorId, HomeCurrency from {{ source('config', 'tenants') }} where TenantKind = 'operator'
),

sold as (
    select
        prices.KeyNo,
        cast(sum({{ product(r12('prices.InvoicedPrice'), 'contracts.FxToSellerHome') }}) as decimal(38, 24))
            as Revenue
    from {{ ref('rated_prices') }} as prices
    inner join contracts
        on prices.ContractId = contracts.ContractId
    where prices.Depth = 1
    group by prices.KeyNo
),

charges as (
    select
        keys.KeyNo,
        keys.x_Provider,
        keys.CommitmentId,
        keys.BillingCurrency,
        case
            when keys.CommitmentKind = 'Unused' then 'unused'
            when dispositions.TenantId = owners.OwnerTenantId then 'owner'
            else 'consumer'
        end as Party,
        coalesce(sold.Revenue, cast(0 as decimal(38, 24))) as Revenue,
        {{ product('keys.BilledCost', 'home_fx.FxRate') }} as ProviderCost,
        dispositions.Disposition in ('billed', 'absorbed') as IsPlaced
    from keys
    cross join operator
    inner join dispositions
        on keys.KeyNo = dispositions.KeyNo
    inner join owners
        on keys.x_Provider = owners.x_Provider
        and keys.CommitmentId = owners.CommitmentId
        and keys.SegmentStart = owners.SegmentStart
    inner join home_fx
        on operator.OperatorId = home_fx.TenantId
        and keys.BillingCurrency = home_fx.FromCurrency
    left join sold
        on keys.KeyNo = sold.KeyNo
),

currencies as (
    select x_Provider, CommitmentId, min(BillingCurrency) as BillingCurrency
    from keys
    group by x_Provider, CommitmentId
),

credits as (
    select
        cast(null as bigint) as KeyNo,
        credits.x_Provider,
        credits.CommitmentId,
        currencies.BillingCurrency,
        'credit' as Party,
        {{ product(r12('credits.ExactCost'), 'contracts.FxToSellerHome') }} as Revenue,
        cast(0 as decimal(38, 24)) as ProviderCost,
        true as IsPlaced
    from {{ ref('marts_commitment_credits') }} as credits
    inner join contracts
        on credits.ContractId = contracts.ContractId
    inner join currencies
        on credits.x_Provider = currencies.x_Provider
        and credits.CommitmentId = currencies.CommitmentId
    where credits.Depth = 1
),

combined as (
    select * from charges
    union all
    select * from credits
),

final as (
    select combined.*, operator.HomeCurrency
    from combined
    cross join operator
)

select * from final
