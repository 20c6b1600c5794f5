"""The oracle by hand: what partners share of their benefits, edge by edge."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.generator.truth import Truth
from pipelines.generator.truth_reports import BenefitKey
from tests.oracle.worlds import World, chain, row, rule

LIST = rule("list", "discount", basis="list", percent="0")
DOWN = rule("down", "pass_through")
EARNED = {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitStatus": "earned", "x_PartnerBenefitAmount": "15"}
MISSED = {"x_PartnerBenefitKind": "PEC", "x_PartnerBenefitStatus": "missed", "x_PartnerBenefitMissed": "15"}
SPP = {"x_PartnerBenefitKind": "SPP", "x_PartnerBenefitAmount": "8", "ChargeCategory": "Credit"}
HALF = {"partner_benefit_share": "50"}
IN_PRICE = HALF | {"partner_benefit_shown": "price"}


def world(c1: dict[str, str], c2: dict[str, str], *rows: dict[str, str | None]) -> World:
    return chain([LIST], [DOWN], rows=list(rows) or [usage()], c1=c1, c2=c2)


def usage(**values: str | None) -> dict[str, str | None]:
    """100 at list for which the operator pays 85."""
    return row("85", **EARNED | {"ListCost": "100", "ContractedCost": "100"} | values)


def billed(truth: Truth) -> dict[tuple[str, str], Decimal]:
    return {(key.buyer, key.category): line.exact for key, line in truth.lines.items()}


def shared(truth: Truth) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for key, item in truth.margin.items():
        sums[key.seller] = sums.get(key.seller, Decimal(0)) + item.shared
    return {seller: amount for seller, amount in sums.items() if amount}


@pytest.mark.parametrize(
    ("c1", "c2", "lines", "passed_on"),
    [
        ({}, {}, {("res", "Usage"): 100, ("cus", "Usage"): 100}, {}),
        # who got nothing has nothing to pass on
        ({}, HALF, {("res", "Usage"): 100, ("cus", "Usage"): 100}, {}),
        (HALF, {}, {("res", "Usage"): 100, ("res", "Credit"): Decimal("-7.5"), ("cus", "Usage"): 100}, {"op": 7.5}),
        # the price that res passes on is the one without what it was given
        (IN_PRICE, {}, {("res", "Usage"): Decimal("92.5"), ("cus", "Usage"): 100}, {"op": 7.5}),
        (
            IN_PRICE,
            HALF,
            {("res", "Usage"): Decimal("92.5"), ("cus", "Usage"): 100, ("cus", "Credit"): Decimal("-3.75")},
            {"op": 7.5, "res": 3.75},
        ),
        (
            HALF,
            IN_PRICE,
            {("res", "Usage"): 100, ("res", "Credit"): Decimal("-7.5"), ("cus", "Usage"): Decimal("96.25")},
            {"op": 7.5, "res": 3.75},
        ),
    ],
)
def test_down_the_chain(
    tmp_path: Path, c1: dict[str, str], c2: dict[str, str], lines: dict[str, Decimal], passed_on: dict[str, float]
) -> None:
    truth = world(c1, c2).truth(tmp_path)
    assert billed(truth) == lines
    assert shared(truth) == {seller: Decimal(str(amount)) for seller, amount in passed_on.items()}


def test_conversions_are_never_marked_up(tmp_path: Path) -> None:
    """15 EUR, half of it at 1.25 USD; half of that back at 0.80."""
    truth = world(HALF | {"currency": "USD", "fx_markup": "5"}, HALF | {"fx_markup": "5"}).truth(tmp_path)
    credit = {key.buyer: line.exact for key, line in truth.lines.items() if key.category == "Credit"}
    assert credit == {"res": Decimal("-9.375"), "cus": Decimal("-3.75")}
    assert {line.moved for key, line in truth.lines.items() if key.category == "Credit"} == {Decimal(0)}


def test_what_was_missed_is_only_told(tmp_path: Path) -> None:
    missed = row("100", **MISSED)
    truth = world(HALF, HALF, usage(), missed).truth(tmp_path)
    assert billed(truth)["res", "Credit"] == Decimal("-7.5")
    item = truth.reports.benefits[BenefitKey("azure", "PEC", "EUR", "cus", "acc-cus")]
    assert (item.earned, item.earned_charges, item.missed, item.missed_charges) == (15, 1, 15, 1)
    assert (item.listed, item.shared) == (200, Decimal("7.5"))


@pytest.mark.parametrize(("account", "credit"), [("acc-cus", -4), ("unknown", None), (None, None)])
def test_a_row_of_its_own_is_a_credit_line(tmp_path: Path, account: str | None, credit: int | None) -> None:
    """Whatever the contract says of prices; it stays the operator's own where it stands on no customer's account."""
    own = row("-8", **SPP, SubAccountId=account, ListCost="0", ContractedCost="0")
    truth = world(IN_PRICE, {}, own).truth(tmp_path)
    assert billed(truth) == ({} if credit is None else {("res", "Credit"): credit})
    assert {(key.disposition, key.reason) for key in truth.coverage} == {("absorbed", "partner benefit")}


@pytest.mark.parametrize(
    ("terms", "values", "invoiced"),
    [
        ({}, {"ChargeCategory": "Purchase"}, "92.5"),
        ({"billing_basis": "amortized"}, {"ChargeCategory": "Purchase", "EffectiveCost": "0"}, "0"),
        ({}, {"CommitmentDiscountStatus": "Used"}, "0"),
        ({"commitments": "retained"}, {"CommitmentDiscountStatus": "Used"}, "100"),
    ],
)
def test_commitments_share_where_they_are_bought(
    tmp_path: Path, terms: dict[str, str], values: dict[str, str], invoiced: str
) -> None:
    one = usage(CommitmentDiscountId="RI-1", CommitmentDiscountType="Reservation", **values)
    truth = world(IN_PRICE | terms, {}, one).truth(tmp_path)
    assert {line.exact for key, line in truth.lines.items() if key.buyer == "res"} == {Decimal(invoiced)}
