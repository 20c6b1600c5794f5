-- Grain: one line item with everything the report's columns are made of. A view over lines.
create view wide as
select
    lines.*,
    accounts.account_id,
    accounts.account_name,
    accounts.discounted,
    lines.rowid as line_no,
    getvariable('payer') as payer_id,
    case when lines.on_payer then getvariable('payer') else accounts.account_id end as usage_account_id,
    case when lines.on_payer then getvariable('payer_name') else accounts.account_name end as usage_account_name,
    case when lines.from_marketplace then getvariable('market_invoice') else getvariable('invoice') end as invoice_id,
    case when lines.from_marketplace then 'AWS Marketplace' else 'AWS' end as billing_entity,
    coalesce(lines.product_code, products.service) as code,
    coalesce(lines.product_name, products.product) as title,
    coalesce(lines.usage_type, products.usage_type) as usage_kind,
    coalesce(lines.operation, products.operation) as act,
    coalesce(lines.unit, products.unit) as measure,
    coalesce(lines.seller, 'Amazon Web Services EMEA SARL') as legal_entity,
    case
        when lines.description is not null then lines.description
        when lines.line_type = 'SavingsPlanNegation'
            then 'SavingsPlanNegation used by AccountId : ' || accounts.account_id
        else '$' || plain(products.unit_price) || ' ' || products.description
    end as text,
    case when lines.product_no is not null then plain(products.unit_price) end as rate,
    products.sku,
    products.rate_code,
    products.rate_id,
    products.family,
    products.instance_type,
    products.region,
    case when products.family = 'Compute Instance' then products.region || 'a' end as zone,
    case
        when lines.resource_no is null or products.resource = '' then ''
        when starts_with(products.resource, 'ec2:')
            then split_part(products.resource, '/', 2) || substr(md5(cast(resources.h as varchar)), 1, 17)
        when products.resource = 's3:::'
            then systems.system || '-' || accounts.account_id || '-' || lower(hex(lines.resource_no))
        when contains(products.resource, ':::') then 'arn:aws:' || products.resource || upper(hex(lines.resource_no))
        else 'arn:aws:' || split_part(products.resource, ':', 1) || ':' || products.region || ':' || accounts.account_id
            || ':' || substr(products.resource, position(':' in products.resource) + 1)
            || systems.system || '-' || lower(hex(lines.resource_no))
    end as resource_id,
    case
        when lines.resource_no is null or draw(resources.h, 22, 5) = 0 then map {}
        else map {'user_app': systems.system, 'user_env': stage_name(resources.stage_no)}
    end as tags
from lines
inner join accounts using (account_no)
left join products using (product_no)
left join resources using (resource_no)
left join systems using (system_no)
