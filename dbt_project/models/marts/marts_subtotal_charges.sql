-- Grain: one row per contract, subtotal it uses and tenant scope: rounded charge lines of its edge that match.
-- Scope '' is the whole edge, any other scope one end customer. In the contract's currency.
with

custom_lines as (
    select * from {{ source('config', 'custom_lines') }}
),

balances as (
    select * from {{ source('config', 'balances') }}
),

subtotals as (
    select * from {{ source('config', 'subtotals') }}
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

charge_lines as (
    select * from {{ ref('marts_charge_lines') }}
),

used as (
    select ContractId, SubtotalId from custom_lines
    where SubtotalId is not null
    union
    select ContractId, SubtotalId from balances
),

-- What a contract does not name it does not ask for.
matched as (
    select
        used.ContractId,
        used.SubtotalId,
        charge_lines.TenantId,
        charge_lines.BilledCost
    from used
    inner join subtotals
        on used.SubtotalId = subtotals.SubtotalId
    inner join contracts
        on used.ContractId = contracts.ContractId
    inner join charge_lines
        on contracts.SellerTenantId = charge_lines.SellerTenantId
        and contracts.BuyerTenantId = charge_lines.BuyerTenantId
        and contracts.BillingCurrency = charge_lines.BillingCurrency
    where subtotals.HasCharges
        {% for wanted, column in [
            ('Provider', 'x_Provider'), ('ServiceCategory', 'ServiceCategory'), ('ServiceName', 'ServiceName'),
            ('SkuId', 'SkuId'), ('PublisherName', 'x_PublisherName'), ('SubAccountId', 'SubAccountId'),
            ('ChargeCategory', 'ChargeCategory')
        ] -%}
        and (subtotals.{{ wanted }} is null or subtotals.{{ wanted }} = lower(charge_lines.{{ column }}))
        {% endfor %}
),

final as (
    select ContractId, SubtotalId, TenantId as TenantScope, cast(sum(BilledCost) as decimal(38, 12)) as BilledCost
    from matched
    group by ContractId, SubtotalId, TenantId
    union all
    select ContractId, SubtotalId, '' as TenantScope, cast(sum(BilledCost) as decimal(38, 12)) as BilledCost
    from matched
    group by ContractId, SubtotalId
)

select * from final
