-- Grain: one row per charge key and edge that is priced: by which rule, or by which policy of the contract.
{{ config(materialized='view') }}
with

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

key_edges as (
    select * from {{ ref('rated_key_edges') }}
),

key_classes as (
    select * from {{ ref('rated_key_classes') }}
),

profile_rules as (
    select * from {{ ref('rated_profile_rules') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

contract_credits as (
    select * from {{ source('config', 'contract_credits') }}
),

by_rule as (
    select
        key_edges.KeyNo,
        key_edges.Depth,
        key_edges.PlanId,
        key_classes.ClassNo,
        profile_rules.RuleNo,
        profile_rules.UnitPriceCurrency,
        profile_rules.TierSetId
    from key_edges
    inner join key_classes
        on key_edges.KeyNo = key_classes.KeyNo
    inner join profile_rules
        on key_edges.PlanId = profile_rules.PlanId
        and key_classes.ClassNo = profile_rules.ClassNo
),

-- Tax, credits and adjustments are never marked up: where the contract passes them, it passes them at cost.
at_cost as (
    select
        key_edges.KeyNo,
        key_edges.Depth,
        cast(null as varchar) as PlanId,
        cast(null as bigint) as ClassNo,
        cast(case keys.ChargeCategory when 'Tax' then -1 when 'Credit' then -2 else -3 end as bigint) as RuleNo,
        cast(null as varchar) as UnitPriceCurrency,
        cast(null as integer) as TierSetId
    from keys
    inner join key_edges
        on keys.KeyNo = key_edges.KeyNo
    inner join contracts
        on key_edges.ContractId = contracts.ContractId
    left join contract_credits
        on contracts.ContractId = contract_credits.ContractId
        and keys.x_CreditKind = contract_credits.CreditKind
    where keys.ChargeCategory = 'Adjustment'
        or (keys.ChargeCategory = 'Tax' and contracts.TaxPolicy = 'at_cost')
        or (keys.ChargeCategory = 'Credit'
            and (contracts.CreditPolicy = 'pass' or contract_credits.CreditKind is not null))
),

final as (
    select * from by_rule
    union all
    select * from at_cost
)

select * from final
