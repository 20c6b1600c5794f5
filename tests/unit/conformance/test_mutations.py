"""Every rule can fail: one change of a month that keeps all rules breaks exactly that rule."""

from __future__ import annotations

import pytest

from pipelines.conformance.rules import rules
from pipelines.lake import connect
from tests.unit.conformance.rows import broken, create, findings

USAGE = "where ChargeCategory = 'Usage' and CommitmentDiscountId is null and ChargeClass is null"
LICENCE = "where ChargeCategory = 'Purchase' and CommitmentDiscountId is null"
FEE = "where ChargeCategory = 'Purchase' and CommitmentDiscountId is not null"
COVERED = "where CommitmentDiscountStatus = 'Used'"
IDLE = "where CommitmentDiscountStatus = 'Unused'"
TAX = "where ChargeCategory = 'Tax'"
CREDIT = "where ChargeCategory = 'Credit'"
LATE = "where ChargeClass is not null"
ALL_COSTS = "BilledCost = {0}, EffectiveCost = {0}, ListCost = {0}, ContractedCost = {0}"
# rule, what is done to the rows; `invoices` is done to what they must add up to
MUTATIONS = [
    ("M1-Costs", f"update rows set ListCost = null {TAX}"),
    ("M1-Costs", f"update rows set EffectiveCost = null {LICENCE}"),
    ("M1-Decimal", "alter table rows alter ContractedUnitPrice type double"),
    ("M2-ListCost", f"update rows set ListCost = ListCost + 0.1 {USAGE}"),
    ("M2-ListCost", f"update rows set ListUnitPrice = 99999999999999, PricingQuantity = 99999999999999, "
                    f"ContractedUnitPrice = 0, ContractedCost = 0 {USAGE}"),
    ("M2-ContractedCost", f"update rows set ContractedCost = ContractedCost * 2 {LICENCE}"),
    ("M2-PriceSign", f"update rows set ListUnitPrice = -2.5, ListCost = -10 {USAGE}"),
    ("M3-TaxUnpriced", f"update rows set PricingQuantity = 1, PricingUnit = 'Units' {TAX}"),
    ("M3-TaxUnpriced", f"update rows set SkuId = 'vat' {TAX}"),
    ("M3-Quantity", f"update rows set PricingQuantity = null {USAGE}"),
    ("M3-Quantity", f"update rows set PricingUnit = null {LICENCE}"),
    ("M3-ListUnitPrice", f"update rows set ListUnitPrice = null {LICENCE}"),
    ("M3-ContractedUnitPrice", f"update rows set ContractedUnitPrice = null {USAGE}"),
    ("M3-Sku", f"update rows set SkuId = null {USAGE}"),
    ("M3-Sku", f"update rows set SkuPriceId = null {LICENCE}"),
    ("M3-PricingCategory", f"update rows set PricingCategory = null {USAGE}"),
    ("M4-CostsWithoutPrice", f"update rows set ListCost = 0 {CREDIT}"),
    ("M4-CostsWithoutPrice", f"update rows set ContractedCost = -2 {CREDIT}"),
    ("M4-Tax", f"update rows set ListCost = -ListCost {TAX}"),
    ("M5-CoveredAtContract", f"update rows set ContractedCost = 0, ContractedUnitPrice = 0 {COVERED}"),
    ("M6-CoveredIsBilledOnce", f"update rows set BilledCost = EffectiveCost {COVERED}"),
    ("M6-CoveredIsBilledOnce", f"update rows set BilledCost = 1 {IDLE}"),
    ("M6-SignOfEffectiveCost", "update rows set EffectiveCost = case CommitmentDiscountStatus when 'Used' then 28 "
                               "else -8 end where CommitmentDiscountStatus is not null"),
    ("M7-PurchaseIsSpread", f"update rows set EffectiveCost = BilledCost {FEE}"),
    ("M7-PurchaseIsItsResource", f"update rows set ResourceId = 'vm' {FEE}"),
    ("M7-PurchaseIsItsResource", f"update rows set ResourceId = null {IDLE}"),
    ("M8-MonthlyFeeComesBack", f"delete from rows {IDLE}"),
    ("M8-MonthlyFeeComesBack", f"insert into rows select * from rows {COVERED}"),
    ("M8-MonthlyFeeComesBack", f"update rows set EffectiveCost = EffectiveCost - 0.01 {COVERED}"),
    ("M8-PurchaseIsNotLost", "update rows set x_CommitmentPayment = 'all_upfront'; "
                             "update rows set EffectiveCost = 0 where CommitmentDiscountStatus is not null"),
    ("M8-Unused", f"update rows set ConsumedQuantity = 4, ConsumedUnit = 'Hours' {IDLE}"),
    ("M9-Status", "update rows set CommitmentDiscountId = null, CommitmentDiscountQuantity = null, "
                  f"CommitmentDiscountUnit = null, EffectiveCost = BilledCost {COVERED}; "
                  f"update rows set EffectiveCost = 20 {IDLE}"),
    ("M9-Committed", f"update rows set PricingCategory = 'Standard' {COVERED}"),
    ("M9-Committed", f"update rows set PricingCategory = 'Committed' {USAGE}"),
    ("M10-NothingToSpread", f"update rows set EffectiveCost = 0 {LICENCE}"),
    ("M11-InvoiceId", f"update rows set InvoiceId = null {USAGE}"),
    ("M12-Frequency", f"update rows set ChargeFrequency = 'Usage-Based' {LICENCE}"),
    ("M12-Frequency", f"update rows set ChargeFrequency = 'Monthly' {USAGE}"),
    ("M12-Frequency", f"update rows set ChargeFrequency = null {TAX}"),
    ("M13-OfAnEarlierPeriod", "update rows set ChargePeriodStart = '2026-10-02', ChargePeriodEnd = '2026-10-03', "
                              f"x_CorrectedInvoiceId = null {LATE}"),
    ("M13-AnotherInvoice", f"update rows set x_CorrectedInvoiceId = InvoiceId {LATE}"),
    ("M14-Reduction", "insert into rows by name select * replace (-1 as BilledCost, -1 as EffectiveCost, "
                      "null as ListUnitPrice, null as ContractedUnitPrice) from rows " + USAGE),
    ("M14-Credit", f"update rows set {ALL_COSTS.format(3)} {CREDIT}"),
    ("M15-CommitmentQuantity", "update rows set CommitmentDiscountQuantity = null, CommitmentDiscountUnit = null "
                               + COVERED),
    ("M15-CommitmentQuantity", f"update rows set CommitmentDiscountQuantity = 1, CommitmentDiscountUnit = 'h' {USAGE}"),
    ("M15-CommitmentUnit", f"update rows set CommitmentDiscountUnit = null {FEE}"),
    ("M15-Consumed", f"update rows set ConsumedQuantity = 1, ConsumedUnit = 'Units' {LICENCE}"),
    ("M15-Consumed", f"update rows set ConsumedUnit = null {USAGE}"),
    ("M16-Periods", f"update rows set ChargePeriodEnd = ChargePeriodStart {USAGE}"),
    ("M16-Periods", f"update rows set ChargePeriodEnd = '2026-10-31 23:59:59' {USAGE}"),
    ("M16-Periods", "update rows set BillingPeriodEnd = '2026-10-31 23:59:59' where ChargeCategory = 'Tax'"),
    ("M16-Currency", "update rows set BillingCurrency = 'EUX'"),
    ("M16-Order", "alter table rows rename SkuMeter to x_SkuMeter"),
    ("M11-Payable", "invoices: update invoices set Payable = Payable + 0.000000000001"),
    ("M11-Payable", "invoices: insert into invoices by name select * replace ('I-9' as InvoiceId) from invoices"),
    ("M11-OneIssuer", f"update rows set InvoiceIssuerName = 'Somebody' {USAGE}"),
]  # fmt: skip
# Where a rule cannot be broken without breaking these as well: sums of rows, words that others ask for.
WITH = {
    "M10-Total": (f"update rows set InvoiceId = 'I-2', EffectiveCost = 0 {LICENCE}", {"M10-NothingToSpread"}),
    "M7-PurchaseIsNoUse": (f"update rows set PricingCategory = 'Committed' {FEE}", {"M9-Committed"}),
    "M13-Class": (f"update rows set ChargeClass = 'Rebate' {LATE}", {
        "M2-ListCost", "M3-ListUnitPrice", "M3-ContractedUnitPrice"}),
}  # fmt: skip
# What a change does to rules of other columns: a return has no price here; a cost that is missing is missing in sums.
BESIDE = {"M14-Reduction": {"M3-ListUnitPrice", "M3-ContractedUnitPrice"}, "M1-Costs": {"M10-Total"}}
PAIRS = [(rule.id, view) for rule in rules() for view in rule.views]


