-- Grain: one row per charge key and edge that a rule or a contract policy prices, with the factors of that edge.
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

profiles as (
    select * from {{ ref('rated_profiles') }}
),

profile_rules as (
    select * from {{ ref('rated_profile_rules') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

unit_fx as (
    select * from {{ source('config', 'edge_fx') }}
),

by_rule as (
    select
        key_edges.KeyNo,
        key_edges.Depth,
        profile_rules.RuleId,
        profile_rules.FactorParent,
        profile_rules.FactorList,
        profile_rules.FactorContracted,
        profile_rules.FactorCost,
        profile_rules.UnitPrice,
        case when profile_rules.UnitPriceCurrency is null then 1 else unit_fx.FxRate end as FxUnitPrice
    from keys
    inner join key_edges
        on keys.KeyNo = key_edges.KeyNo
    inner join profiles
        on key_edges.PlanId = profiles.PlanId
        and keys.SegmentStart = profiles.SegmentStart
        and lower(keys.x_Provider) = profiles.Provider
        and coalesce(lower(keys.ServiceCategory), '') = profiles.ServiceCategory
        and coalesce(lower(keys.ServiceName), '') = profiles.Service
        and coalesce(lower(keys.SkuId), '') = profiles.Sku
        and coalesce(lower(keys.SkuPriceId), '') = profiles.SkuPrice
        and coalesce(lower(keys.RegionId), '') = profiles.Region
        and lower(keys.RuleCategory) = profiles.ChargeCategory
        and coalesce(lower(keys.x_PublisherName), '') = profiles.Publisher
        and coalesce(lower(keys.CommitmentDiscountType), '') = profiles.Commitment
        and coalesce(lower(keys.SubAccountId), '') = profiles.SubAccount
        and keys.IsCommitment = profiles.IsCommitment
    inner join profile_rules
        on profiles.ProfileNo = profile_rules.ProfileNo
    left join unit_fx
        on key_edges.ContractId = unit_fx.ContractId
        and profile_rules.UnitPriceCurrency = unit_fx.FromCurrency
),

-- Tax, credits and adjustments are never marked up: where the contract passes them, it passes them at cost.
at_cost as (
    select
        key_edges.KeyNo,
        key_edges.Depth,
        '(' || lower(keys.ChargeCategory) || ' at cost)' as RuleId,
        cast(1 as decimal(38, 12)) as FactorParent,
        cast(0 as decimal(38, 12)) as FactorList,
        cast(0 as decimal(38, 12)) as FactorContracted,
        cast(0 as decimal(38, 12)) as FactorCost,
        cast(0 as decimal(38, 12)) as UnitPrice,
        cast(1 as decimal(38, 12)) as FxUnitPrice
    from keys
    inner join key_edges
        on keys.KeyNo = key_edges.KeyNo
    inner join contracts
        on key_edges.ContractId = contracts.ContractId
    where keys.ChargeCategory = 'Adjustment'
        or (keys.ChargeCategory = 'Tax' and contracts.TaxPolicy = 'at_cost')
        or (keys.ChargeCategory = 'Credit' and contracts.CreditPolicy = 'pass')
),

final as (
    select * from by_rule
    union all
    select * from at_cost
)

select * from final
