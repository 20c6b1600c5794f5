"""How a line item is spread over the columns of CUR 2.0 (Parquet) and of the legacy report (CSV).

CUR 2.0 always has the columns of catalog/aws_cur2_columns.csv; those not named here are null. The legacy
report has the columns that the account happens to use.
"""

from __future__ import annotations

from pipelines.generator import catalog

STAMP = "'%Y-%m-%dT%H:%M:%SZ'"
SP_LINE = "sp_arn is not null"
MOMENT = "'%Y-%m-%dT%H:%M:%S.000Z'"
# A year's term that is half over; AWS names its last second.
TERM_START = f"strftime(cast(getvariable('month_start') as timestamp) - interval 6 month, {MOMENT})"
TERM_END = f"strftime(cast(getvariable('month_start') as timestamp) + interval 6 month - interval 1 second, {MOMENT})"
# CUR 2.0 column -> SQL over the view `wide`; money and quantities get their double from exact text.
CUR2 = {
    "bill_bill_type": "case when refunded then 'Refund' else 'Anniversary' end",
    "bill_billing_entity": "billing_entity",
    "bill_billing_period_end_date": "cast(getvariable('month_end') as timestamp)",
    "bill_billing_period_start_date": "cast(getvariable('month_start') as timestamp)",
    "bill_invoice_id": "invoice_id",
    "bill_invoicing_entity": "'Amazon Web Services EMEA SARL'",
    "bill_payer_account_id": "payer_id",
    "bill_payer_account_name": "getvariable('payer_name')",
    "discount": "case when net <> unblended then map {'EdpDiscount': number(net - unblended)} else map {} end",
    "discount_total_discount": "case when net <> unblended then number(net - unblended) end",
    "identity_line_item_id": "md5(getvariable('seed') || line_no || '/' || getvariable('part'))",
    "identity_time_interval": f"strftime(starts_at, {STAMP}) || '/' || strftime(ends_at, {STAMP})",
    "line_item_availability_zone": "zone",
    "line_item_blended_cost": "number(unblended)",
    "line_item_blended_rate": "rate",
    "line_item_currency_code": "'USD'",
    "line_item_legal_entity": "legal_entity",
    "line_item_line_item_description": "text",
    "line_item_line_item_type": "line_type",
    "line_item_net_unblended_cost": "number(net)",
    "line_item_operation": "act",
    "line_item_product_code": "code",
    "line_item_resource_id": "resource_id",
    "line_item_tax_type": "tax_type",
    "line_item_unblended_cost": "number(unblended)",
    "line_item_unblended_rate": "rate",
    "line_item_usage_account_id": "usage_account_id",
    "line_item_usage_account_name": "usage_account_name",
    "line_item_usage_amount": "number(quantity)",
    "line_item_usage_end_date": "ends_at",
    "line_item_usage_start_date": "starts_at",
    "line_item_usage_type": "usage_kind",
    "pricing_currency": "'USD'",
    "pricing_public_on_demand_cost": "number(public_cost)",
    "pricing_public_on_demand_rate": "rate",
    "pricing_rate_code": "rate_code",
    "pricing_rate_id": "rate_id",
    "pricing_term": "case when ri_arn is not null then 'Reserved' when product_no is not null then 'OnDemand' end",
    "pricing_unit": "measure",
    "product":
        "case when title is null then map {} else map {'product_name': title, 'region': coalesce(region, '')} end",
    "product_instance_type": "instance_type",
    "product_operation": "act",
    "product_product_family": "family",
    "product_region_code": "region",
    "product_servicecode": "code",
    "product_sku": "sku",
    "product_usagetype": "usage_kind",
    "reservation_amortized_upfront_cost_for_usage": "number(ri_amortized)",
    "reservation_amortized_upfront_fee_for_billing_period": "number(ri_amortized_total)",
    "reservation_effective_cost": "number(ri_effective)",
    "reservation_end_time": f"case when ri_arn is not null then {TERM_END} end",
    "reservation_recurring_fee_for_usage": "number(ri_recurring)",
    "reservation_reservation_a_r_n": "ri_arn",
    "reservation_start_time": f"case when ri_arn is not null then {TERM_START} end",
    "reservation_unused_amortized_upfront_fee_for_billing_period": "number(ri_unused_amortized)",
    "reservation_unused_quantity": "number(ri_unused_quantity)",
    "reservation_unused_recurring_fee": "number(ri_unused_recurring)",
    "reservation_upfront_value": "number(ri_upfront)",
    "reservation_net_amortized_upfront_cost_for_usage": "case when discounted then number(ri_amortized) end",
    "reservation_net_effective_cost": "case when discounted then number(ri_effective) end",
    "reservation_net_recurring_fee_for_usage": "case when discounted then number(ri_recurring) end",
    "reservation_net_unused_amortized_upfront_fee_for_billing_period":
        "case when discounted then number(ri_unused_amortized) end",
    "reservation_net_unused_recurring_fee": "case when discounted then number(ri_unused_recurring) end",
    "resource_tags": "tags",
    "savings_plan_amortized_upfront_commitment_for_billing_period": "number(sp_amortized)",
    "savings_plan_net_savings_plan_effective_cost": "case when discounted then number(sp_effective) end",
    "savings_plan_offering_type": f"case when {SP_LINE} then 'ComputeSavingsPlans' end",
    "savings_plan_end_time": f"case when {SP_LINE} then {TERM_END} end",
    "savings_plan_payment_option": "sp_payment",
    "savings_plan_purchase_term": f"case when {SP_LINE} then '1yr' end",
    "savings_plan_recurring_commitment_for_billing_period": "number(sp_recurring)",
    "savings_plan_savings_plan_a_r_n": "sp_arn",
    "savings_plan_savings_plan_effective_cost": "number(sp_effective)",
    "savings_plan_savings_plan_rate": "case when sp_rate is not null then plain(sp_rate) end",
    "savings_plan_start_time": f"case when {SP_LINE} then {TERM_START} end",
    "savings_plan_total_commitment_to_date": "number(sp_total)",
    "savings_plan_used_commitment": "number(sp_used)",
}  # fmt: skip
# Legacy column -> SQL; amounts are written as exact digits.
LEGACY = {
    "identity/LineItemId": CUR2["identity_line_item_id"],
    "identity/TimeInterval": CUR2["identity_time_interval"],
    "bill/InvoiceId": "invoice_id",
    "bill/BillingEntity": "billing_entity",
    "bill/BillType": CUR2["bill_bill_type"],
    "bill/PayerAccountId": "payer_id",
    "bill/BillingPeriodStartDate": f"strftime(cast(getvariable('month_start') as timestamp), {STAMP})",
    "bill/BillingPeriodEndDate": f"strftime(cast(getvariable('month_end') as timestamp), {STAMP})",
    "lineItem/UsageAccountId": "usage_account_id",
    "lineItem/LegalEntity": "legal_entity",
    "lineItem/LineItemType": "line_type",
    "lineItem/UsageStartDate": f"strftime(starts_at, {STAMP})",
    "lineItem/UsageEndDate": f"strftime(ends_at, {STAMP})",
    "lineItem/ProductCode": "code",
    "lineItem/UsageType": "usage_kind",
    "lineItem/Operation": "act",
    "lineItem/AvailabilityZone": "zone",
    "lineItem/ResourceId": "resource_id",
    "lineItem/UsageAmount": "plain(quantity)",
    "lineItem/CurrencyCode": "'USD'",
    "lineItem/UnblendedRate": "rate",
    "lineItem/UnblendedCost": "plain(unblended)",
    "lineItem/BlendedRate": "rate",
    "lineItem/BlendedCost": "plain(unblended)",
    "lineItem/LineItemDescription": "text",
    "lineItem/TaxType": "tax_type",
    "product/ProductName": "title",
    "product/instanceType": "instance_type",
    "product/operation": "act",
    "product/productFamily": "family",
    "product/region": "region",
    "product/servicecode": "code",
    "product/sku": "sku",
    "product/usagetype": "usage_kind",
    "pricing/RateCode": "rate_code",
    "pricing/RateId": "rate_id",
    "pricing/currency": "'USD'",
    "pricing/publicOnDemandCost": "plain(public_cost)",
    "pricing/publicOnDemandRate": "rate",
    "pricing/term": CUR2["pricing_term"],
    "pricing/unit": "measure",
    "reservation/AmortizedUpfrontCostForUsage": "plain(ri_amortized)",
    "reservation/AmortizedUpfrontFeeForBillingPeriod": "plain(ri_amortized_total)",
    "reservation/EffectiveCost": "plain(ri_effective)",
    "reservation/RecurringFeeForUsage": "plain(ri_recurring)",
    "reservation/ReservationARN": "ri_arn",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "plain(ri_unused_amortized)",
    "reservation/UnusedQuantity": "plain(ri_unused_quantity)",
    "reservation/UnusedRecurringFee": "plain(ri_unused_recurring)",
    "reservation/UpfrontValue": "plain(ri_upfront)",
    "savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod": "plain(sp_amortized)",
    "savingsPlan/OfferingType": CUR2["savings_plan_offering_type"],
    "savingsPlan/PaymentOption": "sp_payment",
    "savingsPlan/PurchaseTerm": CUR2["savings_plan_purchase_term"],
    "savingsPlan/RecurringCommitmentForBillingPeriod": "plain(sp_recurring)",
    "savingsPlan/SavingsPlanARN": "sp_arn",
    "savingsPlan/SavingsPlanEffectiveCost": "plain(sp_effective)",
    "savingsPlan/SavingsPlanRate": CUR2["savings_plan_savings_plan_rate"],
    "savingsPlan/TotalCommitmentToDate": "plain(sp_total)",
    "savingsPlan/UsedCommitment": "plain(sp_used)",
    "lineItem/NetUnblendedCost": "plain(net)",
    "discount/EdpDiscount": "case when net <> unblended then plain(net - unblended) end",
    "discount/TotalDiscount": "case when net <> unblended then plain(net - unblended) end",
    "resourceTags/user:app": "tags['user_app']",
    "resourceTags/user:env": "tags['user_env']",
}


def cur2_columns() -> list[tuple[str, str]]:
    """Name and DuckDB type of every CUR 2.0 column, in the report's order."""
    return [(record["name"], record["type"]) for record in catalog.read("aws_cur2_columns.csv")]


def cur2_select() -> str:
    """The select that writes CUR 2.0 rows."""
    items = (f"cast({CUR2.get(name, 'null')} as {kind}) as {name}" for name, kind in cur2_columns())
    return "select " + ",\n    ".join(items) + "\nfrom wide"


def legacy_select() -> str:
    """The select that writes rows of the legacy report."""
    return "select " + ",\n    ".join(f'{text} as "{name}"' for name, text in LEGACY.items()) + "\nfrom wide"
