"""FOCUS files of any provider, 1.0 to 1.4, as CSV, CSV.gz or Parquet: staged as exact text into one shape.

A CSV file is rewritten once as Parquet, so that rows have numbers and memory is bounded. What a value means is
decided in focus.sql; here it is only read, and refused where it cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import schemas
from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging, values
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.focus.config import KIND, MOMENTS, NAME, NEEDED, ROOM, WORDS
from pipelines.providers.focus.quirks import companions, manifests, text_files
from pipelines.providers.focus.quirks.macros import MACROS
from pipelines.providers.staging import Leaf, identifier, literal

DUMMY_NULL = "upper({0}) in ('NULL', '(NULL)')"
SHOWN = 20
NOTED = re.compile(r"note\('(\w+)'")


class FocusExport:
    """The FOCUS room: every provider without a room of its own, and the FOCUS exports of those that have one."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = ((KIND,),)
    amortizes = False

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every FOCUS delivery below `root`, one per billing account and month that a manifest names.

        Raises BadDelivery after the sound ones.
        """
        return manifests.find(root)

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create raw_focus: the rows of the delivery's account and month, every FOCUS column as exact text.

        x_Nulls lists the columns of a row whose null is spelled as a word.
        """
        staging.prepare(con, NAME)
        con.execute(MACROS)
        con.execute(_word_macros())
        delivery = deliveries[0]
        columns = _source_columns()
        files = [file for one in deliveries for file in companions.charge_files(one)]
        paths = [
            file.path if file.path.name.lower().endswith(".parquet") else _rewrite(con, file, scratch / f"{n}.parquet")
            for n, file in enumerate(files)
        ]
        selects = []
        floats: set[str] = set()
        for schema, ordinals in staging.parquet_groups(paths):
            leaves = _leaves(schema)
            companions.refuse(leaves, files[ordinals[0]].name)
            matched = staging.match_columns(list(leaves), columns, files[ordinals[0]].name)
            _refuse_nameless(matched, files[ordinals[0]].name)
            floats |= _floating_texts(schema, matched)
            relation, places = staging.parquet_relation(paths, ordinals)
            items = [*staging.select_items(matched, leaves), staging.extras_item(matched.extras, leaves), *places]
            selects.append(f"select {', '.join(items)} from {relation}")
        con.execute(f"create or replace view raw_texts as {' union all by name '.join(selects)}")
        names = [column.name for column in columns]
        con.execute(f"create or replace view raw_rows as {_without_words(con, names)}")
        _refuse_rows(con, delivery, _tests(floats), {number: file.name for number, file in enumerate(files)})
        con.execute(f"create or replace view raw_focus as {_own_rows(delivery)}")


def _source_columns() -> tuple[staging.SourceColumn, ...]:
    """columns.csv as the shared helpers read it: JSON is text to them."""
    columns = staging.source_columns(ROOM / "columns.csv")
    return tuple(replace(column, type="text") if column.type == "json" else column for column in columns)


def _word_macros() -> str:
    """word_<column>(x): the FOCUS word that x spells, null if it spells none."""
    lists = {column.id: column.values for column in schemas.dataset("cost_and_usage")}
    macros = []
    for name in WORDS:
        cases = " ".join(f"when squash({literal(word)}) then {literal(word)}" for word in lists[name])
        macros.append(f"create or replace macro word_{name}(x) as case squash(x) {cases} end;")
    categories = " ".join(f"when squash({literal(word)}) then {literal(word)}" for word in lists["ServiceCategory"])
    macros.append(f"create or replace macro word_ServiceCategory(x) as case squash(x) {categories} end;")
    return "\n".join(macros)


def _rewrite(con: duckdb.DuckDBPyConnection, file: SourceFile, target: Path) -> Path:
    """CSV -> Parquet of texts under the same headers, in file order."""
    headers = text_files.headers(file.path, file.name)
    relation = text_files.relation(file.path, headers)
    items = ", ".join(f"c{n} as {identifier(name)}" for n, name in enumerate(headers))
    written = con.execute(f"copy (select {items} from {relation}) to {literal(target)} {staging.SCRATCH}").fetchone()
    if file.rows is not None and (written is None or written[0] != file.rows):
        what = f"the file has {file.rows} lines, {written[0] if written else 0} could be read"
        raise BadDelivery(Problem(file.name, what, "fetch it again"))
    return target


def _leaves(schema: pa.Schema) -> dict[str, Leaf]:
    """How each column becomes exact text: nested values as JSON, moments with their zone, doubles by their digits."""
    leaves = {}
    for part in schema:
        name, kind = identifier(part.name), part.type
        if pa.types.is_floating(kind):
            leaves[part.name] = Leaf(f"case when not isnan({name}) then {name} end", "number")
        elif pa.types.is_decimal(kind) or pa.types.is_integer(kind):
            leaves[part.name] = Leaf(name, "number")
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            leaves[part.name] = Leaf(f"cast(cast({name} as timestamp) as varchar) || 'Z'")
        elif _is_pairs(kind):
            pairs = f"list_transform({name}, lambda pair: struct_pack(k := pair.key, v := pair.value))"
            leaves[part.name] = Leaf(f"cast(to_json(map_from_entries({pairs})) as varchar)")
        elif pa.types.is_nested(kind):
            leaves[part.name] = Leaf(f"cast(to_json({name}) as varchar)")
        else:
            leaves[part.name] = Leaf(name)
    return leaves


