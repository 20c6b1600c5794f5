-- Google billing rows as FOCUS 1.4 charges in the operator's buy view.
-- Grain: one row per exported row (x_SourcePart 0), and one Credit row per credit of it (1, 2, ... in order).
with parts as (
    select *, unnest(range(0, coalesce(len(credits), 0) + 1)) as part from raw_gcp
),
-- Units of the bill's currency per US dollar, and dollars per unit: 1 / rate, rounded once at 12 decimals.
rates as (
    select
        currency_conversion_rate as stated,
        money(stated) as exchange_rate,
        cast(replace(cast(exchange_rate as varchar), '.', '') as hugeint) as trillionths,
        cast((cast('2000000000000000000000000' as hugeint) + trillionths) // (2 * trillionths) as decimal(38,0))
            * cast('0.000000000001' as decimal(12,12)) as dollars_per_unit,
    from (select distinct currency_conversion_rate from raw_gcp where money(currency_conversion_rate) > 0)
),
lines as (
    select
        *,
        case when part > 0 then credits[part] end as credit,
        coalesce(list_contains(list_transform(credits, lambda entry: entry.type), 'FEE_UTILIZATION_OFFSET'), false)
            as has_offset,
        cost_type = 'regular' and (regexp_matches(lower(sku_description), '\bcommitment\b') or has_offset) as is_fee,
        strptime(invoice_month, '%Y%m') as month_start,
        rates.exchange_rate is not null and currency <> 'USD' as is_converted,
    from parts
    left join rates on rates.stated = parts.currency_conversion_rate
),
classed as (
    select
        *,
        upper(credit.type) as credit_type,
        coalesce(credit_type = 'RESELLER_MARGIN', false) as is_margin,
        coalesce(contains(credit_type, 'COMMITTED_USAGE') or credit_type = 'FEE_UTILIZATION_OFFSET', false) as is_cud,
        case when part > 0 then 'Credit' when cost_type = 'tax' then 'Tax' when cost_type <> 'regular' then 'Adjustment'
            when is_fee then 'Purchase' else 'Usage' end as category,
        category in ('Usage', 'Purchase') as is_priced,
        money(coalesce(case when part > 0 then credit.amount else cost end, '0')) as billed,
        case when category = 'Usage' then coalesce(money(cost_at_list), billed) else billed end as list_cost,
        quantity_of(usage_amount_in_pricing_units) as quantity,
        money(price_list_price) as list_rate,
        money(price_effective_price) as contracted_rate,
        is_cud or category = 'Purchase' as has_commitment,
        coalesce(resource_global_name, resource_name) as resource,
    from lines
)
select
    -- identity of the bill
    'gcp' as x_Provider, parent_account_id as BillingAccountId, cast(null as varchar) as BillingAccountName,
    'Billing account' as BillingAccountType, currency as BillingCurrency, month_start as BillingPeriodStart,
    month_start + interval 1 month as BillingPeriodEnd, cast(null as varchar) as InvoiceId,
    'Google' as InvoiceIssuerName,
    -- who and when
    nullif(billing_account_id, parent_account_id) as x_ProviderCustomerId,
    project_id as SubAccountId, project_name as SubAccountName,
    case when project_id is not null then 'Project' end as SubAccountType,
    coalesce(usage_start_time, month_start) as ChargePeriodStart,
    coalesce(usage_end_time, month_start + interval 1 month) as ChargePeriodEnd,
    -- kind of charge
    category as ChargeCategory,
    case when category <> 'Credit' or is_margin then null else case credit_type
        when 'PROMOTION' then 'promotional' when 'FREE_TIER' then 'free_tier'
        when 'SUSTAINED_USAGE_DISCOUNT' then 'sustained_use' when 'SPENDING_BASED_DISCOUNT' then 'volume'
        else case when is_cud then 'committed_use' else 'other' end end end as x_CreditKind,
    null as x_InvoiceType,
    case when cost_type = 'adjustment' or (adjustment_id is not null and usage_start_time < month_start)
        then 'Correction' end as ChargeClass,
    case category when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end
        as ChargeFrequency,
    case when part > 0 then coalesce(credit.name, credit.type) else coalesce(adjustment_description, sku_description)
        end as ChargeDescription,
    case when part > 0 then credit.type else cost_type end as x_LineType,
    -- money, in BillingCurrency; commitments are amortized later, so a fee is effective when billed
    billed as BilledCost, billed as EffectiveCost,
    case when is_margin then 0 else list_cost end as ListCost,
    case when is_margin then 0 else billed end as ContractedCost,
    -- prices are in dollars where Google states at what rate it converted them
    case when is_converted then 'USD' else currency end as PricingCurrency,
    case when is_converted or currency = 'USD' then exchange_rate end as x_ExchangeRate,
    case when is_converted then cast(billed * dollars_per_unit as decimal(38,12)) else billed end
        as PricingCurrencyEffectiveCost,
    case when is_margin then -billed else 0 end as x_PartnerBenefitAmount,
    case when is_margin then 'RESELLER_MARGIN' end as x_PartnerBenefitKind,
    -- quantity and price; a unit price that does not reproduce its cost is waived, the cost kept
    case when is_priced then quantity end as PricingQuantity,
    case when is_priced then usage_pricing_unit end as PricingUnit,
    case when is_priced and reproduces(list_cost, list_rate, quantity) then list_rate end as ListUnitPrice,
    case when is_priced and reproduces(billed, contracted_rate, quantity) then contracted_rate end as ContractedUnitPrice,
    case when not is_converted then ListUnitPrice end as PricingCurrencyListUnitPrice,
    case when not is_converted then ContractedUnitPrice end as PricingCurrencyContractedUnitPrice,
    case when category = 'Usage' then quantity_of(usage_amount) end as ConsumedQuantity,
    case when category = 'Usage' then usage_unit end as ConsumedUnit,
    case when not is_priced then null
        when regexp_matches(lower(sku_description), '\b(spot|preemptible)\b') then 'Dynamic'
        when category = 'Usage' and contains(consumption_model_description, 'CUD') then 'Committed'
        else 'Standard' end as PricingCategory,
    -- commitments: the fee buys one, credits show where it applied; no row is Used or Unused
    case when has_commitment then coalesce(subscription_instance_id, credit.id, sku_id) end as CommitmentDiscountId,
    case when has_commitment then 'CUD' end as CommitmentDiscountType,
    case when not has_commitment then null
        when credit_type = 'COMMITTED_USAGE_DISCOUNT' then 'Usage' when is_cud then 'Spend'
        when has_offset or contains(lower(sku_description), 'dollar') then 'Spend'
        else 'Usage' end as CommitmentDiscountCategory,
    case when category = 'Purchase' then coalesce(quantity, 0) end as CommitmentDiscountQuantity,
    case when category = 'Purchase' then coalesce(usage_pricing_unit, currency) end as CommitmentDiscountUnit,
    -- service, product, place
    'Google Cloud' as ServiceProviderName, 'Google Cloud' as HostProviderName, service_description as ServiceName,
    coalesce(raw_services.service_category, 'Other') as ServiceCategory,
    coalesce(raw_services.service_subcategory, 'Other (Other)') as ServiceSubcategory,
    case when category <> 'Tax' then sku_id end as SkuId,
    case when category <> 'Tax' then sku_id || case when money(price_tier_start_amount) <> 0
        then '/' || rtrim(rtrim(cast(money(price_tier_start_amount) as varchar), '0'), '.') else '' end end as SkuPriceId,
    case when category <> 'Tax' then sku_description end as SkuMeter,
    location_region as RegionId, location_location as RegionName, location_zone as AvailabilityZone,
    case when transaction_type like 'THIRD_PARTY%' or publisher_type = 'PARTNER'
        then coalesce(seller_name, 'Google Cloud Marketplace') end as x_PublisherName,
    -- resource; a commitment is its own resource
    case when category = 'Purchase' then CommitmentDiscountId else resource end as ResourceId,
    case when category = 'Purchase' then CommitmentDiscountId else coalesce(resource_name, resource) end as ResourceName,
    case when category = 'Purchase' then CommitmentDiscountType when resource is not null
        then nullif(regexp_extract(resource, '([^/]+)/[^/]+$', 1), '') end as ResourceType,
    tags_json as Tags,
    -- what Google does not deliver
    null as AllocatedMethodDetails, null as AllocatedMethodId, null as AllocatedResourceId,
    null as AllocatedResourceName, null as AllocatedTags, null as CapacityReservationId,
    null as CapacityReservationStatus, null as CommitmentDiscountName, null as CommitmentDiscountStatus,
    null as CommitmentProgramEligibilityDetails, null as ContractApplied, null as InvoiceDetailId,
    null as SkuPriceDetails, null as x_ResourceGroup, null as x_CorrectedInvoiceId,
    -- where the row came from
    x_Extras, x_SourceFile, x_SourceRow, cast(part as integer) as x_SourcePart,
from classed
left join raw_services on raw_services.code = classed.service_description
