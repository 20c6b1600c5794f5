from __future__ import annotations

import pytest

from pipelines.gates.evidence import MARTS
from pipelines.publishing.audience import Rule, rules, select_list, storage, whole_marts
from pipelines.schemas import dataset, extensions

GROUPS = {
    "the seller's identity, not the provider's": (
        "BillingAccountId BillingAccountName BillingCurrency InvoiceId InvoiceDetailId InvoiceIssuerName "
        "PricingCurrency BillingPeriodStart BillingPeriodEnd x_TenantId x_TenantName SubAccountId",
        {"line"},
    ),
    "the edge's own prices": (
        "BilledCost EffectiveCost ContractedCost ListCost ContractedUnitPrice ListUnitPrice PricingQuantity",
        {"copy"},
    ),
    "names of commitments": ("CommitmentDiscountId CapacityReservationId", {"pseudonym"}),
    "resources that may be commitments": ("ResourceId", {"commitment_pseudonym"}),
    "what could tell the seller's price": (
        "PricingCurrencyContractedUnitPrice PricingCurrencyListUnitPrice ContractApplied SkuPriceDetails "
        "CommitmentDiscountName CommitmentProgramEligibilityDetails",
        {"null"},
    ),
    "how the provider split its cost": (
        "AllocatedMethodDetails AllocatedMethodId AllocatedResourceId AllocatedResourceName AllocatedTags",
        {"null"},
    ),
    "the provider's wording": ("ChargeDescription ResourceName", {"sql"}),
}
WITHHELD = {
    "x_PartnerBenefitKind",
    "x_PartnerBenefitAmount",
    "x_CorrectedInvoiceId",
    "x_ProviderCustomerId",
    "x_LineType",
    "x_Extras",
    "x_Repairs",
    "x_SourceFile",
    "x_SourceRow",
    "x_SourcePart",
    "x_RateKey",
    "SliceNo",
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_of_columns_is_published_by_its_rule(group: str) -> None:
    columns, kinds = GROUPS[group]
    found = {rule.column: rule.kind for rule in rules("cost_and_usage")}
    assert {found[column] for column in columns.split()} == kinds


@pytest.mark.parametrize("file", ["cost_and_usage", "invoice_detail"])
def test_focus_files_have_every_focus_column_first_and_in_order(file: str) -> None:
    listed = [rule.column for rule in rules(file)]
    focus = [column.id for column in dataset(file)]
    assert listed[: len(focus)] == focus
    assert all(column.startswith("x_") for column in listed[len(focus) :])


def test_nothing_of_ours_is_published_but_what_is_meant_to_be() -> None:
    published = {rule.column for rule in rules("cost_and_usage")}
    assert {column.id for column in extensions()} & published == {"x_ResourceGroup", "x_PublisherName"}
    narrow = ("invoice_detail", "cost_centres", "daily_costs")
    everywhere = published | {rule.column for file in narrow for rule in rules(file)}
    assert not everywhere & (WITHHELD | {"LineCount", "x_LineCount", "x_ExactCost", "Cost", "Margin", "PartnerBenefit"})


def test_no_expression_reads_a_withheld_column() -> None:
    for file in ("invoice_detail", "cost_centres", "daily_costs", "cost_and_usage"):
        for rule in rules(file):
            for name in WITHHELD - {"SliceNo"}:
                assert name not in rule.expression, rule


def test_expressions() -> None:
    assert Rule("A", "copy").expression == "A"
    assert Rule("PaymentDueDate", "null").expression == "cast(null as TIMESTAMP)"
    assert Rule("A", "sql", "b + c").expression == "b + c"
    assert storage("Tags") == "VARCHAR"
    assert select_list("daily_costs").startswith('TenantId as "TenantId", ')


def test_the_operator_and_the_status_hold_whole_marts() -> None:
    assert dict(whole_marts("operator")).keys() == {
        "proof",
        "coverage",
        "margin",
        "holds",
        "invoices",
        "balances",
        "daily_costs",
        "commitments",
        "commitment_sharing",
        "partner_benefits",
        "conformance",
    }
    assert dict(whole_marts("status")).keys() == {
        "proof",
        "coverage",
        "holds",
        "commitments",
        "commitment_sharing",
        "partner_benefits",
        "conformance",
    }
    assert {mart for _, mart in whole_marts("operator")} < set(MARTS)
