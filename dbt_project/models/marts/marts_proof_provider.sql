-- Grain: one row per provider invoice (or slice without one), currency and check: provider -> raw -> focus -> coverage.
with

controls as (
    select * from {{ ref('marts_control_invoices') }}
),

totals as (
    select * from {{ source('raw', 'totals') }}
),

keys as (
    select * from {{ ref('rated_charge_keys') }}
),

coverage as (
    select * from {{ ref('marts_coverage') }}
),

-- A provider that names no invoice on its lines has one control invoice per account, month and currency. Lines without
-- one beside others that have one are not invoiced yet: no control is theirs.
raw_invoices as (
    select
        totals.x_Provider,
        totals.BillingAccountId,
        totals.BillingCurrency,
        coalesce(totals.InvoiceId, '') as InvoiceId,
        cast(sum(totals.Net) as decimal(38, 24)) as Net,
        cast(sum(totals.Tax) as decimal(38, 24)) as Tax,
        cast(sum(totals.Beyond12) as decimal(38, 24)) as Beyond12,
        max(max(coalesce(totals.InvoiceId, ''))) over (
            partition by totals.x_Provider, totals.BillingAccountId, totals.BillingCurrency) = '' as IsUnnumbered
    from totals
    group by
        totals.x_Provider, totals.BillingAccountId, totals.BillingCurrency, coalesce(totals.InvoiceId, '')
),

focus_invoices as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency,
        coalesce(InvoiceId, '') as InvoiceId,
        cast(sum(case when ChargeCategory = 'Tax' then 0 else BilledCost end) as decimal(38, 24)) as Net,
        cast(sum(case when ChargeCategory = 'Tax' then BilledCost else 0 end) as decimal(38, 24)) as Tax
    from keys
    group by x_Provider, BillingAccountId, BillingCurrency, coalesce(InvoiceId, '')
),

covered_invoices as (
    select
        x_Provider,
        BillingAccountId,
        BillingCurrency,
        coalesce(InvoiceId, '') as InvoiceId,
        cast(sum(BilledCost) as decimal(38, 24)) as Total
    from coverage
    group by x_Provider, BillingAccountId, BillingCurrency, coalesce(InvoiceId, '')
),

tied as (
    select
        coalesce(raw_invoices.x_Provider, controls.x_Provider) as x_Provider,
        coalesce(raw_invoices.BillingAccountId, controls.BillingAccountId) as BillingAccountId,
        coalesce(nullif(raw_invoices.InvoiceId, ''), controls.InvoiceId, '(no invoice yet)') as InvoiceId,
        coalesce(raw_invoices.BillingCurrency, controls.BillingCurrency) as BillingCurrency,
        controls.InvoiceId is not null as HasControl,
        cast(controls.Net as decimal(38, 24)) as ControlNet,
        cast(controls.Tax as decimal(38, 24)) as ControlTax,
        coalesce(raw_invoices.Net, 0) as RawNet,
        coalesce(raw_invoices.Tax, 0) as RawTax,
        coalesce(raw_invoices.Beyond12, 0) as Beyond12,
        coalesce(focus_invoices.Net, 0) as FocusNet,
        coalesce(focus_invoices.Tax, 0) as FocusTax,
        coalesce(covered_invoices.Total, 0) as CoveredTotal
    from raw_invoices
    full outer join controls
        on raw_invoices.x_Provider = controls.x_Provider
        and raw_invoices.BillingAccountId = controls.BillingAccountId
        and raw_invoices.BillingCurrency = controls.BillingCurrency
        and (raw_invoices.InvoiceId = controls.InvoiceId or raw_invoices.IsUnnumbered)
    left join focus_invoices
        on raw_invoices.x_Provider = focus_invoices.x_Provider
        and raw_invoices.BillingAccountId = focus_invoices.BillingAccountId
        and raw_invoices.BillingCurrency = focus_invoices.BillingCurrency
        and raw_invoices.InvoiceId = focus_invoices.InvoiceId
    left join covered_invoices
        on raw_invoices.x_Provider = covered_invoices.x_Provider
        and raw_invoices.BillingAccountId = covered_invoices.BillingAccountId
        and raw_invoices.BillingCurrency = covered_invoices.BillingCurrency
        and raw_invoices.InvoiceId = covered_invoices.InvoiceId
),

final as (
    {% for check, expected, actual in [
        ('provider invoice net = raw', 'coalesce(ControlNet, RawNet)', 'RawNet'),
        ('provider invoice tax = raw', 'coalesce(ControlTax, RawTax)', 'RawTax'),
        ('raw = focus', 'RawNet + RawTax - Beyond12', 'FocusNet + FocusTax'),
        ('focus = coverage', 'FocusNet + FocusTax', 'CoveredTotal')
    ] -%}
    select
        '{{ check }}' as CheckName,
        x_Provider || ' / ' || BillingAccountId || ' / ' || InvoiceId as Scope,
        BillingCurrency as Currency,
        cast({{ expected }} as decimal(38, 24)) as Expected,
        cast({{ actual }} as decimal(38, 24)) as Actual,
        {% if 'provider' in check -%}
        case when not HasControl then 'self-consistent, not tied: no control invoice' else '' end as Note
        {%- elif check == 'raw = focus' -%}
        case when Beyond12 <> 0 then 'beyond 12 decimals: ' || cast(Beyond12 as varchar) else '' end as Note
        {%- else -%}
        '' as Note
        {%- endif %}
    from tied
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
