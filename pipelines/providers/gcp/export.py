"""Google Cloud billing exports of BigQuery, one shape: rebilling, detailed, standard, offline orders, FOCUS.

BigQuery records are opened by name; credits stay a list of (type, id, name, full_name, amount as exact text) that
focus.sql turns into rows. How each kind of file holds records and lists is in quirks/shapes.py; what FOCUS tables call
them in quirks/focus_files.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.gcp.config import (
    COST_TYPES,
    FOCUS_EXPORT,
    FOCUS_VIEW,
    LABEL_COLUMNS,
    MANIFESTS,
    NAME,
    OFFLINE,
    ROOM,
    TABLES,
    TAG_SOURCES,
    VIEW_VERSION,
)
from pipelines.providers.gcp.quirks import focus_files, shapes

REQUIRED = ("table", "exportId", "parentAccount", "invoiceMonth", "maxExportTime", "files")
LISTS = frozenset(
    """credits labels tags system_labels project.labels project_labels adjustmentsinfo adjustments_info x_credits
    x_labels x_projectlabels x_systemlabels x_tags""".split()
)
"""Columns that are lists, in small letters: in files of texts they are JSON."""
CREDIT_FIELDS = ("type", "id", "name", "full_name", "amount")
ADJUSTMENT_FIELDS = ("id", "type", "mode", "description")


class GcpExport:
    """The Google Cloud room. Books the fullest export of a parent account and month, and its offline orders."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = tuple(
        (kind,) for kind in ("rebilling", "detailed", "standard", FOCUS_EXPORT, FOCUS_VIEW, OFFLINE)
    )
    amortizes = True

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every delivery below `root`, read from manifests only. Raises BadDelivery after the sound ones."""
        return staging.each(staging.find_manifests(root, MANIFESTS), _read_delivery)

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create raw_gcp: one row per exported row, records opened, amounts as exact text.

        `given` holds what a FOCUS table says of a row, null for the others.
        """
        staging.prepare(con, NAME)
        con.execute((ROOM / "quirks" / "macros.sql").read_text(encoding="utf-8"))
        con.execute(
            "create or replace table raw_regions as select * from read_csv("
            f"{staging.literal(ROOM / 'quirks' / 'regions.csv')}, header = true, all_varchar = true)"
        )
        files = [file for delivery in deliveries for file in delivery.files]
        paths = shapes.all_parquet(con, files, scratch)
        columns = [
            # Offline orders have no credits, and JSON leaves out what is null.
            replace(one, required=False) if (deliveries[0].kind, one.name) == (OFFLINE, "credits") else one
            for one in staging.source_columns(ROOM / "columns.csv")
        ]
        records = sorted({alias.partition(".")[0] for one in columns for alias in one.aliases if "." in alias})
        selects = []
        for schema, ordinals in staging.parquet_groups(paths):
            relation, places = staging.parquet_relation(paths, ordinals)
            leaves = shapes.leaves(con, schema, relation, [*records, "x_Project"])
            lists = {name: leaf for name, leaf in leaves.items() if name.casefold() in LISTS}
            texts = {name: leaf for name, leaf in lists.items() if shapes.is_text(schema, name)}
            shapes.refuse_loose_lists(con, relation, places, texts, [file.name for file in files])
            group = _Group(files[ordinals[0]].name, deliveries[0], schema, leaves)
            selects.append(f"select {', '.join([*group.items(columns), *places])} from {relation}")
        con.execute(f"create or replace view raw_gcp as {' union all by name '.join(selects)}")
        _check(con, deliveries[0])


