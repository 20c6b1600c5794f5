{# A buyer's FOCUS row, column by column: [column, value on a charge, value on a rounding adjustment].
   `none` is null. Columns that could tell what the seller pays are null or the edge's own; see the audience list. #}
{% macro buyer_columns() %}
{% set no_text, no_number = 'cast(null as varchar)', 'cast(null as decimal(38, 12))' %}
{% set price_per_unit = per_unit('c.InvoicedPrice', 'c.PricingQuantity') %}
{{ return([
    ['AllocatedMethodDetails', no_text, none],
    ['AllocatedMethodId', no_text, none],
    ['AllocatedResourceId', no_text, none],
    ['AllocatedResourceName', no_text, none],
    ['AllocatedTags', no_text, none],
    ['AvailabilityZone', 'c.AvailabilityZone', none],
    ['BilledCost', 'c.InvoicedPrice', 'a.RoundingAmount'],
    ['BillingAccountId', 'c.EdgeBuyer', 'a.BuyerTenantId'],
    ['BillingAccountName', no_text, none],
    ['BillingAccountType', "'Reseller Customer'", "'Reseller Customer'"],
    ['BillingCurrency', 'c.EdgeCurrency', 'a.BillingCurrency'],
    ['BillingPeriodEnd', 'c.BillingPeriodEnd', 'a.PeriodEnd'],
    ['BillingPeriodStart', 'c.BillingPeriodStart', 'a.PeriodStart'],
    ['CapacityReservationId', 'c.CapacityReservationId', none],
    ['CapacityReservationStatus', 'c.CapacityReservationStatus', none],
    ['ChargeCategory', 'c.ChargeCategory', "'Adjustment'"],
    ['ChargeClass', 'c.ChargeClass', none],
    ['ChargeDescription', 'c.ChargeDescription', "'Rounding of the invoice line to the minor unit'"],
    ['ChargeFrequency', 'c.ChargeFrequency', "'One-Time'"],
    ['ChargePeriodEnd', 'c.ChargePeriodEnd', 'a.PeriodEnd'],
    ['ChargePeriodStart', 'c.ChargePeriodStart', 'a.PeriodStart'],
    ['CommitmentDiscountCategory', 'c.CommitmentDiscountCategory', none],
    ['CommitmentDiscountId', 'c.CommitmentDiscountId', none],
    ['CommitmentDiscountName', no_text, none],
    ['CommitmentDiscountQuantity', 'c.CommitmentDiscountQuantity', none],
    ['CommitmentDiscountStatus', 'c.CommitmentDiscountStatus', none],
    ['CommitmentDiscountType', 'c.CommitmentDiscountType', none],
    ['CommitmentDiscountUnit', 'c.CommitmentDiscountUnit', none],
    ['CommitmentProgramEligibilityDetails', no_text, none],
    ['ConsumedQuantity', 'c.ConsumedQuantity', none],
    ['ConsumedUnit', 'c.ConsumedUnit', none],
    ['ContractApplied', no_text, none],
    ['ContractedCost', 'case when c.IsCovered then c.EdgeListCost else c.InvoicedPrice end', 'a.RoundingAmount'],
    ['ContractedUnitPrice', 'case
            when c.ChargeCategory not in (\'Usage\', \'Purchase\') then null
            when c.IsCovered then ' ~ r12('c.ListUnitPrice * c.FxFromProvider') ~ '
            when c.CoefCost = 0 and c.CoefContracted = 0 and c.CoefQuantity = 0 then '
                ~ r12('c.ListUnitPrice * c.CoefList') ~ '
            else ' ~ price_per_unit ~ ' end', none],
    ['EffectiveCost', 'c.AmortizedPrice', 'a.RoundingAmount'],
    ['HostProviderName', 'c.HostProviderName', none],
    ['InvoiceDetailId', 'c.LineId', 'a.InvoiceDetailId'],
    ['InvoiceId', 'c.EdgeInvoiceId', 'a.InvoiceId'],
    ['InvoiceIssuerName', 'c.EdgeSellerName', 'a.SellerName'],
    ['ListCost', 'case when c.ChargeCategory in (\'Usage\', \'Purchase\') then c.EdgeListCost else c.InvoicedPrice end',
        'a.RoundingAmount'],
    ['ListUnitPrice', r12('c.ListUnitPrice * c.FxFromProvider'), none],
    ['PricingCategory', 'c.PricingCategory', none],
    ['PricingCurrency', 'c.EdgeCurrency', 'a.BillingCurrency'],
    ['PricingCurrencyContractedUnitPrice', no_number, none],
    ['PricingCurrencyEffectiveCost', 'c.AmortizedPrice', 'a.RoundingAmount'],
    ['PricingCurrencyListUnitPrice', no_number, none],
    ['PricingQuantity', 'c.PricingQuantity', none],
    ['PricingUnit', 'c.PricingUnit', none],
    ['RegionId', 'c.RegionId', none],
    ['RegionName', 'c.RegionName', none],
    ['ResourceId', 'c.ResourceId', none],
    ['ResourceName', 'c.ResourceName', none],
    ['ResourceType', 'c.ResourceType', none],
    ['ServiceCategory', 'c.ServiceCategory', 'a.ServiceCategory'],
    ['ServiceName', 'c.ServiceName', 'a.ServiceName'],
    ['ServiceProviderName', 'c.ServiceProviderName', 'a.SellerName'],
    ['ServiceSubcategory', 'c.ServiceSubcategory', "'Other (' || a.ServiceCategory || ')'"],
    ['SkuId', 'c.SkuId', 'a.SkuId'],
    ['SkuMeter', 'c.SkuMeter', none],
    ['SkuPriceDetails', no_text, none],
    ['SkuPriceId', 'c.SkuPriceId', none],
    ['SubAccountId', 'c.SubAccountId', 'a.SubAccountId'],
    ['SubAccountName', 'c.SubAccountName', 'a.SubAccountName'],
    ['SubAccountType', 'c.SubAccountType', none],
    ['Tags', 'c.Tags', none],
    ['SellerTenantId', 'c.EdgeSeller', 'a.SellerTenantId'],
    ['BuyerTenantId', 'c.EdgeBuyer', 'a.BuyerTenantId'],
    ['x_TenantId', 'c.EdgeTenant', 'a.TenantId'],
    ['x_TenantName', 'c.EdgeTenantName', 'a.TenantName'],
    ['x_ResourceGroup', 'c.x_ResourceGroup', none],
    ['x_PublisherName', 'c.x_PublisherName', none],
    ['SliceNo', 'c.SliceNo', none],
    ['x_SourceFile', 'c.x_SourceFile', none],
    ['x_SourceRow', 'c.x_SourceRow', none],
    ['x_SourcePart', 'c.x_SourcePart', none]
]) }}
{% endmacro %}

{% macro buyer_rows(position) -%}
    {%- for column in buyer_columns() %}
        {{ column[position] if column[position] is not none else 'null' }} as {{ column[0] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