def _floating_texts(schema: pa.Schema, matched: staging.Matched) -> set[str]:
    """Ids and words that a file keeps as floating-point numbers: long ids have lost digits there."""
    floating = {part.name for part in schema if pa.types.is_floating(part.type)}
    return {column.name for column, headers in matched.columns if column.type == "text" and floating & set(headers)}


def _is_pairs(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_list(kind) else None
    return inner is not None and pa.types.is_struct(inner) and {field.name for field in inner} == {"key", "value"}


def _refuse_nameless(matched: staging.Matched, file: str) -> None:
    """Until FOCUS 1.3 the provider stands in ProviderName, since then in ServiceProviderName: one must be there."""
    found = {column.name for column, headers in matched.columns if headers}
    if not found & {"ServiceProviderName", "ProviderName"}:
        what = "required column ServiceProviderName (ProviderName until FOCUS 1.3) is missing"
        raise BadDelivery(Problem(file, what, "export again with this column", column="ServiceProviderName"))


def _without_words(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> str:
    """The rows of raw_texts with nulls that are spelled as a word made null; x_Nulls lists their columns.

    x_NullNotes holds the entries of x_Repairs for those that focus.sql writes no note about.
    """
    tests = ", ".join(f"coalesce(bool_or({DUMMY_NULL.format(identifier(name))}), false)" for name in names)
    found = con.execute(f"select {tests} from raw_texts").fetchone()
    assert found is not None
    spelled = [name for name, is_spelled in zip(names, found, strict=True) if is_spelled]
    if not spelled:
        return "select *, '' as x_Nulls, cast(null as varchar) as x_NullNotes from raw_texts"
    tidy = ", ".join(
        f"case when not {DUMMY_NULL.format(identifier(name))} then {identifier(name)} end as {identifier(name)}"
        for name in spelled
    )
    noted = set(NOTED.findall((ROOM / "focus.sql").read_text(encoding="utf-8")))
    lists, others = [], []
    for name in spelled:
        column = identifier(name)
        is_word = DUMMY_NULL.format(column)
        lists.append(f"case when {is_word} then {literal(f'{name}=')} || {column} || '|' end")
        if name not in noted:
            before, after = literal(f'"{name}":{{"was":"'), literal('","why":"null as a word"}')
            others.append(f"case when {is_word} then {before} || {column} || {after} end")
    notes = f"nullif(concat_ws(',', {', '.join(others)}), '')" if others else "cast(null as varchar)"
    return (
        f"select * replace ({tidy}), concat('|', {', '.join(lists)}) as x_Nulls, {notes} as x_NullNotes from raw_texts"
    )


def _own_rows(delivery: Delivery) -> str:
    """The rows of one account and month; one file may hold several."""
    attributes = delivery.attributes
    return (
        f"select *, {literal(delivery.provider)} as x_Provider, {literal(attributes['version'])} as x_Version, "
        f"nullif({literal(attributes.get('invoice', ''))}, '') as x_ManifestInvoice from raw_rows "
        f"where BillingAccountId = {literal(delivery.account)} "
        f"and strftime(moment(BillingPeriodStart), '%Y-%m') = {literal(delivery.period)}"
    )


def _tests(floats: Iterable[str]) -> list[values.RowTest]:
    """What makes a row one that cannot be billed; `floats` are texts that some file keeps as floating-point numbers."""
    tests = [values.RowTest(name, f"{name} is null", f"the row has no {name}") for name in NEEDED]
    tests += [
        values.RowTest(name, f"{name} is not null", f"{name} is kept as a floating-point number", "export it as text")
        for name in sorted(floats)
    ]
    for column in staging.source_columns(ROOM / "columns.csv"):
        if column.type == "decimal":
            name = identifier(column.name)
            condition = f"{name} is not null and {values.NOT_A['decimal'].format(name)}"
            tests.append(values.RowTest(column.name, condition, f"{column.name} is not a number that can be kept"))
    for name in MOMENTS:
        condition = f"{name} is not null and moment({name}) is null"
        tests.append(values.RowTest(name, condition, f"{name} is not a date and time"))
    for name in ("ChargeCategory", "CommitmentDiscountStatus"):
        condition = f"{name} is not null and word_{name}({name}) is null"
        tests.append(values.RowTest(name, condition, f"{name} is none of the words of FOCUS"))
    tests.append(
        values.RowTest(
            "BillingCurrency",
            "not regexp_full_match(BillingCurrency, '[A-Za-z]{3}')",
            "BillingCurrency is not a currency code",
        )
    )
    ends = "moment(ChargePeriodEnd) < moment(ChargePeriodStart)"
    return [*tests, values.RowTest("ChargePeriodEnd", ends, "the charge period ends before it starts")]


def _refuse_rows(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, tests: Iterable[values.RowTest], files: Mapping[int, str]
) -> None:
    """Raise BadDelivery for values that cannot be billed, and for rows of accounts or months not announced."""
    problems = values.bad_rows(con, "raw_rows", tests, files)
    if problems:
        raise BadDelivery(problems)
    found = con.execute(
        "select BillingAccountId, strftime(moment(BillingPeriodStart), '%Y-%m') as period, count(*)"
        " from raw_rows group by all order by all"
    ).fetchall()
    promised = set(delivery.attributes["holds"].split("\n"))
    strange = [row for row in found if f"{row[0]} {row[1]}" not in promised]
    name = files.get(0, str(delivery.manifest))
    problems = [
        Problem(
            name,
            f"{rows} rows of billing account {account} and month {period}, which the manifest does not name",
            "name every billingAccountId and billingPeriod of the files in the manifest",
            column="BillingAccountId",
        )
        for account, period, rows in strange[:SHOWN]
    ]
    if problems:
        raise BadDelivery(problems)
