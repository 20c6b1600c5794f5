"""AWS billing exports: CUR 2.0 Parquet and the legacy CUR as CSV, staged into one shape.

A legacy file is rewritten once as Parquet with the current column names, so one projection serves both.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.aws.config import KNOWN_FAMILIES, LINE_TYPES, MANIFESTS, NAME, ROOM, TAG_FAMILY
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.focus.quirks.manifests import is_aws_focus

MONTH_FOLDER = re.compile(r"(?:^|.*/)(?:\d{8}-\d{8}|BILLING_PERIOD=[^/]+)/")
STAMP = re.compile(r"\d{8}T\d{6}")
DISCOUNT_SUMS = ("discount_bundled_discount", "discount_total_discount")


class AwsExport:
    """The AWS room. Books the CUR 2.0 of a payer and month, or the legacy CUR where there is none."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = (("cur2",), ("cur",))
    amortizes = False
    maps_once = False

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
            leaves = staging.parquet_leaves(schema)
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
    return _cur2(manifest, content) if "executionId" in content or "dataFiles" in content else _cur(manifest, content)


def _cur2(manifest: Path, content: dict[str, Any]) -> Delivery:
    folders = {part.split("=")[0].upper(): part.split("=")[1] for part in manifest.parts if "=" in part}
    content.setdefault("billingPeriod", folders.get("BILLING_PERIOD"))
    content = _require(manifest, content, ("executionId", "billingPeriod", "payerAccountId", "dataFiles"))
    root = next((parent.parent for parent in manifest.parents if parent.name == "metadata"), manifest.parent)
    entries = staging.promised(content["dataFiles"], "key")
    return Delivery(
        provider=NAME,
        kind="cur2",
        account=str(content["payerAccountId"]),
        period=str(content["billingPeriod"])[:7],
        unit=str(content["payerAccountId"]),
        version=str(content["executionId"]),
        order=str(content.get("createdAt") or _stamp(str(content["executionId"]))),
        manifest=manifest,
        files=tuple(_file(root, key, rows, manifest) for key, rows in entries),
    )


def _cur(manifest: Path, content: dict[str, Any]) -> Delivery:
    content = _require(manifest, content, ("assemblyId", "billingPeriod", "account", "reportKeys"))
    start = str(content["billingPeriod"]["start"])
    return Delivery(
        provider=NAME,
        kind="cur",
        account=str(content["account"]),
        period=f"{start[:4]}-{start[4:6]}",
        unit=str(content["account"]),
        version=str(content["assemblyId"]),
        order=str(content.get("createdAt") or _stamp(str(content["assemblyId"]))),
        manifest=manifest,
        files=tuple(_file(manifest.parent, key, None, manifest) for key in content["reportKeys"]),
    )


def _require(manifest: Path, content: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    missing = [key for key in keys if not content.get(key)]
    if missing:
        raise BadDelivery(
            [
                Problem(str(manifest), f"the manifest has no {key}", "fetch the manifest again", column=key)
                for key in missing
            ]
        )
    return content


def _stamp(version: str) -> str:
    """Version folders that AWS names by time sort by it; other ids say nothing about order."""
    found = STAMP.match(version)
    return found.group() if found else ""


def _file(root: Path, key: str, rows: int | None, manifest: Path) -> SourceFile:
    """The data file of a manifest key: keys carry the bucket's prefix, the drop holds only their end.

    Its name starts below the month's folder, so copies of one manifest in several places name it alike.
    """
    key = re.sub(r"^s3://[^/]+/", "", key).strip("/")
    ends = [key[start.end() :] for start in re.finditer(r"^|/", key)]
    paths = [staging.child_path(root, end, manifest) for end in ends]
    path = next((path for path in paths if path.is_file()), paths[-1])
    return SourceFile(MONTH_FOLDER.split(key)[-1], path, rows)


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
    skipped = _unread(names, file)
    tags, discounts, items, seen = {}, {}, [], set()
    for name, column in zip(names, physical, strict=True):
        if name.lower().startswith(TAG_FAMILY):
            tags[name.partition("/")[2]] = column
        elif name.startswith("discount_") and name not in DISCOUNT_SUMS:
            discounts[name.removeprefix("discount_")] = column
        elif name not in skipped and name.casefold() not in seen:
            seen.add(name.casefold())
            items.append(f"{column} as {staging.identifier(name)}")
    maps = (("resource_tags", tags), ("discount", discounts))
    items += [f"{_map(fields)} as {name}" for name, fields in maps if fields]
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


def _unread(names: Sequence[str], file: SourceFile) -> set[str]:
    """Names that neither a column nor the extras take: not worth the parsing."""
    matched = staging.match_columns(names, staging.source_columns(ROOM / "columns.csv"), file.name)
    ignored = {header for column, headers in matched.columns if column.type == "ignored" for header in headers}
    return ignored | {header for header in matched.extras if header.lower().startswith(KNOWN_FAMILIES)}


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
