-- Grain: one row per amount at or beyond 1e13, where sums of DECIMAL(38,24) could wrap without an error.
select KeyNo, Depth
from {{ ref('rated_prices') }}
where abs(InvoicedPrice) >= 10000000000000 or abs(AmortizedPrice) >= 10000000000000
    or abs(ListPrice) >= 10000000000000
