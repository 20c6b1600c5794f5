"""After a contract change only the tenants whose prices changed are rated anew, and the marts are the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import building
from pipelines.building import BuildReport
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod
from tests.support.slices import add_slice

PERIOD = BillingPeriod("2026-10")
CONFIG = {
    "operator.yaml": "operator: op\nhome_currency: EUR\n",
    "tenants.csv": "tenant,name,kind,parent\nop,Op,operator,\na,A,customer,op\nb,B,customer,op\n",
    "account_links.csv": "provider,scope,scope_id,tenant\nazure,sub_account,sub-a,a\nazure,sub_account,sub-b,b\n",
    "contracts.csv": "contract,seller,buyer,currency,plan\nca,op,a,EUR,pa\ncb,op,b,EUR,pb\n",
    "plans/pa.yaml": "plan: pa\nrules:\n  - {rule: all, action: discount, basis: list, percent: 5}\n",
    "plans/pb.yaml": "plan: pb\nrules:\n  - {rule: all, action: markup, basis: cost, percent: 5, floor: list}\n",
}
CHARGES = [
    {"SubAccountId": f"sub-{name}", "ChargePeriodStart": f"2026-10-{day:02}", "BilledCost": f"{day}.37"}
    for name in ("a", "b")
    for day in range(1, 9)
]


@pytest.fixture(autouse=True)
def one_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of the code between two builds of one test is not what the test is about."""
    monkeypatch.setattr(building, "code_hash", lambda: "the same")


def write_config(directory: Path, **changed: str) -> Path:
    """The configuration, with some files changed."""
    for name, text in (CONFIG | changed).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def build(lake: Lake, config: Path) -> tuple[BuildReport, str]:
    """Build the month; returns what was said of the tenants rated anew."""
    said: list[str] = []

    def listen(layer: str, text: str) -> None:
        said.append(text)

    built = building.build(lake, Ledger(lake), PERIOD, config, listen)
    return built, next(text for text in said if "other prices" in text)


def test_a_contract_change_rates_only_its_tenants(tmp_path: Path) -> None:
    """One customer's plan changes: the other one's days are taken over, and nobody can tell from the marts."""
    lake = Lake(tmp_path / "lake")
    add_slice(lake, CHARGES)
    first, said = build(lake, write_config(tmp_path / "before"))
    assert said.startswith("2 of 2 tenants")
    changed = {"plans/pa.yaml": CONFIG["plans/pa.yaml"].replace("percent: 5", "percent: 6")}
    after = write_config(tmp_path / "after", **changed)
    second, said = build(lake, after)
    assert said.startswith("1 of 2 tenants")
    assert second.content_hash != first.content_hash

    alone = Lake(tmp_path / "alone")
    add_slice(alone, CHARGES)
    fresh, said = build(alone, after)
    assert said.startswith("2 of 2 tenants")
    assert (fresh.build_id, fresh.content_hash) == (second.build_id, second.content_hash)


def test_a_damaged_build_is_not_taken_from(tmp_path: Path) -> None:
    """If the build before is not what it was, everything is rated anew."""
    lake = Lake(tmp_path / "lake")
    add_slice(lake, CHARGES)
    first, _ = build(lake, write_config(tmp_path / "before"))
    shutil.copy(first.directory / "marts_margin.parquet", first.directory / "marts_daily_costs.parquet")
    changed = {"plans/pb.yaml": CONFIG["plans/pb.yaml"].replace("percent: 5", "percent: 6")}
    _, said = build(lake, write_config(tmp_path / "after", **changed))
    assert said.startswith("2 of 2 tenants")
