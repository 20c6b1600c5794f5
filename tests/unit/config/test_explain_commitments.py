"""What an explanation says of commitments: the policy of each edge, and who says it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.config.explain import Explainer
from pipelines.config.explained import Charge

Edit = Callable[[str, str, str], None]
DAY = date(2026, 10, 8)
CONTRACTS = """\
contract,seller,buyer,currency,plan,commitments,benefit_to,commitment_pool,billing_basis
d-north,dist,north,EUR,wholesale,owner_only,owner,,
d-gulf,dist,gulf,USD,wholesale,owner_only,operator,,
d-direct,dist,direct,EUR,wholesale,{direct},,{pool},
n-acme,north,acme,EUR,retail,,,,amortized
g-acme,gulf,acme,KWD,retail,,,,
"""
RECORDS = """\
commitment,provider,seller,owner,policy,benefit_to,commitment_pool,valid_from,valid_to
RI-1,azure,,,retained,,,2026-10-01,2026-11-01
RI-1,azure,north,,owner_only,operator,,,
RI-2,azure,,acme,,,,,
RI-3,azure,,direct,,,,,
"""
POOL = "pool,seller,tenant\ntandem,,direct\n"
OWNER_OR_NOT = "as the provider applied it if the owner is the buyer or below it, else what it covers is on demand"
RETAINED = "what it covers is on demand, its fee and what stays unused are not billed"


@pytest.fixture
def said(directory: Path) -> Callable[..., list[str]]:
    """Explain a commitment's charge of acme, by edge."""

    def explain(
        commitment: str | None, owner: str | None = None, *, pooled: bool = False, tenant: str = "acme"
    ) -> list[str]:
        direct, pool = ("pooled", "tandem") if pooled else ("", "")
        old = "acme,Acme GmbH,customer,north,,,2026-10-16\nacme,Acme AG,customer,gulf,,2026-10-16,\n"
        tenants = (directory / "tenants.csv").read_text()
        (directory / "tenants.csv").write_text(tenants.replace(old, "acme,Acme GmbH,customer,north,,,\n"))
        contracts = CONTRACTS.format(direct=direct, pool=pool).replace("g-acme,gulf,acme,KWD,retail,,,,\n", "")
        (directory / "contracts.csv").write_text(contracts)
        (directory / "commitments.csv").write_text(RECORDS)
        (directory / "commitment_pools.csv").write_text(POOL)
        values = {"provider": "azure", "sku": "s1", "charge_category": "purchase", "commitment": "reservation"}
        charge = Charge(values, {}, commitment != "", commitment, owner)
        return [edge.commitment for edge in Explainer(config.load(directory), DAY).explain(tenant, charge)]

    return explain


def test_contracts_speak_where_nothing_else_is_known(said: Callable[..., list[str]]) -> None:
    assert said(None) == [
        f"owner_only, benefit to owner: {OWNER_OR_NOT} (contract d-north, contracts.csv:2)",
        "as_applied: as the provider applied it, at amortized cost (contract n-acme, contracts.csv:5)",
    ]


def test_a_record_goes_before_the_contract_and_settles_what_is_below(said: Callable[..., list[str]]) -> None:
    assert said("ri-1") == [
        f"retained: {RETAINED} (commitment, commitments.csv:2)",
        "retained on edge 1: what holds there holds here",
    ]


def test_the_owner_decides_whose_use_is_on_demand(said: Callable[..., list[str]]) -> None:
    assert said("ri-2")[0].startswith("owner_only, benefit to owner: acme owns it, so as the provider applied it (")
    other = ["owner_only, benefit to owner: direct owns it, so what it covers here is on demand (contract d-north, "
             "contracts.csv:2)", "owner_only on edge 1: what holds there holds here"]  # fmt: skip
    assert said("ri-3") == other
    assert said("ri-9", "direct") == other


def test_a_pool_is_the_owners(said: Callable[..., list[str]]) -> None:
    shared = "pooled, pool tandem: members share what it costs, what it covers of others is on demand"
    assert said("ri-3", pooled=True)[0] == f"{shared} (the owner's contract d-direct, contracts.csv:4)"
    own = said(None, pooled=True, tenant="direct")
    assert own == ["as_applied: as the provider applied it (contract d-direct, contracts.csv:4, unless dist pools what "
                   "its owner buys)"]  # fmt: skip
    assert said("ri-9", "acme", pooled=True, tenant="direct") == [
        "as_applied: as the provider applied it (contract d-direct, contracts.csv:4)"
    ]


def test_other_charges_say_nothing(said: Callable[..., list[str]]) -> None:
    assert said("") == ["", ""]
