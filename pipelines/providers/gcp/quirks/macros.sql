-- Google's prices and the numbers that its FOCUS tables leave out.
-- A decimal without the zeros at its end.
create or replace macro plain(x) as rtrim(rtrim(cast(x as varchar), '0'), '.');
-- The price of one unit where one price is for several, toward zero; null for no price.
create or replace macro per_unit(price, size) as case
    when size = 1 then price
    when size > 0 then amount_of(units_of(price) * 1000000000000 // units_of(size))
end;
-- The price of a unit that gives the cost: as it is stated, or for the units that it is stated for; else null.
create or replace macro unit_price(cost, price, size, quantity) as case
    when reproduces(cost, price, quantity) then price
    when size <> 1 and reproduces(cost, per_unit(price, size), quantity) then per_unit(price, size)
end;
-- How often the price is in the cost, rounded at 12 decimals; null without a price.
create or replace macro quotient(cost, price) as case when price > 0 then amount_of(
    sign(cost) * ((2 * abs(units_of(cost)) * 1000000000000 + units_of(price)) // (2 * units_of(price)))) end;
-- An entry of x_Repairs for a value that a FOCUS table states otherwise.
create or replace macro restated(name, was, is_same, why) as case when not is_same then repair(name, was, why) end;
create or replace macro unlike(name, was, now, why) as
    restated(name, was, was is not distinct from now, why);
create or replace macro spelled(was, word, otherwise) as
    case when lower(was) = lower(word) then 'spelling' else otherwise end;
create or replace macro in_utc(x) as cast(cast(x as timestamptz) as timestamp);
