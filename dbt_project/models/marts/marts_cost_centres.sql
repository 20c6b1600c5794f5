-- Grain: one row per invoice line on a customer's own buying edge and cost centre that bears a part of it. The parts
-- of a line add up to what was billed: cost centres divide rounded lines.
with

lines as (
    select * from {{ ref('marts_invoice_lines') }}
),

centres as (
    select * from {{ source('config', 'cost_centres') }}
),

weights as (
    select * from {{ ref('rated_centre_weights') }}
),

borne as (
    select
        lines.InvoiceDetailId,
        lines.MinorUnits,
        {{ in_minor_units('lines.BilledCost', 'lines.MinorUnits') }} as AmountUnits,
        centres.CostCentreId,
        coalesce(weights.WeightUnits, 0) as ChargeUnits,
        sum(coalesce(weights.WeightUnits, 0)) over (partition by lines.InvoiceDetailId) as ChargeTotal,
        {{ factor_units('centres.ClosingFactor') }} as ClosingUnits,
        sum({{ factor_units('centres.ClosingFactor') }}) over (partition by lines.InvoiceDetailId) as ClosingTotal
    from lines
    inner join centres
        on lines.BuyerTenantId = centres.TenantId
    left join weights
        on lines.InvoiceDetailId = weights.InvoiceDetailId
        and centres.CostCentreId = weights.CostCentreId
),

-- A line whose charges weigh nothing (custom lines have none) is divided the way the period ends.
weighed as (
    select
        borne.*,
        case when ChargeTotal <> 0 then ChargeUnits else ClosingUnits end as WeightUnits,
        case when ChargeTotal <> 0 then ChargeTotal else ClosingTotal end as TotalUnits
    from borne
),

floored as (
    select
        weighed.*,
        {{ share_floor('AmountUnits', 'WeightUnits', 'TotalUnits') }} as ShareFloor,
        {{ share_remainder('AmountUnits', 'WeightUnits', 'TotalUnits') }} as ShareRemainder
    from weighed
    where WeightUnits <> 0 and TotalUnits <> 0
),

shared as (
    select
        floored.*,
        {{ share_units('AmountUnits', 'ShareFloor', 'ShareRemainder', 'InvoiceDetailId', 'CostCentreId') }}
            as ShareUnits
    from floored
),

final as (
    select
        lines.InvoiceDetailId,
        lines.InvoiceId,
        lines.SellerTenantId,
        lines.BuyerTenantId,
        lines.TenantId,
        centres.CostCentreId,
        centres.CostCentreName,
        lines.BillingCurrency,
        {{ from_minor_units('shared.ShareUnits', 'shared.MinorUnits') }} as BilledCost
    from shared
    inner join lines
        on shared.InvoiceDetailId = lines.InvoiceDetailId
    inner join centres
        on lines.BuyerTenantId = centres.TenantId
        and shared.CostCentreId = centres.CostCentreId
)

select * from final
