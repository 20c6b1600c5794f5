"""Charts: pixels are floats, the texts people read stay exact."""

from __future__ import annotations

from typing import Any

from dashboards import charts
from dashboards.bill import Bill
from dashboards.data import Filter, Reader
from dashboards.reports import Reports
from dashboards.theme import THEME


def values(chart: Any) -> list[dict[str, Any]]:
    (found,) = chart.to_dict()["datasets"].values()
    return list(found)


def test_coverage_hover_is_exact(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    shown = values(charts.coverage(reader.coverage(bundle), THEME))
    assert {"EUR 401,233.905104155071", "EUR -2,210.14"} <= {value["cost"] for value in shown}
    assert all(value["size"] >= 0 for value in shown)


def test_margin_has_a_bar_of_two_parts_per_name(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    rows = reader.margin(bundle, "provider", Filter({"SellerTenantId": "meridian"}), 9)
    shown = values(charts.margin(rows, [row["x_Provider"] for row in rows], THEME))
    assert [value["part"] for value in shown] == ["Cost", "Margin"] * len(rows)


def test_daily_has_every_day_and_provider(reader: Reader) -> None:
    bundle = reader.bill("2026-10", "meridian", "halden")
    assert bundle is not None
    rows = Bill(reader, bundle).daily("EUR")
    shown = values(charts.daily(rows, THEME))
    assert len(shown) == len(rows) == 31 * 3
    assert shown[0]["day"] == "2026-10-01"


def test_use_and_credits_have_bars_of_two_parts_with_exact_hovers(reader: Reader) -> None:
    bundle = reader.operator("2026-10")
    assert bundle is not None
    found = Reports(reader, bundle)
    rows = [row | {"Name": row["CommitmentDiscountId"]} for row in found.commitments(Filter())]
    shown = values(charts.utilisation(rows, THEME))
    assert [value["part"] for value in shown] == ["used", "unused"] * len(rows)
    assert "EUR 2,204.033333333331" in {value["used"] for value in shown}
    named = [row | {"Customer": str(row["TenantName"])} for row in found.benefits("customer", Filter())]
    shown = values(charts.partner_credits(named, THEME))
    assert [value["part"] for value in shown] == ["earned", "left on the table"] * len(named)
    assert shown[0]["left on the table"] == "EUR 128.4825"