@dataclass(frozen=True)
class _Group:
    """Files of one schema, and how their values are read."""

    file: str
    delivery: Delivery
    schema: pa.Schema
    leaves: Mapping[str, staging.Leaf]

    def items(self, columns: Sequence[staging.SourceColumn]) -> list[str]:
        """The select items of raw_gcp, but for the place of a row."""
        kind, attributes = self.delivery.kind, self.delivery.attributes
        leaves = focus_files.source_leaves(kind, self.leaves, self.file)
        leaves.update(self._adjustments(leaves))
        named = leaves if kind not in focus_files.KINDS else {"cost": staging.Leaf("null"), **leaves}
        matched = staging.match_columns(list(named), columns, self.file)
        found = {column.name: headers[0] for column, headers in matched.columns if headers}
        plain = tuple(pair for pair in matched.columns if pair[0].type != "native" and pair[0].name != "cost")
        taken = f"cast(null as struct({', '.join(f'{field} varchar' for field in CREDIT_FIELDS)})[])"
        if "credits" in found:
            taken = self._records(leaves[found["credits"]], CREDIT_FIELDS, "credits", ("type", "amount"))
        own_cost = staging.select_items(
            staging.Matched(tuple(pair for pair in matched.columns if pair[0].name == "cost"), ()), named
        )[0].removesuffix(' as "cost"')
        lists = {name: leaves[found[name]] for name in (*LABEL_COLUMNS, "system_labels") if name in found}
        return [
            *staging.select_items(staging.Matched(plain, matched.extras), leaves),
            f"{focus_files.cost(kind, self.leaves, taken, own_cost)} as cost",
            f"{taken} as credits",
            self._tags({name: leaf for name, leaf in lists.items() if name != "system_labels"}),
            self._labels(lists.get("system_labels")),
            focus_files.given(kind, self.leaves),
            f"{'true' if kind == FOCUS_VIEW else 'false'} as is_view",
            f"{staging.literal(self.delivery.account)} as parent_account_id",
            f"nullif({staging.literal(attributes.get('account_name', ''))}, '') as parent_account_name",
            staging.extras_item(matched.extras, leaves),
        ]

    def _records(
        self, leaf: staging.Leaf, fields: Sequence[str], column: str, needed: Sequence[str] = ("key", "value")
    ) -> str:
        path = next(path for path, one in self.leaves.items() if one.sql == leaf.sql)
        try:
            return shapes.list_records(self.schema, path, leaf, fields, needed)
        except KeyError as error:
            raise BadDelivery(
                [
                    Problem(
                        self.file,
                        f"{column} have no field {name}",
                        f"export the {column} as a list of records",
                        column=column,
                    )
                    for name in error.args
                ]
            ) from error

    def _adjustments(self, leaves: Mapping[str, staging.Leaf]) -> dict[str, staging.Leaf]:
        """The rebilling export has a list of adjustments where the detailed one has a record: take its first."""
        found = [leaf for path, leaf in leaves.items() if path.casefold() in ("adjustmentsinfo", "adjustments_info")]
        names = [f"adjustment_{field}" for field in ADJUSTMENT_FIELDS]
        return {
            f"adjustment_info.{field}": staging.Leaf(f"struct_extract(list_extract({sql}, 1), 'adjustment_{field}')")
            for sql in (self._records(leaf, names, "adjustmentsInfo", ()) for leaf in found)
            for field in ADJUSTMENT_FIELDS
        }

    def _tags(self, lists: Mapping[str, staging.Leaf]) -> str:
        if self.delivery.kind != FOCUS_VIEW:
            return shapes.tags([self._records(leaf, ("key", "value"), name) for name, leaf in lists.items()])
        gathered = [self._records(leaf, ("key", "value", "x_type"), name) for name, leaf in lists.items()]
        return shapes.tags(
            [
                f"list_filter({sql}, lambda label: label.x_type = '{source}')"
                for sql in gathered
                for source in TAG_SOURCES
            ]
        )

    def _labels(self, leaf: staging.Leaf | None) -> str:
        """Whether Google notes that the row is of a reservation that nobody used."""
        if leaf is None:
            return "false as is_unused_reservation"
        sql = self._records(leaf, ("key", "value"), "system_labels")
        test = "label.key = 'compute.googleapis.com/is_unused_reservation' and label.value = 'true'"
        return f"coalesce(len(list_filter({sql}, lambda label: {test})) > 0, false) as is_unused_reservation"


def _read_delivery(manifest: Path) -> Delivery:
    content = staging.read_manifest(manifest, REQUIRED)
    table = str(content["table"]).split(".")[-1]
    kind = next((kind for start, kind in TABLES if table.startswith(start)), None)
    if kind is None and content.get("focusVersion"):
        kind = FOCUS_VIEW
        if str(content["focusVersion"]) != VIEW_VERSION:
            what = f"Google's FOCUS view of version {content['focusVersion']} is not read"
            raise BadDelivery(Problem(str(manifest), what, f"export version {VIEW_VERSION}", column="focusVersion"))
    if kind is None:
        raise BadDelivery(
            Problem(
                str(manifest),
                f"{table!r} is not a billing export table",
                f"export {' or '.join(start for start, _ in TABLES)}; for Google's FOCUS view set focusVersion",
                column="table",
            )
        )
    month, parent = str(content["invoiceMonth"]), str(content["parentAccount"])
    files = staging.promised(content["files"], "name")
    return Delivery(
        provider=NAME,
        kind=kind,
        account=parent,
        period=f"{month[:4]}-{month[4:6]}",
        # Offline orders stand in no other table: they are booked beside it.
        unit=f"{parent} offline orders" if kind == OFFLINE else parent,
        version=str(content["exportId"]),
        order=str(content["maxExportTime"]),
        manifest=manifest,
        files=tuple(
            SourceFile(name, staging.child_path(manifest.parent, name, manifest), rows) for name, rows in files
        ),
        rows=None if content.get("rowCount") is None else int(content["rowCount"]),
        # Google numbers no invoice in its rows: a month is final once its invoice is known.
        attributes={"finality": "control_invoice", "account_name": str(content.get("parentAccountName") or "")},
    )


def _check(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """What one look at the small columns can refuse: other months or parents, unknown kinds of row."""
    name = delivery.files[0].name if delivery.files else str(delivery.manifest)
    rows = con.execute(
        "select distinct coalesce(payer_billing_account_id, parent_account_id), invoice_month, cost_type, currency"
        " from raw_gcp"
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
    if any(row[3] is None for row in rows):
        problems.append(Problem(name, "rows without a currency", "export the month again", column="currency"))
    if problems:
        raise BadDelivery(problems)
