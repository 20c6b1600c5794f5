-- Grain: one row per edge or balance, currency and check: charge lines and what contracts add are the invoice.
{% set zero = 'cast(0 as decimal(38, 24))' %}
with

balances as (
    select * from {{ ref('marts_balances') }}
),

invoice_lines as (
    select * from {{ ref('marts_invoice_lines') }}
),

-- Each amount stands in the column of what it belongs to, so that an edge counts wherever it appears.
amounts as (
    {% for relation, sold, line, exact, invoice, residual in [
        (ref('marts_charge_lines'), 'BilledCost', zero, zero, zero, zero),
        (ref('marts_custom_lines'), 'BilledCost', zero, zero, zero, zero),
        (ref('marts_balances'), 'BilledCost', zero, zero, zero, zero),
        (ref('marts_benefit_credits'), 'BilledCost', zero, zero, zero, zero),
        (ref('marts_commitment_credits'), 'BilledCost', zero, zero, zero, zero),
        (ref('marts_invoice_lines'), zero, 'BilledCost', 'ExactCost', zero, zero),
        (ref('marts_invoices'), zero, zero, zero, 'BilledCost', 'RoundingResidual')
    ] -%}
    select
        SellerTenantId,
        BuyerTenantId,
        BillingCurrency,
        cast({{ sold }} as decimal(38, 24)) as Sold,
        cast({{ line }} as decimal(38, 24)) as LineBilled,
        cast({{ exact }} as decimal(38, 24)) as LineExact,
        cast({{ invoice }} as decimal(38, 24)) as InvoiceBilled,
        cast({{ residual }} as decimal(38, 24)) as Residual
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

edges as (
    select
        SellerTenantId || ' > ' || BuyerTenantId as Scope,
        BillingCurrency as Currency,
        sum(Sold) as Sold,
        sum(LineBilled) as LineBilled,
        sum(LineExact) as LineExact,
        sum(InvoiceBilled) as InvoiceBilled,
        sum(Residual) as Residual
    from amounts
    group by SellerTenantId || ' > ' || BuyerTenantId, BillingCurrency
),

-- What counts towards a commitment is billed as charges already: only its last month bills what is short.
measured as (
    select
        balances.ContractId || ' / ' || balances.BalanceId as Scope,
        balances.BillingCurrency as Currency,
        balances.Opening + balances.Movement as Moved,
        balances.Closing,
        case when balances.BalanceKind = 'prepaid' then balances.Closing - balances.Opening
            else balances.Shortfall end as Owed,
        coalesce(invoice_lines.BilledCost, 0) as Billed
    from balances
    left join invoice_lines
        on balances.ContractId = invoice_lines.ContractId
        and balances.BalanceId = invoice_lines.x_CustomLineId
),

final as (
    {% for check, source, expected, actual in [
        ('charge lines + custom lines = invoice', 'edges', 'Sold', 'InvoiceBilled'),
        ('invoice lines = invoice total', 'edges', 'LineBilled', 'InvoiceBilled'),
        ('exact = invoice + residual', 'edges', 'LineExact', 'InvoiceBilled + Residual'),
        ('balance: opening + movement = closing', 'measured', 'Moved', 'Closing'),
        ('balance: drawn or short = billed', 'measured', 'Owed', 'Billed')
    ] -%}
    select
        '{{ check }}' as CheckName,
        Scope,
        Currency,
        cast({{ expected }} as decimal(38, 24)) as Expected,
        cast({{ actual }} as decimal(38, 24)) as Actual,
        '' as Note
    from {{ source }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
