"""Charges from plain FOCUS rows: dictionaries of text under the names of a focus slice's columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pipelines.generator.truth_amounts import money
from pipelines.generator.truth_charges import CREDIT, EARNED, Charge, ChargeKey, day_after

FocusRow = Mapping[str, str | None]


def charge(row: FocusRow) -> Charge:
    """One row; an absent or empty value is null. Raises KeyError without a column that no row can lack."""
    said = {name: value for name, value in row.items() if value not in (None, "")}
    rate = said.get("x_ExchangeRate")
    start = _moment(str(said["ChargePeriodStart"]))
    kind = said.get("x_PartnerBenefitKind")
    status = said.get("x_PartnerBenefitStatus") or (EARNED if kind else None)
    key = ChargeKey(
        provider=str(said["x_Provider"]),
        account=str(said["BillingAccountId"]),
        invoice=said.get("InvoiceId"),
        currency=str(said["BillingCurrency"]),
        day=start.date(),
        category=str(said["ChargeCategory"]),
        charge_class=said.get("ChargeClass"),
        corrected_invoice=said.get("x_CorrectedInvoiceId"),
        customer=said.get("x_ProviderCustomerId"),
        sub_account=said.get("SubAccountId"),
        resource_group=said.get("x_ResourceGroup"),
        service_category=said.get("ServiceCategory"),
        service=said.get("ServiceName"),
        sku=said.get("SkuId"),
        sku_price=said.get("SkuPriceId"),
        region=said.get("RegionId"),
        pricing_unit=said.get("PricingUnit"),
        publisher=said.get("x_PublisherName"),
        commitment=said.get("CommitmentDiscountType"),
        status=said.get("CommitmentDiscountStatus"),
        benefit_row=said["ChargeCategory"] == CREDIT and status == EARNED,
        tags=said.get("Tags"),
        credit_kind=said.get("x_CreditKind"),
        invoice_type=said.get("x_InvoiceType"),
        pricing_currency=said.get("PricingCurrency"),
        exchange_rate=money(rate) if rate is not None else None,
        commitment_id=said.get("CommitmentDiscountId"),
        commitment_owner=said.get("x_CommitmentOwnerId"),
        benefit_kind=kind,
        benefit_status=status,
    )
    billed = money(said["BilledCost"])
    return Charge(
        key=key,
        list_cost=money(said["ListCost"]),
        contracted=money(said["ContractedCost"]),
        billed=billed,
        effective=money(said["EffectiveCost"]),
        benefit=money(said.get("x_PartnerBenefitAmount")),
        quantity=money(said.get("PricingQuantity")),
        stated=billed,
        end=day_after(start, _moment(str(said["ChargePeriodEnd"]))),
        missed=money(said.get("x_PartnerBenefitMissed")),
    )


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said.replace("Z", ""))
