-- Grain: one row per check, and one per commitment that it finds: commitments whose benefit reached more than one end
-- customer on days on which the provider's rule forbids it (commitments_shared_in_breach) or is warned of. The row of a
-- commitment says whose it is, who used it and what they saved; the row `all` counts, so that every check is measured.
with

shared as (
    select
        *,
        case Severity when 'block' then 'commitments_shared_in_breach' when 'warn' then 'commitments_shared' end
            as CheckName
    from marts_commitment_sharing
    where IsShared
),

commitments as (
    select
        CheckName, x_Provider, CommitmentDiscountId, BillingCurrency, OwnerTenantId,
        count(distinct ConsumerTenantId) as ConsumerCount, sum(LineCount) as LineCount, sum(Saving) as Saving,
        string_agg(distinct ConsumerTenantId, ', ' order by ConsumerTenantId) as Consumers,
        min(FirstDay) as FirstDay, max(LastDay) as LastDay
    from shared
    where CheckName is not null
    group by CheckName, x_Provider, CommitmentDiscountId, BillingCurrency, OwnerTenantId
),

checks as (
    select * from (values ('commitments_shared_in_breach'), ('commitments_shared')) as c (CheckName)
),

final as (
    select
        checks.CheckName, 'all' as Scope,
        count(distinct commitments.x_Provider || chr(31) || commitments.CommitmentDiscountId) as Violations,
        count(distinct commitments.x_Provider || chr(31) || commitments.CommitmentDiscountId)
            || case when Violations = 1 then ' commitment' else ' commitments' end
            || ' reached more than one end customer' as Measured,
        min(commitments.CommitmentDiscountId) as Example
    from checks
    left join commitments on checks.CheckName = commitments.CheckName
    group by checks.CheckName
    union all
    select
        CheckName, x_Provider || ' ' || CommitmentDiscountId || ' of ' || OwnerTenantId || ' ' || BillingCurrency,
        ConsumerCount,
        'owned by ' || OwnerTenantId || ', used by ' || Consumers || ' from ' || FirstDay || ' to ' || LastDay || ': '
            || LineCount || ' charges, '
            || coalesce(rtrim(rtrim(cast(Saving as varchar), '0'), '.') || ' ' || BillingCurrency, 'nobody knows what')
            || ' saved',
        null
    from commitments
)

select CheckName, Scope, Violations, Measured, Example from final
