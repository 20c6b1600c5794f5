"""`rebill price explain`: arguments, what a lake adds, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.lake import Lake, connect
from pipelines.ledger import BUILDS, Ledger
from tests.unit.config.conftest import FILES

RUNNER = CliRunner()
KEY = {
    "x_Provider": "azure",
    "ServiceCategory": "Compute",
    "ServiceName": "Virtual Machines",
    "SkuId": "DZH318Z0BQ35",
    "SkuPriceId": "P1",
    "RegionId": "westeurope",
    "RuleCategory": "Usage",
    "x_PublisherName": None,
    "CommitmentDiscountType": None,
    "SubAccountId": "Sub-1",
    "x_InvoiceType": "Recurring",
    "PricingUnit": "1 Hour",
    "x_TagValues": "Prod",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    root = tmp_path / "config"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with a build of October: seven kinds of charges with the SKU, six of them acme's."""
    found = Lake(tmp_path / "lake")
    ledger = Ledger(found)
    with ledger.transaction() as connection:
        ledger.put(connection, BUILDS, period="2026-10", build_id="b1", content_hash="c", updated_at="now")
    work = found.work("build=b1")
    work.mkdir(parents=True)
    with connect(work / "work.duckdb") as con:
        con.execute("create schema rated")
        con.execute("create schema config")
        con.execute("create table config.tag_keys as select 1 as TagNo, 'env' as TagKey")
        names = ", ".join(f"{name} varchar" for name in KEY)
        con.execute(
            f"create table rated.rated_charge_keys (KeyNo bigint, {names}, IsCommitment boolean, CommitmentId varchar, "
            "SegmentStart date, IsOnDemand boolean, LineCount bigint)"
        )
        con.execute(
            "create table rated.rated_commitments as select 'azure' as x_Provider, 'ri-7' as CommitmentId, "
            "date '1900-01-01' as SegmentStart, 'direct' as OwnerTenantId"
        )
        con.execute("create table rated.rated_key_tenants (KeyNo bigint, TenantId varchar)")
        # Six and seven differ only in what rules do not see; one is of a commitment; the last is priced as on demand.
        for number in range(9):
            values = {**KEY, "RegionId": f"region{min(number, 6)}"}
            values["CommitmentDiscountType"] = "Reservation" if number == 1 else None
            commitment = [number == 1, "ri-7" if number == 1 else None]
            row = [number, *values.values(), *commitment, "1900-01-01", number == 8, 10 * number]
            con.execute(f"insert into rated.rated_charge_keys values ({', '.join('?' * len(row))})", row)
            con.execute("insert into rated.rated_key_tenants values (?, ?)", [number, "acme" if number else "direct"])
    return found.root


def explain(directory: Path, *arguments: str, tenant: str = "acme", code: int = 0) -> str:
    base = ["price", "explain", "--tenant", tenant, "--sku", "DZH318Z0BQ35", "--date", "2026-10-08"]
    result = RUNNER.invoke(app, [*base, "--config", str(directory), *arguments], env={"COLUMNS": "220"})
    assert result.exit_code == code, result.output
    return result.output


def test_a_described_charge(directory: Path) -> None:
    output = explain(directory, "--provider", "azure", "--publisher", "", "--tag", "env=Prod")
    assert "2. north sells to acme: contract n-acme, plan retail, EUR" in output
    assert "unit price 0.090000000001 USD per pricing unit" in output
    assert "loses: publisher: the rule wants *any, the charge has none" in output
    assert "tag env=prod" in output


def test_the_month_tells_the_rest(directory: Path, lake: Path) -> None:
    answer = json.loads(explain(directory, "--lake", str(lake), "--json"))
    charges = [found["charge"]["values"]["region"] for found in answer["found"]]
    assert charges == ["region6", "region5", "region4", "region3", "region2"]
    assert answer["more"] == 1
    assert answer["found"][0]["lines"] == 130
    assert answer["found"][0]["charge"]["tags"] == {"env": "prod"}
    assert [edge["candidates"][0]["rule"] for edge in answer["found"][0]["edges"]] == ["base", "vm"]
    assert "1 more kinds of charges" in explain(directory, "--lake", str(lake))


def test_given_attributes_choose_among_the_month_s_charges(directory: Path, lake: Path) -> None:
    output = explain(directory, "--lake", str(lake), "--region", "REGION3", "--tag", "env=prod", "--json")
    assert [found["lines"] for found in json.loads(output)["found"]] == [30]


def test_the_month_tells_whose_a_commitment_is(directory: Path, lake: Path) -> None:
    contracts = (directory / "contracts.csv").read_text().replace("partner_benefit_share", "benefit_to")
    contracts = contracts.replace(
        "d-north,dist,north,EUR,wholesale,,,,,", "d-north,dist,north,EUR,wholesale,,,,owner,owner_only"
    )
    (directory / "contracts.csv").write_text(contracts.replace("pass,0,", "pass,,"))
    output = explain(directory, "--lake", str(lake), "--commitment-id", "RI-7")
    assert "of ri-7  (10 lines)" in output
    assert "direct owns it, so what it covers here is on demand" in output


def test_a_described_commitment(directory: Path) -> None:
    output = explain(directory, "--commitment-id", "RI-7", "--provider", "azure")
    assert "as_applied: as the provider applied it (contract n-acme, contracts.csv:5)" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--date", "08.10.2026"), "is not a date"),
        (("--tag", "env"), "names no tag key and value"),
        (("--period", "2026-09"), "the lake holds no build of 2026-09"),
        (("--region", "nowhere"), "no priced charge of SKU"),
        (("--tenant", "gulf"), "no priced charge of SKU"),
    ],
)
def test_what_cannot_be_answered(directory: Path, lake: Path, arguments: tuple[str, str], said: str) -> None:
    assert said in explain(directory, "--lake", str(lake), "--json", *arguments, code=2)
