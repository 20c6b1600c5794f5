"""How values lie in the files: Parquet has records and lists; JSON Lines and CSV become texts in which both are JSON.

Whatever the file, a value has a dotted path (`service.id`) and is read as exact text, and a list has records.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.export import SourceFile
from pipelines.providers.jsonlines import stage_json_lines
from pipelines.providers.staging import Leaf, identifier, literal

JSON = (".json", ".json.gz", ".jsonl", ".jsonl.gz")
CSV = (".csv", ".csv.gz")


def all_parquet(con: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], scratch: Path) -> list[Path]:
    """Each file as Parquet, in file order: itself, or its texts in `scratch`.

    An export may have parts without rows. Raises BadDelivery for kinds of file that are not read, and for no rows.
    """
    found = [_parquet(con, file, scratch / f"{number}.parquet") for number, file in enumerate(files)]
    some = next((path for path in found if path is not None), None)
    if some is None:
        where = files[0].name if files else "the delivery"
        raise BadDelivery(Problem(where, "the delivery has no rows", "export the month again"))
    empty = scratch / "empty.parquet"
    if None in found:
        con.execute(f"copy (select * from read_parquet({literal(some)}) limit 0) to {literal(empty)} (format parquet)")
    return [empty if path is None else path for path in found]


def _parquet(con: duckdb.DuckDBPyConnection, file: SourceFile, target: Path) -> Path | None:
    name = file.path.name.lower()
    if name.endswith(".parquet"):
        return file.path
    if name.endswith(JSON):
        return target if stage_json_lines(con, file.path, target) else None
    if name.endswith(CSV):
        return _rewrite(con, file, target)
    remedy = "export Parquet, newline-delimited JSON, or CSV with the lists as JSON"
    raise BadDelivery(Problem(file.name, "files of this kind are not read", remedy))


def _rewrite(con: duckdb.DuckDBPyConnection, file: SourceFile, target: Path) -> Path:
    opener = gzip.open if file.path.name.lower().endswith(".gz") else open
    with opener(file.path, "rt", encoding="utf-8-sig", newline="") as stream:
        headers = [header.strip() for header in next(csv.reader(stream), [])]
    if len({header.casefold() for header in headers}) < max(len(headers), 1):
        raise BadDelivery(Problem(file.name, "the header line is empty or names a column twice", "export it again"))
    types = ", ".join(f"'c{number}': 'varchar'" for number in range(len(headers)))
    items = ", ".join(f"nullif(c{number}, '') as {identifier(name)}" for number, name in enumerate(headers))
    written = con.execute(
        f"copy (select {items} from read_csv({literal(file.path)}, auto_detect = false, header = false, skip = 1,"
        f" delim = ',', quote = '\"', escape = '\"', strict_mode = true, null_padding = false,"
        f" columns = {{{types}}})) to {literal(target)} (format parquet)"
    ).fetchone()
    if file.rows is not None and (written is None or written[0] != file.rows):
        what = f"the file has {file.rows} lines, {written[0] if written else 0} could be read"
        raise BadDelivery(Problem(file.name, what, "export it again"))
    return target


def leaves(con: duckdb.DuckDBPyConnection, schema: pa.Schema, relation: str, records: Sequence[str]) -> dict[str, Leaf]:
    """Every value of a group of files by its dotted path; `records` are the columns that may be JSON objects."""
    found = staging.parquet_leaves(schema)
    wanted = {name.casefold() for name in records}
    for part in schema:
        if part.name.casefold() not in wanted or not pa.types.is_string(part.type):
            continue
        column = identifier(part.name)
        keys = con.execute(
            f"select distinct unnest(json_keys({column})) as key from {relation} where starts_with({column}, '{{')"
            " order by key"
        ).fetchall()
        del found[part.name]
        for (key,) in keys:
            path = literal(f'$."{key}"')
            found[f"{part.name}.{key}"] = Leaf(f"json_extract_string({column}, {path})")
    return found


def refuse_loose_lists(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    places: Sequence[str],
    lists: Mapping[str, Leaf],
    files: Sequence[str],
) -> None:
    """Raise BadDelivery for texts that should be lists in JSON, naming the first row of each column."""
    problems = []
    for name, leaf in lists.items():
        loose = f"not json_valid({leaf.sql}) or json_type({leaf.sql}) not in ('ARRAY', 'NULL')"
        row = con.execute(
            f"select x_SourceFile, x_SourceRow from (select *, {', '.join(places)} from {relation})"
            f" where {leaf.sql} is not null and ({loose}) order by all limit 1"
        ).fetchone()
        if row is not None:
            remedy = "export the lists with TO_JSON_STRING"
            problems.append(Problem(files[row[0]], f"{name} is no JSON list", remedy, line=row[1] + 1, column=name))
    if problems:
        raise BadDelivery(problems)


def list_records(schema: pa.Schema, path: str, leaf: Leaf, fields: Sequence[str], needed: Sequence[str] = ()) -> str:
    """SQL of a list of records with `fields` as texts, from a list of structs or its JSON; null where it is null.

    Field names match whatever their case and underscores. Raises KeyError for a field of `needed` that is not there.
    """
    kind = _type_at(schema, path)
    if pa.types.is_null(kind) or (pa.types.is_list(kind) and pa.types.is_null(kind.value_type)):
        return f"cast(null as struct({', '.join(f'{field} varchar' for field in fields)})[])"
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        names = {_plain(field.name): field.name for field in kind.value_type}
        missing = [field for field in needed if _plain(field) not in names]
        if missing:
            raise KeyError(*missing)
        parts = {
            field: f"struct_extract(entry, {literal(names[_plain(field)])})" if _plain(field) in names else "null"
            for field in fields
        }
        source = leaf.sql
    elif pa.types.is_string(kind):
        parts = {field: _json_field(field) for field in fields}
        source = f"from_json({leaf.sql}, '[\"JSON\"]')"
    else:
        raise KeyError(*(needed or fields))
    packed = ", ".join(f"{field} := nullif(cast({sql} as varchar), '')" for field, sql in parts.items())
    return f"list_transform({source}, lambda entry: struct_pack({packed}))"


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


def _json_field(field: str) -> str:
    spelled = dict.fromkeys((field, "".join(word.capitalize() for word in field.split("_"))))
    texts = [f"json_extract_string(entry, '$.{name}')" for name in spelled]
    return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"


def is_text(schema: pa.Schema, path: str) -> bool:
    """Whether the values at a path are texts."""
    return bool(pa.types.is_string(_type_at(schema, path)))


def _type_at(schema: pa.Schema, path: str) -> pa.DataType:
    if path in schema.names:
        return schema.field(path).type
    head, _, rest = path.partition(".")
    kind = schema.field(head).type
    return kind.field(rest).type if pa.types.is_struct(kind) else kind


def tags(lists: Sequence[str]) -> str:
    """Lists of (key, value) merged into one JSON object as text; null where all are empty. The later key counts."""
    if not lists:
        return "cast(null as varchar) as tags_json"
    objects = [f"case when len({sql}) > 0 then {_object(sql)} else '{{}}' end" for sql in lists]
    return f"nullif(cast(json_merge_patch('{{}}', {', '.join(objects)}) as varchar), '{{}}') as tags_json"


def _object(sql: str) -> str:
    keys = f"list_transform({sql}, lambda label: label.key)"
    last = f"list_filter({sql}, lambda label, place: not list_contains({keys}[place + 1:], label.key))"
    unique = f"case when len(list_distinct({keys})) < len({keys}) then {last} else {sql} end"
    named = f"list_filter({unique}, lambda label: label.key is not null)"
    pairs = f"list_transform({named}, lambda label: struct_pack(k := label.key, v := label.value))"
    return f"to_json(map_from_entries({pairs}))"


def text_of(found: Mapping[str, Leaf], path: str) -> str:
    """SQL of a value as text; null where the files lack it."""
    leaf = found.get(path)
    return "cast(null as varchar)" if leaf is None else staging.CASTS["text", "text"].format(leaf.sql)
