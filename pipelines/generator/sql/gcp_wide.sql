-- Grain: one export row, nested as in reseller_billing_detailed_export_v1. A view over lines.
create view wide as
select
    getvariable('parent') as payer_billing_account_id,
    case when lines.for_parent then getvariable('parent') else accounts.billing_account end as billing_account_id,
    {
        'month': getvariable('invoice_month'),
        'publisher_type': case when products.flag = 'market' then 'PARTNER' else 'GOOGLE' end
    } as invoice,
    lines.cost_type,
    {'id': coalesce(lines.service_id, products.service_id), 'description': coalesce(lines.service, products.service)}
        as service,
    {'id': coalesce(lines.sku_id, products.sku_id), 'description': coalesce(lines.sku, products.sku)} as sku,
    cast(lines.starts_at as timestamptz) as usage_start_time,
    cast(lines.ends_at as timestamptz) as usage_end_time,
    case
        when not (lines.for_parent or lines.without_project) then {
            'id': accounts.project_id,
            'number': accounts.project_number,
            'name': accounts.project_name,
            'ancestry_numbers': '/' || accounts.organization || '/',
            'ancestors':
                [{'resource_name': 'organizations/' || accounts.organization, 'display_name': accounts.domain}],
            'labels': [{'key': 'owner', 'value': 'platform'}]
        }
    end as project,
    case
        when lines.resource_no is null or draw(resources.h, 22, 5) = 0 then []
        else [
            {'key': 'app', 'value': systems.system},
            {'key': 'env', 'value': stage_name(resources.stage_no)}
        ]
    end as labels,
    case
        when contains(products.sku, 'Instance Core') then [{
            'key': 'compute.googleapis.com/machine_spec',
            'value': lower(split_part(products.sku, ' ', 1)) || '-standard-8'
        }]
        else cast([] as struct(key varchar, value varchar)[])
    end as system_labels,
    case
        when lines.product_no is not null then {
            'location': products.region,
            'country': case when starts_with(products.region, 'us') then 'US' else 'DE' end,
            'region': products.region, 'zone': products.region || '-' || products.zone
        }
    end as location,
    lines.cost,
    'EUR' as currency,
    cast(getvariable('conversion') as double) as currency_conversion_rate,  -- a FLOAT64 at Google
    case
        when lines.quantity is not null then {
            'amount': number(lines.quantity) * coalesce(products.per_unit, 3600),
            'unit': coalesce(products.usage_unit, 'seconds'),
            'amount_in_pricing_unit': number(lines.quantity),
            'pricing_unit': coalesce(lines.unit, products.pricing_unit)
        }
    end as "usage",
    list_filter(
        [
            credit_of('COMMITTED_USAGE_DISCOUNT', accounts.cud_id, 'Committed use discount: CPU', committed, committed),
            credit_of('SUSTAINED_USAGE_DISCOUNT', '', 'Sustained Usage Discount', sustained, sustained),
            credit_of('PROMOTION', 'migration-promo', 'Rapid migration program', promotion, promotion),
            credit_of('FREE_TIER', 'free-tier', 'Free tier', free_tier, free_tier),
            credit_of('FEE_UTILIZATION_OFFSET', lines.subscription, 'Fee utilization offset', utilized, utilized),
            credit_of('RESELLER_MARGIN', 'reseller-margin', 'Reseller margin', margin, 0)
        ],
        lambda credit: credit.amount <> 0
    ) as credits,
    case
        when lines.adjustment_id is not null then [{
            'adjustment_id': lines.adjustment_id, 'adjustment_description': lines.adjustment,
            'adjustment_type': lines.adjustment_type, 'adjustment_mode': lines.adjustment_mode
        }]
        else []
    end as "adjustmentsInfo",
    cast(getvariable('export_time') as timestamptz) as export_time,
    cast([] as struct(key varchar, value varchar, inherited boolean, namespace varchar)[]) as tags,
    lines.cost_at_list,
    coalesce(lines.cost_alone, lines.cost) as cost_at_effective_price_default,
    {'id': if(lines.model is null, 'default', 'flexible-1y'), 'description': coalesce(lines.model, 'Default')}
        as consumption_model,
    case when products.flag = 'market' then 'THIRD_PARTY_RESELLER' else 'GOOGLE' end as transaction_type,
    case when products.flag = 'market' then products.seller end as seller_name,
    case
        when lines.product_no is not null then {
            'list_price': cast(products.unit_price as decimal(38,9)),
            'effective_price': cast(lines.paid_price as decimal(38,9)),
            'effective_price_default': cast(lines.paid_price as decimal(38,9)),
            'tier_start_amount': cast(0 as decimal(38,9)), 'unit': products.pricing_unit,
            'pricing_unit_quantity': cast(1 as decimal(38,9))
        }
    end as price,
    case
        when products.resource <> '' then {
            'name': systems.system || '-' || lower(hex(lines.resource_no)),
            'global_name': '//' || replace(replace(replace(products.resource, '{p}', accounts.project_id),
                '{z}', products.region || '-' || products.zone), '{r}', products.region)
                || systems.system || '-' || lower(hex(lines.resource_no))
        }
    end as resource,
    {'instance_id': lines.subscription} as subscription,
    'accounts/' || getvariable('channel') || '/customers/' || accounts.customer_key
        || '/entitlements/' || accounts.entitlement as entitlement_name,
    accounts.channel_partner as channel_partner_name,
    case when accounts.channel_partner is not null and lines.cost_type = 'regular' then lines.cost_at_list end
        as channel_partner_cost,
    case
        when not lines.for_parent then 'accounts/' || getvariable('channel') || '/customers/' || accounts.customer_key
    end as customer_name,
    case when lines.cost_type = 'regular' then lines.cost_at_list end as customer_cost,
    'accounts/' || getvariable('channel') || '/customers/' || accounts.customer_key || '/customerRepricingConfigs/list'
        as customer_repricing_config_name,
    cast(null as varchar) as channel_partner_repricing_config_name,
    accounts.correlation as customer_correlation_id
from lines
inner join accounts using (account_no)
left join products using (product_no)
left join resources using (resource_no)
left join systems using (system_no)
