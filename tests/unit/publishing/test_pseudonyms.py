from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.lake import connect
from pipelines.publishing.pseudonyms import joins, mount_pseudonyms, name_of, name_or_text

ROWS = """
create table rows (InvoiceDetailId varchar, CommitmentDiscountId varchar, CapacityReservationId varchar,
    ResourceId varchar, ChargePeriodStart timestamp, PricingQuantity decimal(38, 12), ConsumedQuantity decimal(38, 12),
    x_OwnsCommitment boolean);
insert into rows values
    ('one', '{first}', null, 'vm-1', '2026-10-01', 1, 1, false),
    ('one', '{second}', 'r', 'vm-2', '2026-10-02', 1, 1, null),
    ('one', 'mine', null, 'mine', '2026-10-02', 1, 1, true),
    ('two', '{second}', null, 'vm-3', '2026-10-02', 1, 1, false),
    ('two', null, null, '{first}', '2026-10-03', 1, 1, false);
create table lines (EdgeNo integer, LineNo integer, InvoiceDetailId varchar, IsWhiteLabel boolean);
insert into lines values (0, 0, 'one', false), (1, 1, 'two', false);
"""
NAMED = {"CommitmentDiscountId": False, "CapacityReservationId": False, "ResourceId": True}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as found:
        yield found


def named(con: duckdb.DuckDBPyConnection, first: str, second: str) -> list[tuple[object, ...]]:
    con.execute(ROWS.format(first=first, second=second))
    mount_pseudonyms(con, "rows")
    return con.execute(
        f"select l.EdgeNo, {name_of('CommitmentDiscountId')}, {name_of('CapacityReservationId')}, "
        f"{name_or_text('ResourceId', 'd.ResourceId')} from rows as d "
        f"inner join lines as l using (InvoiceDetailId) {joins(NAMED)} "
        "order by l.LineNo, d.ChargePeriodStart, d.ResourceId"
    ).fetchall()


@pytest.mark.parametrize("ids", [("a", "b"), ("b", "a"), ("x/9", "x/1")], ids="-".join)
def test_names_follow_the_rows_not_the_ids(con: duckdb.DuckDBPyConnection, ids: tuple[str, str]) -> None:
    assert named(con, *ids) == [
        (0, "commitment-1", None, "vm-1"),
        (0, "mine", None, "mine"),
        (0, "commitment-2", "reservation-1", "vm-2"),
        (1, "commitment-1", None, "vm-3"),
        (1, None, None, "commitment"),
    ]


def test_white_label_names_no_id_of_a_provider(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(ROWS.format(first="a", second="b") + "update lines set IsWhiteLabel = true")
    mount_pseudonyms(con, "rows")
    own = con.execute("select Name from commitment_names where NameOf = 'mine'").fetchall()
    assert own == [("commitment-3",)]


def test_without_commitments_there_are_no_names(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(ROWS.format(first="a", second="b") + "delete from rows")
    mount_pseudonyms(con, "rows")
    assert con.execute("select * from commitment_names").fetchall() == []
    assert con.execute("select * from commitment_ids").fetchall() == []
