-- Grain: one row per charge key that is lost or invented between facts and dispositions.
select coalesce(keys.KeyNo, dispositions.KeyNo) as KeyNo
from (select KeyNo from {{ ref('rated_charge_keys') }} where not IsOnDemand) as keys
full outer join {{ ref('rated_dispositions') }} as dispositions
    on keys.KeyNo = dispositions.KeyNo
where keys.KeyNo is null or dispositions.KeyNo is null
