-- Grain: one resource of the part, with everything about it that does not change from day to day.
select
    resources.resource_no,
    accounts.*,
    products.*,
    'rg-' || systems.system || '-' || stage as resource_group,
    '/subscriptions/' || accounts.subscription_id || '/resourceGroups/rg-' || systems.system || '-' || stage
    || '/providers/' || products.consumed_service || '/'
    || replace(products.resource_type, '/', '/' || systems.system || '-srv/') || '/'
    || systems.system || '-' || stage || '-' || lower(hex(resources.resource_no)) as resource_id,
    case
        when draw(resources.h, 22, 5) = 0 then ''
        else '{"env":"' || stage || '","app":"' || systems.system || '","costcenter":"CC'
            || (100 + draw(resources.h, 23, 20)) || '"}'
    end as tags,
    case
        when products.category = 'Virtual Machines'
        then '{"ServiceType":"Standard_' || replace(products.sku_name, ' ', '_') || '","VCPUs":4}'
        else ''
    end as additional_info
from resources
inner join accounts using (account_no)
inner join products using (product_no)
inner join systems using (system_no)
cross join lateral (select stage_name(resources.stage_no) as stage) as stages
where resources.part = getvariable('part')