def run(view: str, change: str) -> set[str]:
    """The rules that are broken after a change."""
    payable = change.partition("invoices: ")[2]
    with connect() as con:
        create(con, view)
        if not payable:
            con.execute(change)
        return broken(findings(con, view, payable=payable))


@pytest.mark.parametrize("view", ["buy", "sell"])
def test_the_month_keeps_every_rule(view: str) -> None:
    with connect() as con:
        create(con, view)
        found = findings(con, view)
    assert broken(found) == set()
    assert {item.rule for item in found} == {rule.id for rule in rules(view)}
    assert all(item.checked == 8 for item in found if item.rule not in ("M1-Decimal", "M16-Order"))


def test_every_rule_has_a_mutation_that_its_view_can_show() -> None:
    assert {name for name, _ in MUTATIONS} | WITH.keys() == {rule.id for rule in rules()}


@pytest.mark.parametrize(("rule", "view", "change"), [
    (name, view, change) for name, change in MUTATIONS for known, view in PAIRS if known == name
])  # fmt: skip
def test_a_change_breaks_its_rule_and_no_other(rule: str, view: str, change: str) -> None:
    found = run(view, change)
    assert rule in found
    assert found - BESIDE.get(rule, set()) == {rule}


@pytest.mark.parametrize(("rule", "view"), [pair for pair in PAIRS if pair[0] in WITH])
def test_a_change_of_a_shared_figure_breaks_its_rule(rule: str, view: str) -> None:
    change, others = WITH[rule]
    found = run(view, change)
    assert rule in found
    assert found - others == {rule}
