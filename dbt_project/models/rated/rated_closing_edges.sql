-- Grain: one row per tenant and edge of its resale chain on the last day of the billing period.
{{ config(materialized='view') }}
with

segments as (
    select * from {{ source('config', 'segments') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

tenant_edges as (
    select * from {{ source('config', 'tenant_edges') }}
),

last_day as (
    select max(segments.SegmentStart) as SegmentStart
    from segments
    cross join period
    where segments.SegmentStart < period.PeriodEnd
),

final as (
    select tenant_edges.*
    from tenant_edges
    inner join last_day
        on tenant_edges.SegmentStart = last_day.SegmentStart
)

select * from final
