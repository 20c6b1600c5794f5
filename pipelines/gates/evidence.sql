-- Grain: one row per check and scope: the measured facts that the gate judges. Columns: CheckName, Scope,
-- Severity (fail | warn), Violations, Measured, Example. Every check has at least one row, also on an empty month.
with

proof as (
    select
        *,
        -- The two figures are compared here again: the mart's own word that they tie is not enough.
        (IsTied and Difference = 0 and Expected = Actual) is not true as IsUntied,
        CheckName || ' / ' || Scope || ' ' || Currency || ': expected ' || Expected || ', actual ' || Actual as Said
    from marts_reconciliation
),

proof_checks as (
    select
        'proof_all_tied' as CheckName, CheckName as Scope,
        count(*) filter (where IsUntied) as Violations,
        count(*) || ' scopes, largest difference ' || coalesce(max(abs(Difference)), 0) as Measured,
        min(Said) filter (where IsUntied) as Example
    from proof
    group by CheckName
    union all
    select 'proof_all_tied', 'all', case when count(*) = 0 then 1 else 0 end, count(*) || ' ties', null from proof
    union all
    -- Without a chain of at least these three ties an invoice is not followed to its last disposition.
    select
        'coverage_complete', stage.CheckName,
        case when count(proof.CheckName) = 0 then 1 else 0 end
            + count(*) filter (where proof.CheckName is not null and proof.IsUntied),
        count(proof.CheckName) || ' invoices', min(Said) filter (where proof.IsUntied)
    from (values ('provider invoice net = raw'), ('raw = focus'), ('focus = coverage')) as stage (CheckName)
    left join proof on stage.CheckName = proof.CheckName
    group by stage.CheckName
    union all
    select
        'conservation_per_edge', stage.CheckName, count(*) filter (where proof.IsUntied and Scope is not null),
        count(proof.CheckName) || ' edges', min(Said) filter (where proof.IsUntied)
    from (
        values ('bought = sold on'), ('price = cost + margin'), ('line prices + tier residuals = invoice lines'),
            ('tier group price = its charges + residuals'), ('charge lines + custom lines = invoice'),
            ('invoice lines = invoice total'), ('invoice lines = divided lines'), ('divided lines = cost centres'),
            ('owners + consumers + unused + credits - margin = commitment')
    ) as stage (CheckName)
    left join proof on stage.CheckName = proof.CheckName
    group by stage.CheckName
    union all
    select
        'untied_invoices', 'all', count(distinct Scope) filter (where Note like 'self-consistent, not tied%'),
        count(distinct Scope) filter (where Note like 'self-consistent, not tied%') || ' without a control invoice',
        min(Scope) filter (where Note like 'self-consistent, not tied%')
    from proof
),

-- Independent of the proof: the same totals again from the marts themselves.
covered as (
    select BillingCurrency, sum(BilledCost) as Covered from marts_coverage group by BillingCurrency
),

expected as (
    select Currency, sum(Expected) as Expected from proof where CheckName = 'focus = coverage' group by Currency
),

coverage_checks as (
    select
        'coverage_complete' as CheckName, 'dispositions' as Scope,
        count(*) filter (where Disposition not in ('billed', 'absorbed', 'quarantined', 'excluded')
            or Disposition is null or Reason is null) as Violations,
        count(*) || ' dispositions' as Measured, min(Disposition) as Example
    from marts_coverage
    union all
    select
        'coverage_complete', 'total ' || coalesce(BillingCurrency, Currency, '?'),
        case when Covered is not distinct from Expected then 0 else 1 end,
        'covered ' || coalesce(Covered, 0) || ' of ' || coalesce(Expected, 0), null
    from covered full outer join expected on covered.BillingCurrency = expected.Currency
),

line_totals as (
    select InvoiceId, SellerTenantId, sum(BilledCost) as Billed, sum(ExactCost) as Exact, count(*) as LineCount
    from marts_invoice_lines
    group by InvoiceId, SellerTenantId
),

invoice_checks as (
    select
        'invoice_equals_lines' as CheckName, coalesce(i.SellerTenantId, l.SellerTenantId, 'all') as Scope,
        count(*) filter (where i.BilledCost is distinct from l.Billed or i.ExactCost is distinct from l.Exact
            or i.RoundingResidual is distinct from l.Exact - l.Billed) as Violations,
        count(*) || ' invoices, residual ' || coalesce(sum(i.RoundingResidual), 0) as Measured,
        min(i.InvoiceId) filter (where i.BilledCost is distinct from l.Billed) as Example
    from marts_invoices as i
    full outer join line_totals as l on i.InvoiceId = l.InvoiceId and i.SellerTenantId = l.SellerTenantId
    group by coalesce(i.SellerTenantId, l.SellerTenantId, 'all')
    union all
    select 'invoice_equals_lines', 'unique', count(*) - count(distinct InvoiceId), count(*) || ' invoices', null
    from marts_invoices
    union all
    select
        'conservation_per_edge', 'margin = revenue - cost', count(*) filter (where Margin <> Revenue - Cost),
        count(*) || ' rows', min(BuyerTenantId) filter (where Margin <> Revenue - Cost)
    from marts_margin
),

final as (
    select * from proof_checks
    union all
    select * from coverage_checks
    union all
    select * from invoice_checks
)

select CheckName, Scope, Violations, Measured, Example from final
