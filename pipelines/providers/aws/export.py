"""AWS billing exports: CUR 2.0 and the legacy CUR, each as Parquet or CSV, staged into one shape.

A CSV file is rewritten once as Parquet with the current column names, so one projection serves all. A legacy report
has a column per tag, discount and product attribute; they are gathered into the maps that CUR 2.0 has.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.aws.config import (
    FAMILIES,
    KNOWN_FAMILIES,
    LINE_TYPES,
    MANIFESTS,
    NAME,
    PRODUCT_KEYS,
    ROOM,
    TAG_FAMILY,
)
from pipelines.providers.aws.quirks import manifests
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.focus.quirks.manifests import is_aws_focus

MAPS = ("resource_tags", "discount", "product", "cost_category", "tags")
"""Maps of CUR 2.0; a CSV file has them as JSON text."""


class AwsExport:
    """The AWS room. Books the CUR 2.0 of a payer and month, or the legacy CUR where there is none."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = (("cur2",), ("cur",))
    amortizes = False

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every delivery below `root`, read from manifests only. Raises BadDelivery after the sound ones."""
        return staging.each(staging.find_manifests(root, MANIFESTS), _read_delivery)

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create raw_cur: one row per line item, CUR 2.0 names, amounts as exact text."""
        staging.prepare(con, NAME)
        columns = staging.source_columns(ROOM / "columns.csv")
        files = [file for delivery in deliveries for file in delivery.files]
        paths = [
            file.path if file.path.name.lower().endswith(".parquet") else _rewrite(con, file, scratch / f"{n}.parquet")
            for n, file in enumerate(files)
        ]
        selects = []
        for schema, ordinals in staging.parquet_groups(paths):
            leaves = _gathered(staging.parquet_leaves(schema), columns)
            matched = staging.match_columns(list(leaves), columns, files[ordinals[0]].name)
            relation, places = staging.parquet_relation(paths, ordinals)
            extras = [header for header in matched.extras if not header.lower().startswith(KNOWN_FAMILIES)]
            items = [*staging.select_items(matched, leaves), staging.extras_item(extras, leaves), *places]
            selects.append(f"select {', '.join(items)} from {relation}")
        con.execute(f"create or replace view raw_cur as {' union all by name '.join(selects)}")
        _check(con, deliveries)


def _read_delivery(manifest: Path) -> Delivery | None:
    content = staging.read_manifest(manifest)
    if is_aws_focus(manifest, content):
        return None  # the FOCUS room reads it
    is_current = "executionId" in content or "dataFiles" in content
    return manifests.cur2(manifest, content) if is_current else manifests.cur(manifest, content)


def current_name(header: str) -> str:
    """The CUR 2.0 name of a legacy header: lineItem/UsageType -> line_item_usage_type. Tags keep their case."""
    family, slash, name = header.strip().partition("/")
    if not slash or f"{family}/".lower() in (TAG_FAMILY, "costcategory/"):
        return header.strip()
    return "_".join(re.sub(r"(?<!^)(?=[A-Z])", "_", part).lower() for part in (family, name))


def _rewrite(con: duckdb.DuckDBPyConnection, file: SourceFile, target: Path) -> Path:
    """Legacy CSV -> Parquet of texts in file order; tags and discounts gathered into maps."""
    headers = _headers(file)
    names = [current_name(header) for header in headers]
    physical = [f"c{position}" for position in range(len(names))]
    types = ", ".join(f"{staging.literal(name)}: 'varchar'" for name in physical)
    claimed, ignored = _claims(names, file)
    families: dict[str, dict[str, str]] = {}
    items, seen = [], set()
    for name, column in zip(names, physical, strict=True):
        family = None if name in claimed else _family(name)
        if name.casefold() in MAPS:
            items.append(f"cast(cast(nullif({column}, '') as json) as map(varchar, varchar)) as {name.casefold()}")
        elif family:
            families.setdefault(family[0], {}).setdefault(family[1], column)
        elif name not in ignored and name.casefold() not in seen:
            seen.add(name.casefold())
            items.append(f"{column} as {staging.identifier(name)}")
    items += [f"{_map(fields)} as {name}" for name, fields in families.items()]
    source = (
        f"read_csv({staging.literal(file.path)}, auto_detect = false, header = false, skip = 1, delim = ',', "
        f"quote = '\"', escape = '\"', strict_mode = true, null_padding = false, columns = {{{types}}})"
    )
    query = f"copy (select {', '.join(items)} from {source}) to {staging.literal(target)} {staging.SCRATCH}"
    written = con.execute(query).fetchone()
    if file.rows is not None and (written is None or written[0] != file.rows):
        what = f"the file has {file.rows} lines, {written[0] if written else 0} could be read"
        raise BadDelivery(Problem(file.name, what, "fetch it again"))
    return target


