"""No bundle of a generated month tells its buyer what its contract does not.

The months have resellers, own payers, every kind of price rule, shared and hidden benefits and all ways of treating
commitments; the attacker tries every bundle of each (tests/leaks).
"""

from __future__ import annotations

import pytest

from pipelines import building
from pipelines.lake import Lake
from tests.leaks.attack import attack
from tests.leaks.months import bundles, read_known
from tests.leaks.secrets import Known, align
from tests.properties.conftest import Billed
from tests.properties.months import PERIOD

pytestmark = pytest.mark.slow
Everything = dict[tuple[str, str], Known]


@pytest.fixture(scope="session")
def known(billed: Billed) -> Everything:
    build = billed.marts.name.removeprefix("build=")
    return read_known(building.work_database(Lake(billed.lake), build), billed.month.config)


def test_no_bundle_gives_a_secret_away(billed: Billed, known: Everything) -> None:
    assert [finding for edge, bundle in bundles(billed.lake, PERIOD) for finding in attack(bundle, known[edge])] == []


def test_every_charge_of_a_bundle_was_judged(billed: Billed, known: Everything) -> None:
    """The attacker's own books: every row that a provider charged has a fact behind it, and every fact a row."""
    for edge, bundle in bundles(billed.lake, PERIOD):
        facts = [fact for fact in align(bundle.charges, known[edge].facts) if fact is not None]
        assert len(facts) == len(known[edge].facts)


def test_there_is_something_to_hide(billed: Billed, known: Everything) -> None:
    """Earned and missed benefits under hidden terms, prices that are not disclosed, ids of others."""
    edges = [edge for edge, _ in bundles(billed.lake, PERIOD)]
    facts = [fact for edge in edges for fact in known[edge].facts if known[edge].shared != "price"]
    assert {"", "PEC", "EDP"} <= {fact.flags["earned"] for fact in facts}
    assert any("seller's price" in fact.amounts and not fact.tells_price for fact in facts)
    assert all(len(known[edge].ids) > 20 and len(known[edge].values) > 20 for edge in edges)
