-- Google billing rows as FOCUS 1.4 charges in the operator's buy view.
-- Grain: one row per exported row (x_SourcePart 0) and one per credit of it (1, 2, ... in order): what a commitment
-- covered of the row, or a Credit. One row (x_SourcePart 99) per commitment whose offsets are not what it covered.
-- What is repaired or derived stands in x_Repairs with its reason and what was there.
with rates as (
    -- Units of the bill's currency per US dollar, and dollars per unit: 1 / rate, rounded once at 12 decimals.
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
        coalesce(list_contains(list_transform(credits, lambda entry: entry.type), 'FEE_UTILIZATION_OFFSET'), false)
            as has_offset,
        cost_type = 'regular' and (regexp_matches(lower(sku_description), '\bcommitment\b') or has_offset) as is_fee,
        -- The newer model: usage is delivered at its committed price, and the fee is offset by as much.
        cost_type = 'regular' and not is_fee and contains(upper(coalesce(consumption_model_description, '')), 'CUD')
            as is_flexible,
        cost_type = 'regular' and not is_fee and not is_flexible as is_plain,
        money(coalesce(cost, '0')) as full_cost,
        coalesce(money(cost_at_list), case when is_flexible then money(cost_at_effective_price_default) end, full_cost)
            as full_list,
        quantity_of(usage_amount) as full_usage,
        money(price_list_price) as list_rate,
        -- a commitment's own price is none of the contract
        money(case when is_flexible then coalesce(price_effective_price_default, price_effective_price)
            else price_effective_price end) as contracted_rate,
        given is not null as is_focus,
        money(given.PricingQuantity) as given_quantity,
        -- The older model: per credit what a commitment covers of the row, of the sign of the row's cost.
        case when is_plain and len(credits) > 0 then list_transform(credits, lambda entry:
            case when contains(upper(entry.type), 'COMMITTED_USAGE') and sign(full_cost) * money(entry.amount) < 0
                then -money(entry.amount) else 0 end) end as covers,
        coalesce(list_sum(covers), 0) as covered,
        covered <> 0 as is_split,
        -- More credit than cost covers all of the row.
        greatest(abs(full_cost), abs(covered)) as whole,
        strptime(invoice_month, '%Y%m') as month_start,
        rates.exchange_rate is not null and currency <> 'USD' as is_converted,
        coalesce(resource_global_name, resource_name) as resource,
    from raw_gcp
    left join rates on rates.stated = raw_gcp.currency_conversion_rate
),
fees as (
    select
        coalesce(subscription_instance_id, sku_id) as fee_commitment,
        currency as fee_currency,
        min(sku_description) as fee_name,
        bool_or(has_offset) as is_spend,
        case when count(distinct billing_account_id) = 1 then min(billing_account_id) end as fee_account,
    from lines
    where is_fee
    group by fee_commitment, fee_currency
),
-- Usage at a committed price that does not say of which commitment: that of its account, if there is only one.
sole as (
    select fee_account, min(fee_commitment) as sole_commitment
    from fees
    where is_spend and fee_account is not null
    group by fee_account
    having count(*) = 1
),
-- Google's FOCUS view states the size of a price's unit as PricingQuantity: the price says how many there were.
sized as (
    select
        *,
        not is_view or (cost_type = 'regular' and coalesce(reproduces(full_cost, contracted_rate, given_quantity),
            reproduces(full_list, list_rate, given_quantity), false)) as is_quantity_sound,
        case
            when not is_focus then coalesce(money(price_pricing_unit_quantity), 1)
            when is_quantity_sound then 1
            else coalesce(nullif(given_quantity, 0), 1)
        end as price_size,
    from lines
),
measured as (
    select
        *,
        case
            when not is_focus then quantity_of(usage_amount_in_pricing_units)
            when is_quantity_sound then given_quantity
            when cost_type <> 'regular' then null
            when usage_unit = usage_pricing_unit then full_usage
            when contracted_rate > 0 and full_cost <> 0 then quotient(full_cost, per_unit(contracted_rate, price_size))
            when list_rate > 0 and full_list <> 0 then quotient(full_list, per_unit(list_rate, price_size))
        end as full_quantity,
    from sized
),
unnested as (
    select *, case when part > 0 then credits[part] end as credit
    from (select *, unnest(range(0, coalesce(len(credits), 0) + 1)) as part from measured)
),
parts as (
    select
        unnested.*,
        upper(credit.type) as credit_type,
        coalesce(covers[part], 0) as cover,
        cover <> 0 as is_cover,
        coalesce(credit_type = 'FEE_UTILIZATION_OFFSET', false) and (is_fee or is_flexible) as is_offset,
        case
            when is_flexible and (part = 0 or is_offset) then coalesce(
                subscription_instance_id, sole_commitment, consumption_model_id, consumption_model_description
            )
            when contains(credit_type, 'COMMITTED_USAGE') or credit_type = 'FEE_UTILIZATION_OFFSET'
                then coalesce(subscription_instance_id, case when not is_fee then credit.id end, sku_id)
            when part = 0 and is_fee then coalesce(subscription_instance_id, sku_id)
        end as commitment,
        -- where the row itself does not name it
        case
            when commitment is null or subscription_instance_id is not null then null
            when is_flexible and (part = 0 or is_offset) then case when sole_commitment is not null
                then 'the only spend commitment of the account' else 'named by its consumption model' end
            when is_fee or credit.id is null then 'named by its product'
        end as commitment_why,
    from unnested
    left join sole on is_flexible and sole.fee_account = unnested.billing_account_id
),
classed as (
    select
        *,
        coalesce(credit_type = 'RESELLER_MARGIN', false) as is_margin,
        case when is_cover then 'Usage' when part > 0 then 'Credit' when cost_type = 'tax' then 'Tax'
            when cost_type <> 'regular' then 'Adjustment' when is_fee then 'Purchase' else 'Usage' end as category,
        is_cover or (part = 0 and is_flexible) as is_used,
        case when is_used then 0 when part > 0 then money(credit.amount) else full_cost - covered end as billed,
        case
            when is_cover then share_of(full_list, cover, whole)
            when category <> 'Usage' then billed
            when is_split then full_list - list_sum(list_transform(covers, lambda one: share_of(full_list, one, whole)))
            else full_list
        end as list_cost,
        case
            when is_cover then cover
            when is_used then coalesce(money(cost_at_effective_price_default), full_list)
            else billed
        end as contracted_cost,
        case when is_cover then null when is_used then full_cost when category = 'Purchase' then 0 else billed end
            as effective_cost,
        case
            when is_cover then share_of(full_quantity, cover, whole)
            when is_split
                then full_quantity - list_sum(list_transform(covers, lambda one: share_of(full_quantity, one, whole)))
            else full_quantity
        end as quantity,
        case
            when is_cover then share_of(full_usage, cover, whole)
            when is_split
                then full_usage - list_sum(list_transform(covers, lambda one: share_of(full_usage, one, whole)))
            else full_usage
        end as used_quantity,
        category in ('Usage', 'Purchase') as is_priced,
    from parts
    left join fees on fee_commitment = commitment and fee_currency = currency
),
priced as (
    select
        *,
        case when is_priced then unit_price(list_cost, list_rate, price_size, quantity) end as list_price,
        case when is_priced then unit_price(contracted_cost, contracted_rate, price_size, quantity) end
            as contracted_price,
    from classed
),
charges as (
    select
        -- identity of the bill
        'gcp' as x_Provider, parent_account_id as BillingAccountId,
        parent_account_name as BillingAccountName, 'Billing account' as BillingAccountType,
        currency as BillingCurrency, month_start as BillingPeriodStart,
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
            else case when commitment is not null then 'committed_use' else 'other' end end end as x_CreditKind,
        null as x_InvoiceType,
        case when cost_type = 'adjustment' or (adjustment_id is not null and usage_start_time < month_start)
            then 'Correction' end as ChargeClass,
        case category when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end
            as ChargeFrequency,
        case when part > 0 then coalesce(credit.name, credit.type)
            else coalesce(adjustment_description, sku_description) end as ChargeDescription,
        case when part > 0 then credit.type else cost_type end as x_LineType,
        -- money, in BillingCurrency; what a covered part costs of its commitment is derived after this
        billed as BilledCost, effective_cost as EffectiveCost,
        case when is_margin then 0 else list_cost end as ListCost,
        case when is_margin then 0 else contracted_cost end as ContractedCost,
        -- prices are in dollars where Google states at what rate it converted them
        case when is_converted then 'USD' else currency end as PricingCurrency,
        case when is_converted or currency = 'USD' then exchange_rate end as x_ExchangeRate,
        case when is_converted then cast(effective_cost * dollars_per_unit as decimal(38,12)) else effective_cost end
            as PricingCurrencyEffectiveCost,
        case when is_margin then -billed else 0 end as x_PartnerBenefitAmount,
        case when is_margin then 'RESELLER_MARGIN' end as x_PartnerBenefitKind,
        case when is_margin then 'earned' end as x_PartnerBenefitStatus,
        0 as x_PartnerBenefitMissed, -- Google does not say what could have earned a margin and did not
        -- quantity and price; a unit price that does not reproduce its cost is waived, the cost kept
        case when is_priced then quantity end as PricingQuantity,
        case when is_priced then usage_pricing_unit end as PricingUnit,
        list_price as ListUnitPrice, contracted_price as ContractedUnitPrice,
        case when not is_converted then ListUnitPrice end as PricingCurrencyListUnitPrice,
        case when not is_converted then ContractedUnitPrice end as PricingCurrencyContractedUnitPrice,
        case when category = 'Usage' then used_quantity end as ConsumedQuantity,
        case when category = 'Usage' then usage_unit end as ConsumedUnit,
        case when not is_priced then null
            when is_used then 'Committed'
            when regexp_matches(lower(sku_description), '\b(spot|preemptible)\b') then 'Dynamic'
            else 'Standard' end as PricingCategory,
        -- commitments: the fee buys one, for the project, else the sub-account, that pays it
        commitment as CommitmentDiscountId,
        case when category = 'Purchase' then coalesce(project_id, nullif(billing_account_id, parent_account_id)) end
            as x_CommitmentOwnerId,
        null as x_CommitmentStart, null as x_CommitmentEnd,
        case when category = 'Purchase' then 'no_upfront' end as x_CommitmentPayment,
        case when commitment is not null then 'CUD' end as CommitmentDiscountType,
        case when is_used then 'Used' end as CommitmentDiscountStatus,
        case when commitment is null then null
            when credit_type = 'COMMITTED_USAGE_DISCOUNT' then 'Usage'
            when part > 0 or is_flexible or is_spend or contains(lower(sku_description), 'dollar') then 'Spend'
            else 'Usage' end as CommitmentDiscountCategory,
        case when is_used and is_flexible then effective_cost when is_used then quantity
            when category = 'Purchase' then coalesce(quantity, 0) end as CommitmentDiscountQuantity,
        case when is_used and is_flexible then currency
            when is_used or category = 'Purchase' then coalesce(usage_pricing_unit, currency) end
            as CommitmentDiscountUnit,
        case when commitment is not null then coalesce(fee_name, credit.full_name, credit.name,
            consumption_model_description) end as CommitmentDiscountName,
        case when is_unused_reservation and category = 'Usage' then resource end as CapacityReservationId,
        case when CapacityReservationId is not null then 'Unused' end as CapacityReservationStatus,
        -- service, product, place
        'Google Cloud' as ServiceProviderName, 'Google Cloud' as HostProviderName, service_description as ServiceName,
        coalesce(raw_services.service_category, 'Other') as ServiceCategory,
        coalesce(raw_services.service_subcategory, 'Other (Other)') as ServiceSubcategory,
        case when category <> 'Tax' then sku_id end as SkuId,
        case when category <> 'Tax' then sku_id || case when money(price_tier_start_amount) <> 0
            then '/' || plain(money(price_tier_start_amount)) else '' end end as SkuPriceId,
        case when category <> 'Tax' then sku_description end as SkuMeter,
        case when category <> 'Tax' and price_tier_start_amount is not null then concat(
            '{"x_TierStartAmount":', plain(money(price_tier_start_amount)),
            case when price_unit is not null then ',"x_PriceUnit":' || cast(to_json(price_unit) as varchar) end,
            case when not is_focus and price_pricing_unit_quantity is not null
                then ',"x_PricingUnitQuantity":' || plain(money(price_pricing_unit_quantity)) end, '}') end
            as SkuPriceDetails,
        location_region as RegionId, coalesce(raw_regions.name, location_location) as RegionName,
        location_zone as AvailabilityZone,
        case when transaction_type like 'THIRD_PARTY%' or publisher_type = 'PARTNER'
            then coalesce(seller_name, 'Google Cloud Marketplace') end as x_PublisherName,
        -- resource; a commitment is its own resource
        case when category = 'Purchase' then CommitmentDiscountId else resource end as ResourceId,
        case when category = 'Purchase' then CommitmentDiscountId else coalesce(resource_name, resource) end
            as ResourceName,
        case when category = 'Purchase' then CommitmentDiscountType when resource is not null
            then nullif(regexp_extract(resource, '([^/]+)/[^/]+$', 1), '') end as ResourceType,
        tags_json as Tags,
        -- what Google does not deliver
        null as AllocatedMethodDetails, null as AllocatedMethodId, null as AllocatedResourceId,
        null as AllocatedResourceName, null as AllocatedTags,
        null as CommitmentProgramEligibilityDetails, null as ContractApplied, null as InvoiceDetailId,
        null as x_ResourceGroup, null as x_CorrectedInvoiceId,
        -- where the row came from
        x_Extras, x_SourceFile, x_SourceRow, cast(part as integer) as x_SourcePart,
        -- what was done to it
        case
            when is_cover then 'covered by a commitment'
            when part > 0 then 'a credit of the row'
            when is_used then 'paid with the fee of its commitment'
            when is_split then 'split'
            else 'credits netted'
        end as row_why,
        case when not is_focus then concat_ws(',',
            case when is_split and (part = 0 or is_cover) then concat_ws(',',
                repair('BilledCost', cost, 'split'),
                case when cost_at_list is not null then repair('ListCost', cost_at_list, 'split') end,
                case when full_quantity <> 0 then repair('PricingQuantity', usage_amount_in_pricing_units, 'split') end,
                case when full_usage <> 0 then repair('ConsumedQuantity', usage_amount, 'split') end) end,
            case when is_used and is_flexible then repair('BilledCost', cost, row_why) end,
            case when category = 'Usage' and cost_at_list is null then repair('ListCost', null, case
                when is_flexible and cost_at_effective_price_default is not null
                    then 'none stated: cost_at_effective_price_default' else 'none stated: cost' end) end,
            case when is_used and is_flexible and cost_at_effective_price_default is null
                then repair('ContractedCost', null, 'none stated: ListCost') end,
            case when is_priced and ListUnitPrice is distinct from list_rate then repair('ListUnitPrice',
                price_list_price, case when ListUnitPrice is null then 'does not give ListCost'
                    else 'of several units' end) end,
            case when is_priced and ContractedUnitPrice is distinct from contracted_rate then repair(
                'ContractedUnitPrice', plain(contracted_rate), case when ContractedUnitPrice is null
                    then 'does not give ContractedCost' else 'of several units' end) end,
            case when commitment_why is not null then repair('CommitmentDiscountId', null, commitment_why) end
        ) else concat_ws(',',
            restated('BilledCost', given.BilledCost, money(given.BilledCost) = BilledCost, row_why),
            restated('EffectiveCost', given.EffectiveCost, EffectiveCost is null
                or coalesce(money(given.EffectiveCost) = EffectiveCost, false),
                case when category = 'Purchase' then '0 for a commitment' else row_why end),
            restated('ListCost', given.ListCost, coalesce(money(given.ListCost) = ListCost, false),
                case when given.ListCost is null then 'none stated: the cost' else row_why end),
            restated('ContractedCost', given.ContractedCost,
                coalesce(money(given.ContractedCost) = ContractedCost, false), row_why),
            restated('PricingQuantity', given.PricingQuantity, given_quantity is not distinct from PricingQuantity, case
                when part > 0 or is_split then row_why
                when not is_priced or PricingQuantity is null then 'the size of a unit'
                when usage_unit = usage_pricing_unit then 'the size of a unit: ConsumedQuantity'
                else 'the size of a unit: the cost by its price' end),
            restated('ConsumedQuantity', given.ConsumedQuantity,
                quantity_of(given.ConsumedQuantity) is not distinct from ConsumedQuantity, row_why),
            restated('ListUnitPrice', given.ListUnitPrice,
                money(given.ListUnitPrice) is not distinct from ListUnitPrice, case when not is_priced
                    then row_why when ListUnitPrice is null then 'does not give ListCost'
                    else 'of several units' end),
            restated('ContractedUnitPrice', given.ContractedUnitPrice,
                money(given.ContractedUnitPrice) is not distinct from ContractedUnitPrice,
                case when not is_priced then row_why when ContractedUnitPrice is null
                    then 'does not give ContractedCost' else 'of several units' end),
            unlike('BillingAccountName', given.BillingAccountName, BillingAccountName, 'as the manifest says'),
            unlike('BillingAccountType', given.BillingAccountType, BillingAccountType, 'the one that pays'),
            restated('BillingPeriodStart', given.BillingPeriodStart,
                in_utc(given.BillingPeriodStart) is not distinct from BillingPeriodStart, 'Pacific time'),
            restated('BillingPeriodEnd', given.BillingPeriodEnd,
                in_utc(given.BillingPeriodEnd) is not distinct from BillingPeriodEnd, case
                    when in_utc(given.BillingPeriodEnd) < BillingPeriodEnd - interval 12 hour then 'inclusive end'
                    else 'Pacific time' end),
            unlike('ChargeCategory', given.ChargeCategory, ChargeCategory, spelled(given.ChargeCategory, ChargeCategory,
                case when part > 0 then row_why else 'by its product' end)),
            unlike('ChargeClass', given.ChargeClass, ChargeClass,
                coalesce(spelled(given.ChargeClass, ChargeClass, 'of the open month'), 'none stated: by x_CostType')),
            unlike('ChargeFrequency', given.ChargeFrequency, ChargeFrequency, 'none stated: by ChargeCategory'),
            unlike('PricingCategory', given.PricingCategory, PricingCategory, spelled(given.PricingCategory,
                    PricingCategory, case when part > 0 then row_why else 'by credits and product' end)),
            unlike('PricingCurrency', given.PricingCurrency, PricingCurrency,
                'none stated: by x_CurrencyConversionRate'),
            unlike('CommitmentDiscountId', given.CommitmentDiscountId, CommitmentDiscountId, coalesce(commitment_why,
                case when commitment is null then 'nothing of it is covered'
                    when commitment = subscription_instance_id then 'from x_SubscriptionInstanceId'
                    else 'by its credit' end)),
            unlike('CommitmentDiscountCategory', given.CommitmentDiscountCategory, CommitmentDiscountCategory,
                'by credits and product'),
            unlike('CommitmentDiscountName', given.CommitmentDiscountName, CommitmentDiscountName,
                'by credits and product'),
            unlike('CommitmentDiscountType', given.CommitmentDiscountType, CommitmentDiscountType,
                'by credits and product'),
            unlike('SubAccountId', given.SubAccountId, SubAccountId, 'the billing account: x_Project'),
            unlike('SkuPriceId', given.SkuPriceId, SkuPriceId, 'without the billing account'),
            unlike('RegionName', given.RegionName, RegionName, 'by RegionId'),
            unlike('ResourceType', given.ResourceType, ResourceType, 'by ResourceId'),
            unlike('ServiceCategory', given.ServiceCategory, ServiceCategory, 'by ServiceName'),
            unlike('ServiceSubcategory', given.ServiceSubcategory, ServiceSubcategory, 'none stated: by ServiceName'),
            unlike('ServiceProviderName', given.ServiceProviderName, ServiceProviderName, 'from ProviderName'),
            unlike('HostProviderName', given.HostProviderName, HostProviderName,
                'none before FOCUS 1.3: ServiceProviderName'),
            unlike('InvoiceIssuerName', given.InvoiceIssuerName, InvoiceIssuerName, 'none stated: Google')
        ) end as repairs,
        '{' || nullif(repairs, '') || '}' as x_Repairs,
    from priced
    left join raw_services on raw_services.code = priced.service_description
    left join raw_regions on raw_regions.code = priced.location_region
    where
        -- an offset is in the rows that it offsets; a row that is covered whole has no rest
        not is_offset
        and not (part = 0 and is_split and billed = 0 and list_cost = 0 and coalesce(quantity, 0) = 0)
),
-- Covered usage is booked at 0 and its fee as billed, so its cost and the offsets must cancel; what is left of a
-- commitment is its own row without a customer.
remainders as (
    select
        'gcp' as x_Provider, any_value(parent_account_id) as BillingAccountId, 'Billing account' as BillingAccountType,
        currency as BillingCurrency, currency as PricingCurrency, month_start as BillingPeriodStart,
        month_start + interval 1 month as BillingPeriodEnd, 'Google' as InvoiceIssuerName,
        month_start as ChargePeriodStart, month_start + interval 1 month as ChargePeriodEnd,
        'Adjustment' as ChargeCategory, 'One-Time' as ChargeFrequency, 'FEE_UTILIZATION_OFFSET' as x_LineType,
        'Committed usage not cancelled by its offset' as ChargeDescription,
        cast(sum(case when part > 0 then money(credit.amount) else full_cost end) as decimal(38,12)) as BilledCost,
        BilledCost as EffectiveCost, BilledCost as ListCost, BilledCost as ContractedCost,
        BilledCost as PricingCurrencyEffectiveCost, 0 as x_PartnerBenefitAmount, 0 as x_PartnerBenefitMissed,
        commitment as CommitmentDiscountId, 'CUD' as CommitmentDiscountType, 'Spend' as CommitmentDiscountCategory,
        'Google Cloud' as ServiceProviderName, 'Google Cloud' as HostProviderName,
        min(service_description) as ServiceName, 'Other' as ServiceCategory, 'Other (Other)' as ServiceSubcategory,
        min(struct_pack(f := x_SourceFile, r := x_SourceRow)) as first_row, 99 as x_SourcePart,
        with_repairs(null, repair('BilledCost', null, 'committed use less its offsets')) as x_Repairs,
    from classed
    where is_offset or (part = 0 and is_flexible)
    group by commitment, currency, month_start
)
select * from charges
union all by name
select * exclude (first_row), first_row.f as x_SourceFile, first_row.r as x_SourceRow
from remainders
where BilledCost <> 0
