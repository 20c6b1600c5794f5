"""A waiver lets pass what it names and nothing else, and never without being counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipelines.conformance.rules import rules
from pipelines.conformance.waivers import Waiver, shipped, unfit_condition, unfit_rule
from pipelines.lake import connect
from pipelines.money import Decimal
from pipelines.providers.focus.config import KIND, VERSIONS
from pipelines.providers.registry import PROVIDERS, readers
from tests.unit.conformance.rows import broken, create, findings, waiver

LICENCE_OR_USAGE = "where CommitmentDiscountId is null and ChargeClass is null and SkuId is not null"


def found_with(*waivers: Waiver, view: str = "buy") -> dict[str | None, tuple[int, Decimal]]:
    """What is found of M3-Sku where a licence and a usage row have no SKU: waiver -> rows and amount."""
    with connect() as con:
        create(con, view)
        con.execute(f"update rows set SkuId = null {LICENCE_OR_USAGE}")
        found = findings(con, view, waivers)
    assert broken(found) <= {"M3-Sku"}
    return {item.waived_by: (item.violations, item.amount) for item in found if item.rule == "M3-Sku"}


@pytest.mark.parametrize("view", ["buy", "sell"])
def test_a_waiver_counts_what_it_lets_pass(view: str) -> None:
    one = waiver("M3-Sku")
    assert found_with(view=view) == {None: (2, Decimal(20))}
    assert found_with(one, view=view) == {one.name: (2, Decimal(20))}


def test_a_condition_divides_what_passes_from_what_blocks() -> None:
    one = waiver("M3-Sku", "ChargeCategory = 'Purchase'")
    assert found_with(one) == {one.name: (1, Decimal(12)), None: (1, Decimal(8))}


def test_the_first_waiver_that_fits_is_named() -> None:
    narrow, wide = replace(waiver("M3-Sku", "ChargeCategory = 'Purchase'"), reason="licences"), waiver("M3-Sku")
    assert found_with(narrow, wide) == {narrow.name: (1, Decimal(12)), wide.name: (1, Decimal(8))}


@pytest.mark.parametrize("other", [
    waiver("M3-Quantity"), waiver("M3-Sku", provider="q"), waiver("M3-Sku", kinds=("report",)),
])  # fmt: skip
def test_another_rule_provider_or_kind_waives_nothing(other: Waiver) -> None:
    assert found_with(other) == {None: (2, Decimal(20))}


def test_a_waiver_of_one_view_says_nothing_of_the_other() -> None:
    one = Waiver("*", ("*",), "M3-Sku", None, ("buy",), "charges only, bills are ours", "", date(2026, 11, 1))
    assert found_with(one).keys() == {one.name}
    assert found_with(one, view="sell").keys() == {None}


def test_rows_of_nobody_are_never_waived() -> None:
    """The seller's own rows have no slice."""
    with connect() as con:
        create(con, "sell")
        con.execute(f"update rows set SliceNo = null, SkuId = null {LICENCE_OR_USAGE}")
        assert broken(findings(con, "sell", [waiver("M3-Sku", provider="*", kinds=("*",))])) == {"M3-Sku"}


def test_a_sum_is_waived_as_a_whole() -> None:
    with connect() as con:
        create(con, "buy")
        con.execute("delete from rows where CommitmentDiscountStatus = 'Unused'")
        assert broken(findings(con, "buy")) == {"M8-MonthlyFeeComesBack"}
        assert broken(findings(con, "buy", [waiver("M8-MonthlyFeeComesBack")])) == set()


@pytest.mark.parametrize("listed", shipped(), ids=lambda listed: listed.name[:60])
def test_every_shipped_waiver_can_be_applied_and_says_why(listed: Waiver) -> None:
    assert unfit_rule(listed.rule, listed.views) is None
    assert listed.where is None or unfit_condition(listed.rule, listed.where, listed.views) is None
    assert len(listed.reason) > 30
    assert listed.reference
    assert isinstance(listed.reviewed, date)


def test_every_shipped_waiver_names_its_exports() -> None:
    kinds = {kind for room in PROVIDERS.values() for one in readers(room) for group in one.books for kind in group}
    kinds |= {f"{KIND}-{version}" for version in VERSIONS}
    for listed in shipped():
        assert set(listed.kinds) <= kinds, listed.name


def test_no_waiver_stands_twice() -> None:
    keys = [(w.provider, w.kinds, w.rule, w.where, w.views) for w in shipped()]
    assert len(keys) == len(set(keys))
    assert len({w.name for w in shipped()}) == len(keys)


@pytest.mark.parametrize(("where", "says"), [
    ("ChargeCategory = 'Tax'; drop table charges", "compares columns"),
    ("SkuId in (select 1)", "compares columns"),
    ("Nothing = 1", "no condition"),
    ("x_LineType = 'fee'", "of the sell view"),
    ("ChargeCategory =", "no condition"),
])  # fmt: skip
def test_a_condition_that_is_none_is_refused(where: str, says: str) -> None:
    assert says in str(unfit_condition("M3-Sku", where, ("buy", "sell")))


def test_a_rule_that_is_none_is_refused() -> None:
    assert "no rule" in str(unfit_rule("M99-Nothing", ("buy",)))
    assert "not checked on the sell view" in str(unfit_rule("M8-MonthlyFeeComesBack", ("buy", "sell")))
    assert "as a whole" in str(unfit_condition("M11-OneIssuer", "SkuId is null", ("buy",)))


def test_every_requirement_has_a_rule() -> None:
    assert {rule.requirement for rule in rules()} == {f"M{number}" for number in range(1, 17)}
    assert all(rule.holds.endswith(".") for rule in rules())
