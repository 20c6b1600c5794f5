-- Grain: one row per check and scope: the proof. Every difference is zero, without tolerance, or nothing is published.
with

provider as (
    select * from {{ ref('marts_proof_provider') }}
),

edges as (
    select * from {{ ref('marts_proof_edges') }}
),

chain as (
    select * from {{ ref('marts_proof_chain') }}
),

charges as (
    select * from {{ ref('marts_proof_charges') }}
),

combined as (
    select CheckName, Scope, Currency, Expected, Actual, Note from provider
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from edges
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from chain
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from charges
),

final as (
    select
        CheckName,
        Scope,
        Currency,
        Expected,
        Actual,
        cast(Actual - Expected as decimal(38, 24)) as Difference,
        Actual = Expected as IsTied,
        Note
    from combined
)

select * from final
