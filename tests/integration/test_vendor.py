"""A vendor that no code knows: its FOCUS delivery is ingested, priced by its own rule, proven and published."""

from __future__ import annotations

from pathlib import Path

from pipelines import run
from pipelines.lake import Lake, connect
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from tests.integration.small import write_config
from tests.unit.providers import drops
from tests.unit.providers.drops import focus_row

PERIOD = "2026-10"
PLAN = """plan: pass
rules:
  - {rule: warehouse, match: {provider: snowflake, service: Warehouse}, action: markup, percent: 10, basis: parent}
  - {rule: rest, action: pass_through}
"""


def deliver(root: Path) -> None:
    """Three charges of two accounts in an old FOCUS version, with the invoice that they add up to."""
    rows = [
        focus_row("100.00", SubAccountId="ACC-ONE", ChargeFrequency="Usage-based"),
        focus_row("50.50", SubAccountId="ACC-TWO", BillingPeriodEnd="2026-10-31"),
        focus_row("7", SubAccountId="ACC-TWO", ServiceName="Support", ChargeCategory="Purchase"),
    ]
    drops.focus(root, rows, "snowflake", kind="csv.gz", focusVersion="1.0")
    drops.control(root / "focus", "snowflake", ["I-1", "ACCOUNT-1", "Acme", PERIOD, "USD", "157.50", "0", "157.50"])


def test_a_new_vendor_needs_no_code(tmp_path: Path) -> None:
    deliveries, folder, config = tmp_path / "deliveries", tmp_path / "lake", tmp_path / "config"
    deliver(deliveries)
    links = [("snowflake", "sub_account", "ACC-ONE", "one"), ("snowflake", "sub_account", "ACC-TWO", "two")]
    write_config(config, {"one": "half_up", "two": "half_up"}, links)
    (config / "plans" / "pass.yaml").write_text(PLAN, encoding="utf-8")
    refused = run(PERIOD, lake=folder, config=config, deliveries=deliveries)
    assert "unknown provider 'snowflake'" in refused.problems[0].what
    with (config / "operator.yaml").open("a", encoding="utf-8") as stream:
        stream.write("vendors: [oracle, snowflake]\n")
    report = run(PERIOD, lake=folder, config=config, deliveries=deliveries)
    assert report.exit_code == 0, report.problems
    assert report.verdict is not None
    assert report.verdict.status == "pass"
    assert report.build is not None
    place = report.build.directory
    with connect() as con:
        untied = con.execute(
            f"select * from read_parquet('{place / 'marts_reconciliation.parquet'}') where not IsTied"
        ).fetchall()
        bills = con.execute(
            f"select x_Provider, BuyerTenantId, ServiceName, BilledCost "
            f"from read_parquet('{place / 'marts_invoice_lines.parquet'}') order by all"
        ).fetchall()
        published = Lake(folder).published(BillingPeriod(PERIOD))
        detail = con.execute(
            f"select ServiceProviderName, sum(BilledCost) from read_parquet("
            f"'{published}/seller=op/buyer=two/*/cost_and_usage.parquet', hive_partitioning = false) group by all"
        ).fetchall()
    assert untied == []
    assert bills == [
        ("snowflake", "one", "Warehouse", Decimal("110.00")),
        ("snowflake", "two", "Support", Decimal("7.00")),
        ("snowflake", "two", "Warehouse", Decimal("55.55")),
    ]
    assert detail == [("Acme", Decimal("62.55"))]
