"""SQL macros of the FOCUS room: words, moments, and the entries of x_Repairs."""

from __future__ import annotations

MACROS = """
create or replace macro squash(x) as replace(replace(replace(lower(x), ' ', ''), '-', ''), '_', '');
-- A moment in UTC: ISO 8601 with or without a zone, or month/day/year as American spreadsheets write it.
create or replace macro is_iso(x) as not contains(x, '/');
create or replace macro moment(x) as case when is_iso(x) then cast(try_cast(x as timestamptz) as timestamp)
    else try_strptime(x, ['%m/%d/%y', '%m/%d/%Y', '%m/%d/%y %H:%M', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S']) end;
create or replace macro has_zone(x) as
    right(x, 1) in ('Z', 'z') or ends_with(x, 'UTC') or regexp_matches(x, ':[0-9.]+ ?[+-][0-9:]+$');
-- One entry of x_Repairs, as text; null where there is no reason. `nulls` lists |column=word| of null words.
create or replace macro was_word(name, nulls) as contains(nulls, '|' || name || '=');
create or replace macro null_word(name, nulls) as regexp_extract(nulls, '[|]' || name || '=([^|]*)', 1);
create or replace macro note(name, was, why, nulls) as case when why is not null or was_word(name, nulls) then
    '"' || name || '":{"was":' || case when was is not null then cast(to_json(was) as varchar)
        when was_word(name, nulls) then '"' || null_word(name, nulls) || '"' else 'null' end
    || ',"why":"' || coalesce(why, 'null as a word') || '"}' end;
create or replace macro zone_note(x) as case
    when not is_iso(x) then 'month/day/year, UTC' when not has_zone(x) then 'no zone: UTC' end;
create or replace macro word_note(x, word, otherwise) as case
    when x is null then null when word is null then otherwise when x <> word then 'spelling' end;
create or replace macro sound_json(x) as case when json_valid(x) then x end;
create or replace macro json_note(name, x, nulls) as
    note(name, x, case when x is not null and not json_valid(x) then 'no JSON' end, nulls);
create or replace macro reasons(one, two) as nullif(concat_ws('; ', one, two), '');
"""
