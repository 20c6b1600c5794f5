-- Text helpers of the generated files.
-- Decimal digits without trailing zeros: 0.8680 -> 0.868, 12.000 -> 12.
create or replace macro plain(x) as rtrim(rtrim(cast(x as varchar), '0'), '.');
-- A JSON string; null becomes the empty string, as in the providers' files.
create or replace macro js(x) as cast(to_json(coalesce(cast(x as varchar), '')) as varchar);
-- A small integer from 0 to n - 1 that depends on h and the salt only.
create or replace macro draw(h, salt, n) as cast(hash(h, salt) % n as integer);
-- The double that a provider delivers for an exact amount: the nearest one, found from the digits.
create or replace macro number(x) as cast(cast(x as varchar) as double);
-- The stage of a system by its number: three of five are productive.
create or replace macro stage_name(n) as (['prod', 'prod', 'prod', 'test', 'dev'])[n + 1];
-- One credit of a Google row; `shown` is what the channel partner and the customer may see of it.
create or replace macro credit_of(kind, id, title, amount, shown) as {
    'id': id, 'full_name': title, 'type': kind, 'name': title, 'amount': amount,
    'channel_partner_amount': cast(shown as decimal(38,9)), 'customer_amount': cast(shown as decimal(38,9))
};
