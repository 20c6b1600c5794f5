{# A buyer's FOCUS row, column by column: [column, value on a charge, value on a row of a line (custom or rounding)].
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
    ['BilledCost', 'c.InvoicedPrice', 'a.Amount'],
    ['BillingAccountId', 'c.EdgeBuyer', 'a.BuyerTenantId'],
    ['BillingAccountName', no_text, none],
    ['BillingAccountType', "'Reseller Customer'", "'Reseller Customer'"],
    ['BillingCurrency', 'c.EdgeCurrency', 'a.BillingCurrency'],
    ['BillingPeriodEnd', 'c.BillingPeriodEnd', 'a.PeriodEnd'],
    ['BillingPeriodStart', 'c.BillingPeriodStart', 'a.PeriodStart'],
    ['CapacityReservationId', 'c.CapacityReservationId', none],
    ['CapacityReservationStatus', 'c.CapacityReservationStatus', none],
    ['ChargeCategory', 'c.ChargeCategory', 'a.ChargeCategory'],
    ['ChargeClass', 'c.ChargeClass', none],
    ['ChargeDescription', 'c.ChargeDescription', 'a.ChargeDescription'],
    ['ChargeFrequency', 'c.ChargeFrequency', 'a.ChargeFrequency'],
    ['ChargePeriodEnd', 'c.ChargePeriodEnd', 'a.ChargePeriodEnd'],
    ['ChargePeriodStart', 'c.ChargePeriodStart', 'a.ChargePeriodStart'],
    ['CommitmentDiscountCategory', shown_commitment('c.CommitmentDiscountCategory'), none],
    ['CommitmentDiscountId', shown_commitment('c.CommitmentDiscountId'), none],
    ['CommitmentDiscountName', no_text, none],
    ['CommitmentDiscountQuantity', shown_commitment('c.CommitmentDiscountQuantity'), none],
    ['CommitmentDiscountStatus', shown_commitment('c.CommitmentDiscountStatus'), none],
    ['CommitmentDiscountType', shown_commitment('c.CommitmentDiscountType'), none],
    ['CommitmentDiscountUnit', shown_commitment('c.CommitmentDiscountUnit'), none],
    ['CommitmentProgramEligibilityDetails', no_text, none],
    ['ConsumedQuantity', 'c.ConsumedQuantity', none],
    ['ConsumedUnit', 'c.ConsumedUnit', none],
    ['ContractApplied', no_text, none],
    ['ContractedCost', 'case when c.Treatment = \'covered\' then c.EdgeListCost else c.InvoicedPrice end', 'a.Amount'],
    ['ContractedUnitPrice', 'case
            when c.ChargeCategory not in (\'Usage\', \'Purchase\') then null
            when c.Treatment = \'covered\' then ' ~ list_unit_price() ~ '
            when c.Treatment in (\'pooled\', \'amortized\') or c.CoefBenefit <> 0 then ' ~ price_per_unit ~ '
            when c.CoefCost = 0 and c.CoefContracted = 0 and c.CoefQuantity = 0 then '
                ~ r12('c.ListUnitPrice * c.CoefList') ~ '
            when c.CoefCost = 0 and c.CoefContracted = 0 and c.CoefList = 0 then c.CoefQuantity
            else ' ~ price_per_unit ~ ' end', 'a.UnitPrice'],
    ['EffectiveCost', 'c.AmortizedPrice', 'a.Amount'],
    ['HostProviderName', 'coalesce(c.HostSellerName, c.HostProviderName,
            case when c.ServiceSellerName is not null then c.ServiceProviderName end)', none],
    ['InvoiceDetailId', 'c.LineId', 'a.InvoiceDetailId'],
    ['InvoiceId', 'c.EdgeInvoiceId', 'a.InvoiceId'],
    ['InvoiceIssuerName', 'c.EdgeSellerName', 'a.SellerName'],
    ['ListCost', 'case when c.ChargeCategory in (\'Usage\', \'Purchase\') then c.EdgeListCost else c.InvoicedPrice end',
        'a.Amount'],
    ['ListUnitPrice', list_unit_price(), 'a.UnitPrice'],
    ['PricingCategory', 'case when c.ShowsCommitment or c.PricingCategory <> \'Committed\' then c.PricingCategory
            else \'Standard\' end', 'a.PricingCategory'],
    ['PricingCurrency', 'c.EdgeCurrency', 'a.BillingCurrency'],
    ['PricingCurrencyContractedUnitPrice', no_number, none],
    ['PricingCurrencyEffectiveCost', 'c.AmortizedPrice', 'a.Amount'],
    ['PricingCurrencyListUnitPrice', no_number, none],
    ['PricingQuantity', 'c.PricingQuantity', 'a.PricingQuantity'],
    ['PricingUnit', 'c.PricingUnit', 'a.PricingUnit'],
    ['RegionId', 'c.RegionId', none],
    ['RegionName', 'c.RegionName', none],
    ['ResourceId', shown_resource('c.ResourceId'), none],
    ['ResourceName', shown_resource('c.ResourceName'), none],
    ['ResourceType', shown_resource('c.ResourceType'), none],
    ['ServiceCategory', 'c.ServiceCategory', 'a.ServiceCategory'],
    ['ServiceName', 'c.ServiceName', 'a.ServiceName'],
    ['ServiceProviderName', 'coalesce(c.ServiceSellerName, c.ServiceProviderName)', 'a.SellerName'],
    ['ServiceSubcategory', 'c.ServiceSubcategory', 'a.ServiceSubcategory'],
    ['SkuId', 'c.SkuId', 'a.SkuId'],
    ['SkuMeter', 'c.SkuMeter', none],
    ['SkuPriceDetails', no_text, none],
    ['SkuPriceId', 'c.SkuPriceId', 'a.SkuPriceId'],
    ['SubAccountId', 'c.SubAccountId', 'a.SubAccountId'],
    ['SubAccountName', 'c.SubAccountName', 'a.SubAccountName'],
    ['SubAccountType', 'c.SubAccountType', 'a.SubAccountType'],
    ['Tags', 'c.Tags', none],
    ['SellerTenantId', 'c.EdgeSeller', 'a.SellerTenantId'],
    ['BuyerTenantId', 'c.EdgeBuyer', 'a.BuyerTenantId'],
    ['x_TenantId', 'c.EdgeTenant', 'a.TenantId'],
    ['x_TenantName', 'c.EdgeTenantName', 'a.TenantName'],
    ['x_ResourceGroup', 'c.x_ResourceGroup', none],
    ['x_PublisherName', 'c.x_PublisherName', none],
    ['x_OwnsCommitment', 'c.OwnsCommitment', 'false'],
    ['SliceNo', 'c.SliceNo', none],
    ['x_SourceFile', 'c.x_SourceFile', none],
    ['x_SourceRow', 'c.x_SourceRow', none],
    ['x_SourcePart', 'c.x_SourcePart', 'a.PartNo']
]) }}
{% endmacro %}

{# A commitment is shown where its fee bills what it covers; elsewhere the charge is one like any other. #}
{% macro shown_commitment(column) -%}case when c.ShowsCommitment then {{ column }} end{%- endmacro %}

{% macro shown_resource(column) -%}
    case when c.ShowsCommitment or coalesce(c.ResourceId, '') <> coalesce(c.CommitmentDiscountId, '')
        then {{ column }} end
{%- endmacro %}

{# The list price per unit on the edge: the provider's, or the seller's rate card in its place. #}
{% macro list_unit_price() -%}
    case when c.ListCoefQuantity <> 0 then c.ListCoefQuantity else {{ r12('c.ListUnitPrice * c.ListCoefList') }} end
{%- endmacro %}

{% macro buyer_rows(position) -%}
    {%- for column in buyer_columns() %}
        {{ column[position] if column[position] is not none else 'null' }} as {{ column[0] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
