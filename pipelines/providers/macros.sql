-- What the SQL of every room may use: exact numbers, proportions, entries of x_Repairs.
-- money() for quantities: counts beyond a million, which a double spells 1234567.0, stay on a cheap path.
create or replace macro quantity_of(x) as coalesce(
    cast(try_cast(x as decimal(18,12)) as decimal(38,12)),
    case when ends_with(x, '.0') then cast(try_cast(left(x, length(x) - 2) as bigint) as decimal(38,12)) end,
    cast(x as decimal(38,12)));
-- Exact sums of amounts given as text, DECIMAL(38,24), 0 for no rows. A direct cast to 24 decimals costs
-- thirty times a narrow one, so plain text is cut in two: 12 decimals, and up to 12 more as an integer.
-- An exponent, or more than 24 decimals, takes the direct cast.
create or replace macro is_plain(x) as
    length(x) <= 13 or length(x) - strpos(x, '.') <= 24 or strpos(x, '.') = 0;
create or replace macro is_split(x) as is_plain(x) and not contains(x, 'e') and not contains(x, 'E');
create or replace macro has_tail(x) as
    length(x) > 13 and strpos(x, '.') > 0 and length(x) - strpos(x, '.') > 12 and is_split(x);
create or replace macro twelve(x) as money(case when has_tail(x) then left(x, strpos(x, '.') + 12) else x end);
create or replace macro tail(x) as
    cast(rpad(substr(x, strpos(x, '.') + 13), 12, '0') as bigint) * case when x[1] = '-' then -1 else 1 end;
create or replace macro at24(n) as cast(coalesce(n, 0) as decimal(38,0)) * cast('1e-24' as decimal(25,24));
create or replace macro exact_total(x) as
    coalesce(cast(sum(case when is_split(x) then twelve(x) end) as decimal(38,24)), 0)
    + at24(sum(case when has_tail(x) then tail(x) end))
    + coalesce(sum(case when not is_split(x) then exact(x) end), 0);
-- What rounding each of the amounts to 12 decimals takes out of their exact sum, DECIMAL(38,24).
create or replace macro beyond_total(x) as
    at24(sum(case when has_tail(x) then tail(x)
        - case when tail(x) >= 500000000000 then 1000000000000
               when tail(x) <= -500000000000 then -1000000000000 else 0 end end))
    + coalesce(sum(case when not is_split(x) then exact(x) - cast(money(x) as decimal(38,24)) end), 0);
-- Whether 12 decimals cannot hold a number given as text.
create or replace macro loses(x) as case
    when has_tail(x) then tail(x) <> 0
    when x is not null and not is_split(x) then try(exact(x) <> cast(money(x) as decimal(38,24)))
    else false end;
-- Amounts in whole 12th decimals and back.
create or replace macro units_of(x) as cast(replace(cast(cast(x as decimal(38,12)) as varchar), '.', '') as hugeint);
create or replace macro amount_of(u) as
    cast(cast(u as decimal(38,0)) * cast('0.000000000001' as decimal(12,12)) as decimal(38,12));
-- whole x part : total in such units, toward zero, exact, for 0 <= part <= total: in two steps, as the product may have
-- more digits than a hugeint.
create or replace macro portion(whole, part, total) as
    (((whole // 1000000000000) * part) // total) * 1000000000000
    + ((((whole // 1000000000000) * part) % total) * 1000000000000 + (whole % 1000000000000) * part) // total;
-- x in the proportion of part to total, both of any sign, toward zero.
create or replace macro share_of(x, part, total) as
    amount_of(sign(x) * portion(units_of(abs(x)), units_of(abs(part)), units_of(abs(total))));
-- An entry of x_Repairs: a column, what was delivered in it (text, or null), and why it says otherwise; and entries
-- added to those a row has, which name other columns.
create or replace macro repair(name, was, why) as
    concat('"', name, '":{"was":', coalesce(cast(to_json(was) as varchar), 'null'), ',"why":"', why, '"}');
create or replace macro with_repairs(repairs, entries) as
    concat(case when repairs is null then '{' else left(repairs, length(repairs) - 1) || ',' end, entries, '}');
-- Whether price x quantity gives the cost to the last digit that 12 decimals can carry; null for no price.
create or replace macro reproduces(cost, price, quantity) as
    try(abs(cost - price * quantity) + abs(cost - price * quantity)
        <= (abs(quantity) + 1) * cast('0.000000000001' as decimal(12,12)));
