-- Grain: one row per check and scope: the proof. Every difference is zero, without tolerance, or nothing is published.
with

provider as (
    select * from {{ ref('marts_proof_provider') }}
),

bills as (
    select * from {{ ref('marts_proof_bills') }}
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

tiers as (
    select * from {{ ref('marts_proof_tiers') }}
),

invoices as (
    select * from {{ ref('marts_proof_invoices') }}
),

cost_centres as (
    select * from {{ ref('marts_proof_cost_centres') }}
),

commitments as (
    select * from {{ ref('marts_proof_commitments') }}
),

combined as (
    select CheckName, Scope, Currency, Expected, Actual, Note from provider
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from bills
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from edges
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from chain
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from charges
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from tiers
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from invoices
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from cost_centres
    union all
    select CheckName, Scope, Currency, Expected, Actual, Note from commitments
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
