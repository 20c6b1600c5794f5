-- Grain: one row per contract, custom line in force and tenant: flat, a percent of a subtotal, or what a minimum lacks.
-- A line that counts other custom lines is worked out after them, level by level, from their rounded amounts.
with

lines as (
    select * from {{ source('config', 'custom_lines') }}
),

subtotal_lines as (
    select * from {{ source('config', 'subtotal_lines') }}
),

contracts as (
    select ContractId, BillingCurrency, MinorUnits, RoundingMode from {{ source('config', 'contracts') }}
),

charges as (
    select * from {{ ref('marts_subtotal_charges') }}
),

customers as (
    select distinct SellerTenantId, BuyerTenantId, BillingCurrency, TenantId as CustomerId
    from {{ ref('marts_charge_lines') }}
),

-- A line for each customer is there once per end customer with charges; the others name their tenant.
for_tenants as (
    select
        lines.*,
        contracts.BillingCurrency,
        contracts.MinorUnits,
        contracts.RoundingMode,
        coalesce(lines.TenantId, customers.CustomerId) as LineTenantId
    from lines
    inner join contracts
        on lines.ContractId = contracts.ContractId
    left join customers
        on lines.TenantId is null
        and lines.SellerTenantId = customers.SellerTenantId
        and lines.BuyerTenantId = customers.BuyerTenantId
        and contracts.BillingCurrency = customers.BillingCurrency
),

-- A tenant's own line is measured on that tenant, any other on the whole edge.
placed as (
    select for_tenants.*, case when IsPerTenant then LineTenantId else '' end as TenantScope
    from for_tenants
    where LineTenantId is not null
),
{% for level in range(var('custom_line_levels')) %}
{% if not loop.first -%}
counted_{{ level }} as (
    select
        placed.ContractId,
        placed.CustomLineId,
        placed.LineTenantId,
        cast(sum(below.BilledCost) as decimal(38, 12)) as BilledCost
    from placed
    inner join subtotal_lines
        on placed.SubtotalId = subtotal_lines.SubtotalId
    inner join done_{{ level - 1 }} as below
        on placed.ContractId = below.ContractId
        and subtotal_lines.CustomLineId = below.CustomLineId
        and (placed.TenantScope = '' or placed.TenantScope = below.LineTenantId)
    where placed.LineLevel = {{ level }}
    group by placed.ContractId, placed.CustomLineId, placed.LineTenantId
),
{% endif %}
measured_{{ level }} as (
    select
        placed.*,
        cast(
            coalesce(charges.BilledCost, 0)
            {% if not loop.first %}+ coalesce(counted_{{ level }}.BilledCost, 0){% endif %}
        as decimal(38, 12)) as Subtotal
    from placed
    left join charges
        on placed.ContractId = charges.ContractId
        and placed.SubtotalId = charges.SubtotalId
        and placed.TenantScope = charges.TenantScope
    {% if not loop.first -%}
    left join counted_{{ level }}
        on placed.ContractId = counted_{{ level }}.ContractId
        and placed.CustomLineId = counted_{{ level }}.CustomLineId
        and placed.LineTenantId = counted_{{ level }}.LineTenantId
    {% endif -%}
    where placed.LineLevel = {{ level }}
),

exact_{{ level }} as (
    select measured_{{ level }}.*, {{ custom_line_cost('measured_' ~ level) }} as ExactCost
    from measured_{{ level }}
),

done_{{ level }} as (
    select exact_{{ level }}.*, {{ round_money('ExactCost', 'MinorUnits', 'RoundingMode') }} as BilledCost
    from exact_{{ level }}
    {% if not loop.first -%}
    union all
    select * from done_{{ level - 1 }}
    {% endif -%}
),
{% endfor %}
final as (
    select
        ContractId, CustomLineId, LineTenantId as TenantId, SellerTenantId, BuyerTenantId, Depth, BillingCurrency,
        LineName, ChargeDescription, ChargeCategory, ChargeFrequency, ChargeStart, ChargeEnd, PricingQuantity,
        SubtotalId, case when SubtotalId is not null then Subtotal end as Subtotal, ExactCost, BilledCost,
        FxEffect, MinorUnits, RoundingMode
    from done_{{ var('custom_line_levels') - 1 }}
)

select * from final
