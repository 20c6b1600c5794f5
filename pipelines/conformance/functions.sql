-- What rules may call beside plain SQL; the only part of them that an engine other than DuckDB would need anew.
-- Whether price x quantity is the cost, as far as the 12th decimal of each can say; `share` of the cost on top of that.
-- A product too large for its type is none.
create or replace macro is_product(price, quantity, cost, share) as coalesce(try(
    abs(cost - price * quantity) + abs(cost - price * quantity)
    <= (abs(quantity) + 1) * cast('0.000000000001' as decimal(12, 12)) + cast(abs(cost) as decimal(38, 12)) * share
), false);
