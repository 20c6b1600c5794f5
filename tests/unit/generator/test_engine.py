from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pipelines.generator import catalog, engine
from pipelines.generator.accounts import Account
from pipelines.generator.tenants import Tenant
from pipelines.period import BillingPeriod

OWNER = Tenant("t", "T", "customer", "", "EUR")
VARIABLES = engine.month_variables(BillingPeriod("2026-10"), "seed")


def test_resources_fill_the_quota_of_every_account() -> None:
    quotas = (1, 0, 31, 400, 5_000)
    accounts = [
        Account("gcp", number, OWNER, "b", str(number), "n", quota=quota) for number, quota in enumerate(quotas)
    ]
    found = engine.resources("gcp", accounts, catalog.products("gcp"), VARIABLES, lambda account: 0).to_pylist()
    for account in accounts:
        own = [resource for resource in found if resource["account_no"] == account.number]
        assert sum(resource["days"] for resource in own) == account.quota
    assert [resource["resource_no"] for resource in found] == list(range(len(found)))
    assert all(r["first_day"] >= 0 and r["first_day"] + r["days"] <= 31 for r in found)


def test_numbers_in_json_are_plain_digits() -> None:
    values = (Decimal("1E-7"), Decimal("12.500"), Decimal("-0"), Decimal("100"), None, 'a"b', True)
    assert [engine.json_value(value) for value in values] == ["0.0000001", "12.5", "-0", "100", '""', '"a\\"b"', "true"]


def test_json_lines_carry_no_time(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        engine.write_json_lines(tmp_path / name, [{"x": Decimal("0.10"), "y": "z"}])
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_macros() -> None:
    con = engine.connect({"name": "it's", "count": 3})
    row = con.execute(
        """select plain(cast(12.500 as decimal(9,3))), plain(cast(0 as decimal(9,3))), js('a"b'), js(null),
        number(cast(0.1 as decimal(38,15))), getvariable('name'), getvariable('count')"""
    ).fetchone()
    assert row == ("12.5", "0", '"a\\"b"', '""', 0.1, "it's", 3)