def _claims(names: Sequence[str], file: SourceFile) -> tuple[set[str], set[str]]:
    """Names that columns.csv knows, and those of them, and of families nobody reads, that are not worth the parsing."""
    matched = staging.match_columns(names, staging.source_columns(ROOM / "columns.csv"), file.name)
    claimed = {header for _, headers in matched.columns for header in headers}
    ignored = {header for column, headers in matched.columns if column.type == "ignored" for header in headers}
    return claimed, ignored | {name for name in matched.extras if name.lower().startswith(KNOWN_FAMILIES)}


def _family(name: str) -> tuple[str, str] | None:
    """(map, key) of a legacy column that is a key of a map in CUR 2.0: a tag, a discount, a product attribute."""
    for prefix, family in FAMILIES.items():
        key = name[len(prefix) :]
        if name.lower().startswith(prefix) and (family != "product" or key in PRODUCT_KEYS):
            return family, key
    return None


def _gathered(leaves: dict[str, staging.Leaf], columns: Sequence[staging.SourceColumn]) -> dict[str, staging.Leaf]:
    """The values of a Parquet file, with its families as maps where it has a column per key."""
    known = {alias.casefold() for column in columns for alias in (column.name, *column.aliases)}
    families: dict[str, dict[str, str]] = {}
    for header, leaf in leaves.items():
        family = None if header.casefold() in known else _family(header)
        if family and family[0] not in leaves:
            families.setdefault(family[0], {}).setdefault(family[1], f"nullif(cast({leaf.sql} as varchar), '')")
    return {**leaves, **{name: staging.Leaf(_map(fields)) for name, fields in families.items()}}


def _headers(file: SourceFile) -> list[str]:
    opener = gzip.open if file.path.name.lower().endswith(".gz") else open
    with opener(file.path, "rt", encoding="utf-8-sig", newline="") as stream:
        headers = next(csv.reader(stream), [])
    if not headers:
        raise BadDelivery(Problem(file.name, "the file has no header line", "fetch it again"))
    return headers


def _map(fields: dict[str, str]) -> str:
    keys = ", ".join(staging.literal(key) for key in fields)
    return f"map([{keys}], [{', '.join(fields.values())}])"


def _check(con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
    """What one look at the small columns can refuse: other months or payers, unknown lines, mixed currencies."""
    name, expected = deliveries[0].files[0].name if deliveries[0].files else str(deliveries[0].manifest), deliveries[0]
    rows = con.execute(
        "select distinct bill_payer_account_id, strftime(bill_billing_period_start_date, '%Y-%m'),"
        " line_item_currency_code, line_item_line_item_type from raw_cur"
    ).fetchall()
    problems = []
    for place, found, wanted in (("payer account", 0, expected.account), ("billing period", 1, expected.period)):
        for value in sorted({str(row[found]) for row in rows} - {wanted}):
            problems.append(Problem(name, f"rows of {place} {value} in the bill of {wanted}", "fetch the right export"))
    for value in sorted({str(row[3]) for row in rows} - LINE_TYPES):
        problems.append(
            Problem(
                name,
                f"line item type {value!r} has no booking rule",
                "add it to aws/config.py and aws/focus.sql",
                column="line_item_line_item_type",
            )
        )
    currencies = sorted({str(row[2]) for row in rows})
    if len(currencies) > 1:
        problems.append(
            Problem(
                name,
                f"one bill mixes the currencies {', '.join(currencies)}",
                "ask for a delivery with one currency per bill",
                column="line_item_currency_code",
            )
        )
    if problems:
        raise BadDelivery(problems)
