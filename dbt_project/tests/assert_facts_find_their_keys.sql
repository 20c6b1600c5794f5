-- Grain: one row per fact without a rate key: its money would vanish from every bill.
select facts.SliceNo, facts.x_RateKey
from {{ source('focus', 'facts') }} as facts
left join {{ ref('rated_charge_keys') }} as keys
    on facts.SliceNo = keys.SliceNo
    and facts.x_RateKey = keys.x_RateKey
    and facts.SegmentStart = keys.SegmentStart
    and facts.x_TagValues = keys.x_TagValues
where keys.KeyNo is null
