"""Slices: typed as the schemas say, keyed densely, in a fixed order, and never off by a digit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.errors import BadDelivery
from pipelines.lake import connect
from pipelines.money import Decimal
from pipelines.providers import charges, slices
from pipelines.schemas import rate_key_columns, slice_columns

INFO = slices.SliceInfo("s1", "aws", "a", "2026-10", "u", "v1", "m", ())
TOTALS = "select 'I' as InvoiceId, 'USD' as BillingCurrency, {net} as Net, {tax} as Tax, 3 as Rows"
DEFAULTS = {
    "InvoiceId": "'I'",
    "BillingCurrency": "'USD'",
    "ChargeCategory": "'Usage'",
    "x_SourceFile": "0",
    "x_SourcePart": "0",
}


def focus(rows: int = 3, **columns: str) -> str:
    """A focus query of `rows` charges n = 0..; the mandatory columns get something."""
    items = []
    for column in slice_columns():
        if column.id == "x_RateKey":
            continue
        fallback = (
            "null"
            if column.nulls
            else {"VARCHAR": "'x'", "TIMESTAMP": "timestamp '2026-10-01'"}.get(column.storage, "1")
        )
        items.append(f"{columns.get(column.id, DEFAULTS.get(column.id, fallback))} as {column.id}")
    return f"select {', '.join(items)} from range({rows}) as t(n)".replace("1 as x_SourceRow", "n as x_SourceRow")


def write(folder: Path, focus_sql: str, net: str = "3", tax: str = "0") -> int:
    return slices.write_slice(connect(), folder, INFO, focus_sql, TOTALS.format(net=net, tax=tax))


def test_columns_types_and_record_are_as_promised(tmp_path: Path) -> None:
    assert write(tmp_path, focus()) == 3
    con = connect()
    found = con.execute(f"describe select * from read_parquet('{tmp_path}/charges.parquet')").fetchall()
    assert [(row[0], row[1]) for row in found] == [(column.id, column.storage) for column in slice_columns()]
    keys = con.execute(f"describe select * from read_parquet('{tmp_path}/keys.parquet')").fetchall()
    assert [row[0] for row in keys] == ["x_RateKey", *rate_key_columns()]
    record = json.loads((tmp_path / "slice.json").read_text())
    assert record["RawTotals"] == [
        {"InvoiceId": "I", "BillingCurrency": "USD", "Net": "3", "Tax": "0", "Rows": 3, "Beyond12": "0"}
    ]
    assert (record["RowCount"], record["IsFinal"], record["ChargeDateMin"]) == (3, True, "2026-10-01")


def test_rate_keys_are_dense_and_ordered_with_nulls_last(tmp_path: Path) -> None:
    write(tmp_path, focus(6, SkuId="case n % 3 when 0 then null when 1 then 'b' else 'a' end"), "6")
    con = connect()
    keys = con.execute(f"select x_RateKey, SkuId from read_parquet('{tmp_path}/keys.parquet')").fetchall()
    assert keys == [(0, "a"), (1, "b"), (2, None)]
    wrong = con.execute(
        f"select count(*) from read_parquet('{tmp_path}/charges.parquet') as c"
        f" inner join read_parquet('{tmp_path}/keys.parquet') as k using (x_RateKey)"
        " where c.SkuId is distinct from k.SkuId"
    ).fetchone()
    assert wrong == (0,)


def test_rows_are_clustered_and_the_same_every_time(tmp_path: Path) -> None:
    query = focus(
        200_000,
        SubAccountId="case when n % 5 < 4 then 's' || n % 5 end",
        ResourceId="case when n % 7 < 6 then 'r' || n % 7 end",
        RegionId="case when n > 190000 then 'late' end",
        ChargePeriodStart="timestamp '2026-10-01' + interval (n * 7919 % 31) day",
        SkuId="'k' || n % 11",
        ChargeDescription="'line ' || n",
        Tags="case when n % 3 = 0 then '{}' end",
        BilledCost="n * 0.01",
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    total = str(Decimal("0.01") * (200_000 * 199_999 // 2))
    write(tmp_path / "a", query, total)
    slices.write_slice(connect(threads=1), tmp_path / "b", INFO, query, TOTALS.format(net=total, tax="0"))
    con = connect(threads=1)
    order = ", ".join(f"{name} nulls last" for name in charges.ORDER)
    for name in ("a", "b"):
        read = f"read_parquet('{tmp_path / name}/charges.parquet', file_row_number = true)"
        off = con.execute(
            f"select count(*) from (select file_row_number as n, row_number() over (order by {order}) - 1 as place"
            f" from {read}) where n <> place"
        ).fetchone()
        assert off == (0,)
    same = con.execute(
        f"select count(*) from read_parquet('{tmp_path}/a/charges.parquet', file_row_number = true) as a"
        f" inner join read_parquet('{tmp_path}/b/charges.parquet', file_row_number = true) as b using (file_row_number)"
        f" where {' or '.join(f'a.{column.id} is distinct from b.{column.id}' for column in slice_columns())}"
    ).fetchone()
    assert same == (0,)


@pytest.mark.parametrize(
    ("net", "tax"),
    [("3.000000000001", "0"), ("2", "1"), ("3", "0.5"), ("cast('3.000000000000000000000001' as decimal(38,24))", "0")],
)
def test_charges_that_miss_the_delivery_by_a_digit_are_refused(tmp_path: Path, net: str, tax: str) -> None:
    with pytest.raises(BadDelivery, match="loses or invents money"):
        write(tmp_path, focus(), net, tax)
    assert not (tmp_path / "slice.json").exists()


def test_what_lies_beyond_twelve_decimals_is_accounted_for(tmp_path: Path) -> None:
    tail = "0.000000000000500000000001"
    net = f"cast('3{tail[1:]}' as decimal(38,24))"
    totals = TOTALS.format(net=net, tax="0") + f", cast('{tail}' as decimal(38,24)) as Beyond12"
    assert slices.write_slice(connect(), tmp_path, INFO, focus(), totals) == 3


def test_tax_is_compared_apart(tmp_path: Path) -> None:
    assert write(tmp_path, focus(ChargeCategory="case when n = 0 then 'Tax' else 'Usage' end"), "2", "1") == 3


def test_an_invoice_that_the_delivery_does_not_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDelivery, match="invoice J"):
        write(tmp_path, focus(InvoiceId="case when n = 0 then 'J' else 'I' end"), "2")


def test_two_currencies_of_one_invoice_are_refused(tmp_path: Path) -> None:
    totals = f"{TOTALS.format(net=3, tax=0)} union all {TOTALS.format(net=0, tax=0).replace('USD', 'EUR')}"
    with pytest.raises(BadDelivery, match="mixes the currencies EUR, USD"):
        slices.write_slice(connect(), tmp_path, INFO, focus(), totals)


def test_a_missing_mandatory_value_is_told_by_column(tmp_path: Path) -> None:
    with pytest.raises(BadDelivery) as caught:
        write(tmp_path, focus(ServiceName="case when n > 0 then 'x' end"))
    assert [problem.column for problem in caught.value.problems] == ["ServiceName"]


@pytest.mark.parametrize("amount", ["10000000000000", "-10000000000000"])
def test_amounts_at_the_edge_of_the_type_are_refused(tmp_path: Path, amount: str) -> None:
    with pytest.raises(BadDelivery, match=r"10\^13 or more"):
        write(tmp_path, focus(ListCost=amount))


def test_keys_that_share_a_hash_are_still_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charges, "_key_hash", lambda: "1")
    write(tmp_path, focus(6, SkuId="case n % 3 when 0 then null when 1 then 'b' else 'a' end"), "6")
    read = f"read_parquet('{tmp_path}/charges.parquet')"
    rows = connect().execute(f"select x_RateKey, SkuId, count(*) from {read} group by all order by all").fetchall()
    assert rows == [(0, "a", 2), (1, "b", 2), (2, None, 2)]


def test_no_charges_is_a_slice_too(tmp_path: Path) -> None:
    empty = f"select * from ({TOTALS.format(net=0, tax=0)}) where false"
    assert slices.write_slice(connect(), tmp_path, INFO, focus(0), empty) == 0
    assert json.loads((tmp_path / "slice.json").read_text())["IsFinal"] is False
