"""Cost Management's actual and amortized cost of one account and month, staged together as exact text.

The actual export says what is billed; the amortized one what commitments cost by their use. Neither alone can be
booked, and both must be of one state of the month: what no commitment covers costs the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.providers import staging, values
from pipelines.providers.azure.config import NAME as PROVIDER
from pipelines.providers.azure.quirks.cost_management import manifests
from pipelines.providers.azure.quirks.cost_management.config import AGAIN, MOMENTS, NAME, PAIR, ROOM
from pipelines.providers.export import Delivery, SourceFile
from pipelines.providers.focus.quirks import text_files
from pipelines.providers.focus.quirks.macros import MACROS
from pipelines.providers.staging import identifier, literal

# What makes a row one of a commitment; older exports have no PricingModel.
KIND = "lower(replace(ChargeType, ' ', ''))"
MODEL = "lower(replace(PricingModel, ' ', ''))"
COMMITTED = (
    f"{KIND} in ('unusedreservation', 'unusedsavingsplan') or coalesce({MODEL} in ('reservation', 'savingsplan'),"
    " ReservationId is not null or BenefitId is not null)"
)
# A commitment's use is booked from the amortized export, its purchase from the actual one: elsewhere they stand at 0.
BOOKED = (
    "case when IsActual then not IsCommitted or IsBought or money(Cost) <> 0"
    " else IsCommitted and (not IsBought or money(Cost) <> 0) end"
)


class CostManagementExport:
    """Reads the pair of cost exports of the Azure room."""

    name = NAME
    books: tuple[tuple[str, ...], ...] = (PAIR,)
    amortizes = False

    def find(self, root: Path) -> Iterator[Delivery]:
        """Every actual or amortized export below `root`, one delivery per account and month.

        Raises BadDelivery, after the sound ones, with every problem found.
        """
        return manifests.find(root)

    def stage(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], scratch: Path) -> None:
        """Create raw_cost: the rows of both exports, with IsActual, IsCommitted, IsBought and IsBooked.

        Raises BadDelivery for half a pair, for values that cannot be billed, and for exports of different states.
        """
        one = deliveries[0]
        missing = [kind for kind in PAIR if kind not in {delivery.kind for delivery in deliveries}]
        if missing:
            what = f"of {one.account} {one.period} only the {one.kind} cost is there, the {missing[0]} cost is missing"
            remedy = f"deliver the {missing[0]} cost export of the same month too: only both together can be booked"
            raise BadDelivery(Problem(str(one.manifest), what, remedy))
        staging.prepare(con, PROVIDER)
        con.execute(MACROS)
        files = [(delivery.kind, file) for delivery in deliveries for file in delivery.files]
        _raw_rows(con, files, scratch)
        names = {number: file.name for number, (_, file) in enumerate(files)}
        problems = values.bad_rows(con, "raw_rows", _tests(), names)
        if problems:
            raise BadDelivery(problems)
        con.execute(
            f"create or replace view raw_cost as select *, {BOOKED} as IsBooked from ("
            f"select *, {KIND} as Kind, coalesce({COMMITTED}, false) as IsCommitted,"
            f" {KIND} in ('purchase', 'refund') as IsBought from raw_rows"
            f" where {manifests.ACCOUNT} = {literal(one.account)} and {manifests.OWN} = {literal(one.period)})"
        )
        _refuse_unlike(con, one)


def _raw_rows(con: duckdb.DuckDBPyConnection, files: Sequence[tuple[str, SourceFile]], scratch: Path) -> None:
    """raw_rows: every row of all files, all columns of columns.csv as exact text, IsActual."""
    columns = staging.source_columns(ROOM / "columns.csv")
    paths = [
        file.path if file.path.name.lower().endswith(".parquet") else _rewrite(con, file, scratch / f"{number}.parquet")
        for number, (_, file) in enumerate(files)
    ]
    selects = []
    problems: list[Problem] = []
    for schema, ordinals in staging.parquet_groups(paths):
        leaves = staging.parquet_leaves(schema)
        try:
            matched = staging.match_columns(list(leaves), columns, files[ordinals[0]][1].name)
        except BadDelivery as error:
            problems += error.problems
            continue
        relation, places = staging.parquet_relation(paths, ordinals)
        items = [*staging.select_items(matched, leaves), staging.extras_item(matched.extras, leaves), *places]
        selects.append(f"select {', '.join(items)} from {relation}")
    if problems:
        raise BadDelivery(problems)
    actual = ", ".join(str(number) for number, (kind, _) in enumerate(files) if kind == PAIR[0])
    con.execute(
        f"create or replace view raw_rows as select *, x_SourceFile in ({actual}) as IsActual"
        f" from ({' union all by name '.join(selects)})"
    )


def _rewrite(con: duckdb.DuckDBPyConnection, file: SourceFile, target: Path) -> Path:
    """CSV -> Parquet of texts under the same headers, in file order."""
    target.parent.mkdir(parents=True, exist_ok=True)
    headers = text_files.headers(file.path, file.name)
    items = ", ".join(f"c{number} as {identifier(name)}" for number, name in enumerate(headers))
    relation = text_files.relation(file.path, headers)
    written = con.execute(f"copy (select {items} from {relation}) to {literal(target)} (format parquet)").fetchone()
    if file.rows is not None and (written is None or written[0] != file.rows):
        what = f"the file has {file.rows} lines, {written[0] if written else 0} could be read"
        raise BadDelivery(Problem(file.name, what, "fetch it again"))
    return target


def _tests() -> list[values.RowTest]:
    """What makes a row one that cannot be billed."""
    columns = staging.source_columns(ROOM / "columns.csv")
    tests = [
        values.RowTest(column.name, f"{column.name} is null", f"the row has no {column.name} ({column.meaning})")
        for column in columns
        if column.required
    ]
    for column in columns:
        if column.type == "decimal":
            condition = f"{column.name} is not null and {values.NOT_A['decimal'].format(column.name)}"
            tests.append(values.RowTest(column.name, condition, f"{column.name} is not a decimal that can be kept"))
    for name in MOMENTS:
        condition = f"{name} is not null and moment({name}) is null"
        tests.append(values.RowTest(name, condition, f"{name} is not a date"))
    return tests


def _refuse_unlike(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Raise BadDelivery where the exports differ on what no commitment covers: they are of different states."""
    rows = con.execute(
        "select upper(BillingCurrency) as currency, exact_total(case when IsActual then Cost end) as actual,"
        " exact_total(case when not IsActual then Cost end) as amortized from raw_cost where not IsCommitted"
        " group by currency having actual <> amortized order by currency"
    ).fetchall()
    problems = [
        Problem(
            str(delivery.manifest),
            f"the exports of {delivery.account} {delivery.period} are of different states: what no commitment covers "
            f"costs {actual.normalize():f} {currency} in the actual and {amortized.normalize():f} in the amortized one",
            AGAIN,
            column="Cost",
        )
        for currency, actual, amortized in rows
    ]
    if problems:
        raise BadDelivery(problems)
