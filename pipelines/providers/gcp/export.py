"""Google Cloud billing exports as Parquet: the reseller rebilling export and the detailed export, one shape.

BigQuery records arrive as structs and lists. Structs are opened by name; credits stay a list of
(type, id, name, amount as exact text) that focus.sql turns into rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.gcp.config import COST_TYPES, LABEL_COLUMNS, MANIFESTS, NAME, ROOM, TABLES

REQUIRED = ("table", "exportId", "parentAccount", "invoiceMonth", "maxExportTime", "files")
CREDIT_FIELDS = ("type", "id", "name", "amount")


class GcpExport:
    """The Google Cloud room. Books the rebilling export of a parent account and month, else the detailed one."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = (("rebilling",), ("detailed",))
    amortizes = True
    maps_once = False

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every delivery below `root`, read from manifests only. Raises BadDelivery after the sound ones."""
        return staging.each(staging.find_manifests(root, MANIFESTS), _read_delivery)

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create raw_gcp: one row per exported row, structs opened, amounts as exact text."""
        staging.prepare(con, NAME)
        del scratch
        columns = staging.source_columns(ROOM / "columns.csv")
        files = [file for delivery in deliveries for file in delivery.files]
        paths = [file.path for file in files]
        selects = []
        for schema, ordinals in staging.parquet_groups(paths):
            leaves = staging.parquet_leaves(schema)
            leaves.update(_adjustments(leaves))
            matched = staging.match_columns(list(leaves), columns, files[ordinals[0]].name)
            relation, places = staging.parquet_relation(paths, ordinals)
            found = {column.name: headers[0] for column, headers in matched.columns if headers}
            plain = staging.Matched(tuple(pair for pair in matched.columns if pair[0].type != "native"), matched.extras)
            items = [
                *staging.select_items(plain, leaves),
                _credits(schema, leaves[found["credits"]].sql, files[ordinals[0]].name),
                _tags([leaves[found[name]].sql for name in LABEL_COLUMNS if name in found]),
                f"{staging.literal(deliveries[0].account)} as parent_account_id",
                staging.extras_item(matched.extras, leaves),
                *places,
            ]
            selects.append(f"select {', '.join(items)} from {relation}")
        con.execute(f"create or replace view raw_gcp as {' union all by name '.join(selects)}")
        _check(con, deliveries[0])


def _read_delivery(manifest: Path) -> Delivery:
    content = staging.read_manifest(manifest, REQUIRED)
    table = str(content["table"]).split(".")[-1]
    kind = next((kind for start, kind in TABLES if table.startswith(start)), None)
    if kind is None:
        raise BadDelivery(
            Problem(
                str(manifest),
                f"{table!r} is not a billing export table",
                f"export {' or '.join(start for start, _ in TABLES)}",
                column="table",
            )
        )
    month = str(content["invoiceMonth"])
    files = staging.promised(content["files"], "name")
    return Delivery(
        provider=NAME,
        kind=kind,
        account=str(content["parentAccount"]),
        period=f"{month[:4]}-{month[4:6]}",
        unit=str(content["parentAccount"]),
        version=str(content["exportId"]),
        order=str(content["maxExportTime"]),
        manifest=manifest,
        files=tuple(
            SourceFile(name, staging.child_path(manifest.parent, name, manifest), rows) for name, rows in files
        ),
        rows=None if content.get("rowCount") is None else int(content["rowCount"]),
        # Google numbers no invoice in its rows: a month is final once its invoice is known.
        attributes={"finality": "control_invoice"},
    )


def _adjustments(leaves: Mapping[str, staging.Leaf]) -> dict[str, staging.Leaf]:
    """The rebilling export has a list of adjustments where the detailed one has a record: take its first."""
    lists = [leaf.sql for path, leaf in leaves.items() if path.casefold() in ("adjustmentsinfo", "adjustments_info")]
    return {
        f"adjustment_info.{field}": staging.Leaf(f"struct_extract(list_extract({sql}, 1), 'adjustment_{field}')")
        for sql in lists
        for field in ("id", "type", "mode", "description")
    }


def _credits(schema: pa.Schema, sql: str, file: str) -> str:
    kind = schema.field("credits").type
    fields = (
        [field.name for field in kind.value_type]
        if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)
        else []
    )
    missing = [name for name in ("type", "amount") if name not in fields]
    if missing:
        raise BadDelivery(
            [
                Problem(
                    file, f"credits have no field {name}", "export the credits as a list of records", column="credits"
                )
                for name in missing
            ]
        )
    parts = [
        f"{name} := nullif(cast({f'credit.{name}' if name in fields else 'null'} as varchar), '')"
        for name in CREDIT_FIELDS
    ]
    return f"list_transform({sql}, lambda credit: struct_pack({', '.join(parts)})) as credits"


def _tags(lists: Sequence[str]) -> str:
    """Lists of (key, value) merged into one JSON object as text; null where all are empty."""
    if not lists:
        return "cast(null as varchar) as tags_json"
    objects = [
        f"case when len({sql}) > 0 then to_json(map_from_entries(list_transform({sql}, "
        "lambda label: struct_pack(k := label.key, v := label.value)))) else '{}' end"
        for sql in lists
    ]
    return f"nullif(cast(json_merge_patch('{{}}', {', '.join(objects)}) as varchar), '{{}}') as tags_json"


def _check(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """What one look at the small columns can refuse: other months or parents, unknown kinds of row."""
    name = delivery.files[0].name if delivery.files else str(delivery.manifest)
    rows = con.execute(
        "select distinct coalesce(payer_billing_account_id, parent_account_id), invoice_month, cost_type from raw_gcp"
    ).fetchall()
    problems = []
    month = delivery.period.replace("-", "")
    for place, found, wanted in (("parent account", 0, delivery.account), ("invoice month", 1, month)):
        for value in sorted({str(row[found]) for row in rows} - {wanted}):
            what = f"rows of {place} {value} in the export of {wanted}"
            problems.append(Problem(name, what, "export the month again"))
    for value in sorted({str(row[2]) for row in rows} - COST_TYPES):
        problems.append(
            Problem(
                name,
                f"cost type {value!r} has no booking rule",
                "add it to gcp/config.py and gcp/focus.sql",
                column="cost_type",
            )
        )
    if problems:
        raise BadDelivery(problems)
