from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from pipelines.generator import aws_columns
from tests.unit.generator.conftest import Month, exact

Sums = dict[tuple[str, str], list[Decimal]]
KINDS = """Usage DiscountedUsage SavingsPlanCoveredUsage SavingsPlanNegation SavingsPlanRecurringFee
SavingsPlanUpfrontFee RIFee Fee Tax Credit Refund SppDiscount""".split()


def paid(row: dict[str, float]) -> Decimal:
    net = row["line_item_net_unblended_cost"]
    return exact(row["line_item_unblended_cost"] if net is None else net)


def test_cur2_has_its_columns(month: Month) -> None:
    columns = [name for name, _ in aws_columns.cur2_columns()]
    assert len(columns) == 131
    assert list(month.aws()[0]) == columns
    assert set(aws_columns.CUR2) <= set(columns)


def test_control_totals_tie(month: Month) -> None:
    sums: Sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in month.aws():
        place = (row["bill_payer_account_id"], row["bill_invoice_id"])
        sums[place][row["line_item_line_item_type"] == "Tax"] += paid(row)
    cur2_payers = {payer for payer, _ in sums}
    for line in month.legacy():
        if line["bill/PayerAccountId"] not in cur2_payers:
            cost = Decimal(line["lineItem/NetUnblendedCost"] or line["lineItem/UnblendedCost"])
            place = (line["bill/PayerAccountId"], line["bill/InvoiceId"])
            sums[place][line["lineItem/LineItemType"] == "Tax"] += cost
    stated = {(one["billing_account_id"], one["invoice_id"]): one for one in month.invoices("aws")}
    assert stated.keys() == sums.keys()
    for place, (net, tax) in sums.items():
        assert (Decimal(stated[place]["net"]), Decimal(stated[place]["tax"])) == (net, tax)
        assert Decimal(stated[place]["total"]) == net + tax


def test_every_kind_of_line_occurs(month: Month) -> None:
    kinds = Counter(row["line_item_line_item_type"] for row in month.aws())
    assert not set(KINDS) - set(kinds)
    assert any(row["bill_billing_entity"] == "AWS Marketplace" for row in month.aws())
    assert any(row["line_item_unblended_cost"] < 0 for row in month.aws() if row["line_item_line_item_type"] == "Usage")
    assert any(row["resource_tags"] for row in month.aws())


def test_negations_take_covered_usage_back(month: Month) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in month.aws():
        if row["line_item_line_item_type"] in ("SavingsPlanCoveredUsage", "SavingsPlanNegation"):
            sums[row["savings_plan_savings_plan_a_r_n"]] += paid(row)
    assert len(sums) >= 2
    assert set(sums.values()) == {Decimal(0)}


def test_savings_plans_are_used_in_part(month: Month) -> None:
    used: dict[tuple[str, object], Decimal] = defaultdict(Decimal)
    rows = month.aws()
    for row in rows:
        if row["line_item_line_item_type"] == "SavingsPlanCoveredUsage":
            day = row["line_item_usage_start_date"]
            used[row["savings_plan_savings_plan_a_r_n"], day] += exact(row["savings_plan_savings_plan_effective_cost"])
    unused = []
    for row in rows:
        if row["line_item_line_item_type"] == "SavingsPlanRecurringFee":
            place = (row["savings_plan_savings_plan_a_r_n"], row["line_item_usage_start_date"])
            assert exact(row["savings_plan_used_commitment"]) == used[place]
            unused.append(exact(row["savings_plan_total_commitment_to_date"]) - used[place])
    assert min(unused) >= 0
    assert max(unused) > 0


def test_reservations_are_used_in_part(month: Month) -> None:
    effective: dict[str, Decimal] = defaultdict(Decimal)
    fees = {}
    for row in month.aws():
        arn = row["reservation_reservation_a_r_n"]
        if row["line_item_line_item_type"] == "DiscountedUsage":
            assert row["line_item_unblended_cost"] == 0
            effective[arn] += exact(row["reservation_effective_cost"])
        elif row["line_item_line_item_type"] == "RIFee":
            fees[arn] = row
    assert effective
    for arn, amount in effective.items():
        fee = fees[arn]
        unused = exact(fee["reservation_unused_recurring_fee"])
        idle = exact(fee["reservation_unused_amortized_upfront_fee_for_billing_period"])
        assert unused > 0
        spread = exact(fee["reservation_amortized_upfront_fee_for_billing_period"])
        assert amount + unused + idle == exact(fee["line_item_unblended_cost"]) + spread


def test_the_second_payer_delivers_the_same_month_twice(month: Month) -> None:
    doubled = {row["bill_payer_account_id"] for row in month.aws()} & {
        line["bill/PayerAccountId"] for line in month.legacy()
    }
    assert len(doubled) == 1
    new = sum((paid(row) for row in month.aws() if row["bill_payer_account_id"] in doubled), Decimal(0))
    old = [line for line in month.legacy() if line["bill/PayerAccountId"] in doubled]
    assert new == sum(Decimal(line["lineItem/NetUnblendedCost"]) for line in old)
    assert any(line["discount/EdpDiscount"] for line in old)


def test_one_payer_has_only_the_legacy_report(month: Month) -> None:
    legacy = {line["bill/PayerAccountId"] for line in month.legacy()}
    assert len(legacy - {row["bill_payer_account_id"] for row in month.aws()}) == 1


@pytest.mark.parametrize(
    "name", ["line_item_unblended_cost", "pricing_public_on_demand_cost", "line_item_usage_amount"]
)
def test_doubles_stand_for_fifteen_digits(month: Month, name: str) -> None:
    amounts = [exact(row[name]) for row in month.aws() if row[name]]
    assert all(len(amount.normalize().as_tuple().digits) <= 15 for amount in amounts)


def test_exactly_one_account_has_no_link(month: Month) -> None:
    links = {link["scope_id"] for link in month.config("account_links") if link["provider"] == "aws"}
    accounts = {row["line_item_usage_account_id"] for row in month.aws()}
    accounts |= {line["lineItem/UsageAccountId"] for line in month.legacy()}
    assert accounts - links == {month.report.unlinked_account}
    payer = {r["bill_payer_account_id"] for r in month.aws() if r["line_item_usage_account_id"] in accounts - links}
    owner = {link["scope_id"]: link["tenant"] for link in month.config("account_links")}
    kinds = {tenant["tenant"]: tenant["kind"] for tenant in month.config("tenants")}
    assert kinds[owner[payer.pop()]] == "reseller"


def test_a_savings_plan_reaches_accounts_of_other_customers(month: Month) -> None:
    accounts: dict[str, set[str]] = defaultdict(set)
    for row in month.aws():
        if row["line_item_line_item_type"] == "SavingsPlanCoveredUsage":
            accounts[row["savings_plan_savings_plan_a_r_n"]].add(row["line_item_usage_account_name"].rsplit("-", 2)[0])
    assert max(len(owners) for owners in accounts.values()) > 1
