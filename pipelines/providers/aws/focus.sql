-- CUR line items as FOCUS 1.4 charges in the operator's buy view.
-- Grain: one row per booked line item; a second row (x_SourcePart 1) for the unused part of a commitment
-- fee; one row (x_SourcePart 2) per invoice whose covered usage and negation do not cancel.
with lines as (
    select
        * exclude (product_name),
        line_item_line_item_type as kind,
        coalesce(line_item_net_unblended_cost, line_item_unblended_cost) as invoiced_text,
        money(coalesce(invoiced_text, '0')) as invoiced,
        money(coalesce(line_item_unblended_cost, '0')) as unblended,
        -- Without a rate between them, public prices in another currency say nothing in that of the bill.
        coalesce(pricing_currency <> line_item_currency_code, false) as is_priced_abroad,
        case when not is_priced_abroad then nullif(money(pricing_public_on_demand_cost), 0) end as public_cost,
        quantity_of(line_item_usage_amount) as quantity,
        coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n) as commitment,
        savings_plan_savings_plan_a_r_n is not null or kind like 'SavingsPlan%' as is_savings_plan,
        kind in ('DiscountedUsage', 'SavingsPlanCoveredUsage') as is_used,
        kind in ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee') or (kind in ('Fee', 'Refund')
            and (commitment is not null or line_item_product_code = 'ComputeSavingsPlans')) as is_commitment_fee,
        case when kind in ('SppDiscount', 'EdpDiscount', 'PrivateRateDiscount') then kind end as discount_kind,
        coalesce(nullif(product['product_name'], ''), product_name, line_item_product_code) as service_name,
        unnest(case when kind in ('SavingsPlanRecurringFee', 'RIFee') then [0, 1] else [0] end) as part,
    from raw_cur
    where kind <> 'SavingsPlanNegation'
        -- Container shares repeat the cost of the instance they were cut from; they carry none themselves.
        and not (invoiced = 0 and split_line_item_parent_resource_id is not null
            and line_item_operation in ('EKSPod-EC2', 'ECSTask-EC2'))
),
classed as (
    select
        *,
        case
            when part = 1 or is_used or kind = 'Usage' then 'Usage'
            when is_commitment_fee or kind in ('Fee', 'FlatRateSubscription') then 'Purchase'
            when kind = 'Tax' then 'Tax'
            when kind = 'Refund' then case when line_item_usage_type is null then 'Adjustment' else 'Usage' end
            else 'Credit'
        end as category,
        category in ('Usage', 'Purchase') as is_priced,
        case when kind = 'DiscountedUsage' then reservation_effective_cost
            when is_used then savings_plan_savings_plan_effective_cost end as amortized_text,
        -- Without partner discounts, as every basis: what the partner saves on a commitment stands on its fee.
        case
            when part = 1 and is_savings_plan
                then money(savings_plan_total_commitment_to_date) - money(savings_plan_used_commitment)
            when part = 1 then money(coalesce(reservation_unused_amortized_upfront_fee_for_billing_period, '0'))
                + money(coalesce(reservation_unused_recurring_fee, '0'))
            when is_used then money(coalesce(amortized_text, '0'))
        end as amortized,
        case when part = 1 or kind = 'SavingsPlanCoveredUsage' then 0 else invoiced end as billed,
        -- A discount inside the row shows as the gap to its net cost; AWS names it in the discount map.
        discount_kind is null and is_priced and part = 0 and not is_used and unblended <> invoiced as has_inner_discount,
        case when not is_priced or part = 1 then 0 when category = 'Usage' then coalesce(public_cost, unblended)
            else unblended end as list_cost,
        case when is_used then list_cost when part = 1 then 0 else unblended end as contracted_cost,
        -- A legacy report has a column per discount of the account: only those with an amount are the row's.
        case when has_inner_discount then lower(array_to_string(list_transform(list_filter(map_entries(discount),
            lambda entry: money(nullif(entry.value, '')) <> 0), lambda entry: entry.key), ' ')) end as inner_discounts,
        case when category = 'Credit' then lower(coalesce(line_item_line_item_description, '')) end as words,
        case when not is_priced_abroad then money(pricing_public_on_demand_rate) end as list_rate,
        money(line_item_unblended_rate) as contracted_rate,
        -- The text that each cost was read from.
        case when public_cost is not null and category = 'Usage' then pricing_public_on_demand_cost
            when is_priced then line_item_unblended_cost else invoiced_text end as list_text,
        case when is_priced then line_item_unblended_cost else invoiced_text end as contracted_text,
        coalesce(savings_plan_end_time, reservation_end_time) as end_text,
        try_cast(end_text as timestamp) as term_end,
        -- Without the option for capacity reservations, unused ones are known by their usage type and resource.
        lower(capacity_reservation_capacity_reservation_status) as capacity_status,
        coalesce(regexp_matches(line_item_usage_type, 'Unused(Box|Ded)'), false) as is_idle,
        case when category <> 'Usage' or part = 1 then null
            when capacity_reservation_capacity_reservation_arn is not null then case
                when coalesce(capacity_status, 'used') in ('used', 'unused')
                    then capacity_reservation_capacity_reservation_arn end
            when is_idle and contains(line_item_resource_id, '/cr-') then line_item_resource_id end as capacity,
    from lines
),
priced as (
    select
        *,
        -- a unit price that is negative or does not reproduce its cost is waived, the cost kept
        case when is_priced and part = 0 and list_rate >= 0 and reproduces(list_cost, list_rate, quantity)
            then list_rate end as list_price,
        case when is_priced and part = 0 and contracted_rate >= 0
            and reproduces(contracted_cost, contracted_rate, quantity) then contracted_rate end as contracted_price,
    from classed
),
charges as (
    select
        -- identity of the bill
        'aws' as x_Provider, bill_payer_account_id as BillingAccountId, bill_payer_account_name as BillingAccountName,
        'Payer account' as BillingAccountType, line_item_currency_code as BillingCurrency,
        bill_billing_period_start_date as BillingPeriodStart, bill_billing_period_end_date as BillingPeriodEnd,
        bill_invoice_id as InvoiceId, coalesce(bill_invoicing_entity, 'Amazon Web Services, Inc.') as InvoiceIssuerName,
        -- who and when
        coalesce(line_item_usage_account_id, bill_payer_account_id) as SubAccountId,
        line_item_usage_account_name as SubAccountName, 'Account' as SubAccountType,
        coalesce(line_item_usage_start_date, bill_billing_period_start_date) as ChargePeriodStart,
        coalesce(line_item_usage_end_date, bill_billing_period_end_date) as ChargePeriodEnd,
        -- kind of charge
        category as ChargeCategory,
        case
            when category <> 'Credit' or discount_kind is not null then null
            when kind = 'RiVolumeDiscount' then 'volume'
            when regexp_matches(words, '\bsla\b|service level') then 'sla'
            when regexp_matches(words, 'free[ _-]?tier') then 'free_tier'
            when regexp_matches(words, 'promo|\bactivate\b|migration') then 'promotional'
            when contains(words, 'volume') then 'volume'
            else 'other'
        end as x_CreditKind,
        bill_bill_type as x_InvoiceType,
        case when kind = 'Refund' or (bill_bill_type = 'Refund' and is_priced) then 'Correction' end as ChargeClass,
        case when category = 'Usage' then 'Usage-Based' when kind in ('SavingsPlanRecurringFee', 'RIFee',
            'FlatRateSubscription') then 'Recurring' else 'One-Time' end as ChargeFrequency,
        line_item_line_item_description as ChargeDescription, kind as x_LineType,
        -- money, in BillingCurrency
        billed as BilledCost,
        case when amortized is not null then amortized when category = 'Purchase' and is_commitment_fee then 0
            else billed end as EffectiveCost,
        case when is_priced or discount_kind is not null then list_cost else billed end as ListCost,
        case when is_priced then contracted_cost when discount_kind is not null then 0 else billed end as ContractedCost,
        line_item_currency_code as PricingCurrency, EffectiveCost as PricingCurrencyEffectiveCost,
        case when discount_kind is not null then -billed when has_inner_discount then unblended - billed else 0 end
            as x_PartnerBenefitAmount,
        case
            when discount_kind is not null then case discount_kind when 'SppDiscount' then 'SPP'
                when 'EdpDiscount' then 'EDP' else 'PRIVATE_RATE' end
            when has_inner_discount then case
                when contains(inner_discounts, 'spp') then 'SPP'
                when contains(inner_discounts, 'private') then 'PRIVATE_RATE' else 'EDP' end
        end as x_PartnerBenefitKind,
        case when x_PartnerBenefitKind is not null then 'earned' end as x_PartnerBenefitStatus,
        -- quantity and price
        case when is_priced and part = 0 and pricing_unit is not null then quantity end as PricingQuantity,
        case when is_priced and part = 0 then pricing_unit end as PricingUnit,
        list_price as ListUnitPrice, contracted_price as ContractedUnitPrice,
        list_price as PricingCurrencyListUnitPrice, contracted_price as PricingCurrencyContractedUnitPrice,
        case when (is_used or kind = 'Usage') and pricing_unit is not null then quantity end as ConsumedQuantity,
        case when is_used or kind = 'Usage' then pricing_unit end as ConsumedUnit,
        case when is_used or part = 1 then 'Committed' when not is_priced then null
            when contains(line_item_usage_type, 'SpotUsage') then 'Dynamic' else 'Standard' end as PricingCategory,
        -- commitments
        case when is_used or part = 1 or is_commitment_fee then coalesce(commitment, line_item_product_code) end
            as CommitmentDiscountId,
        -- arn:partition:service:region:account:resource
        case when CommitmentDiscountId is not null then nullif(split_part(commitment, ':', 5), '') end
            as x_CommitmentOwnerId,
        case when CommitmentDiscountId is not null then try_cast(
            coalesce(savings_plan_start_time, reservation_start_time) as timestamp) end as x_CommitmentStart,
        -- the last second of the term, or the moment after it
        case when CommitmentDiscountId is not null then date_trunc('minute', term_end + interval 1 second)
            end as x_CommitmentEnd,
        case when CommitmentDiscountId is null then null else case split_part(lower(
            case when is_savings_plan then savings_plan_payment_option else pricing_purchase_option end), ' ', 1)
            when 'all' then 'all_upfront' when 'partial' then 'partial_upfront' when 'no' then 'no_upfront' end
            end as x_CommitmentPayment,
        case when CommitmentDiscountId is null then null when is_savings_plan then 'Savings Plan'
            else 'Reserved Instance' end as CommitmentDiscountType,
        case when CommitmentDiscountId is null then null when is_savings_plan then 'Spend' else 'Usage' end
            as CommitmentDiscountCategory,
        case when part = 1 then 'Unused' when is_used then 'Used' end as CommitmentDiscountStatus,
        case when CommitmentDiscountId is null then null when is_savings_plan then coalesce(amortized, billed)
            when part = 1 then money(coalesce(reservation_unused_quantity, '0')) else coalesce(quantity, 0) end
            as CommitmentDiscountQuantity,
        case when CommitmentDiscountId is null then null when is_savings_plan then line_item_currency_code
            else coalesce(pricing_unit, 'Hrs') end as CommitmentDiscountUnit,
        capacity as CapacityReservationId,
        case when capacity is null then null when coalesce(capacity_status = 'unused', is_idle) then 'Unused'
            else 'Used' end as CapacityReservationStatus,
        -- service, product, place
        'AWS' as ServiceProviderName, 'AWS' as HostProviderName, service_name as ServiceName,
        coalesce(raw_services.service_category, 'Other') as ServiceCategory,
        coalesce(raw_services.service_subcategory, 'Other (Other)') as ServiceSubcategory,
        case when category <> 'Tax' then product_sku end as SkuId,
        case when category <> 'Tax' then coalesce(pricing_rate_code, pricing_rate_id) end as SkuPriceId,
        case when SkuId is not null then line_item_usage_type end as SkuMeter,
        -- what the price list says of the product, in FOCUS's words where it has some
        coalesce(product_operating_system, product['operating_system']) as operating_system,
        case when SkuPriceId is not null and coalesce(product_instance_type, nullif(operating_system, ''),
                nullif(product['storage_class'], ''), nullif(product['volume_api_name'], ''),
                nullif(product['database_engine'], '')) is not null
            then cast(json_merge_patch('{}', json_object(
                'CoreCount', try_cast(product['vcpu'] as integer),
                'DiskType', nullif(product['volume_api_name'], ''),
                'GpuCount', try_cast(product['gpu'] as integer),
                'InstanceType', product_instance_type,
                'OperatingSystem', nullif(operating_system, ''),
                'StorageClass', nullif(product['storage_class'], ''),
                'x_DatabaseEngine', nullif(product['database_engine'], ''),
                'x_DeploymentOption', nullif(product['deployment_option'], ''),
                'x_LicenseModel', nullif(product['license_model'], ''),
                'x_Memory', nullif(product['memory'], ''),
                'x_Tenancy', nullif(product['tenancy'], ''))) as varchar) end as SkuPriceDetails,
        coalesce(product_region_code, nullif(product['region'], ''), product_region) as RegionId,
        case when coalesce(product_location_type, 'AWS Region') = 'AWS Region' then product_location end as RegionName,
        line_item_availability_zone as AvailabilityZone,
        case when bill_billing_entity = 'AWS Marketplace'
            then coalesce(line_item_legal_entity, bill_billing_entity) end as x_PublisherName,
        -- resource; a commitment is its own resource
        case when is_commitment_fee then commitment else line_item_resource_id end as ResourceId,
        case when ResourceId is not null then regexp_extract(ResourceId, '[^/:]+$') end as ResourceName,
        case when ResourceId is not null then coalesce(product_product_family, CommitmentDiscountType) end as ResourceType,
        cast(to_json(map_from_entries(list_sort(list_filter(list_transform(map_entries(resource_tags),
            lambda tag: struct_pack(k := regexp_replace(tag.key, '^user[:_]', ''), v := tag.value)),
            lambda tag: tag.v <> '')))) as varchar) as all_tags, nullif(all_tags, '{}') as Tags,
        -- Why a value is not the one delivered, or where none was. A synthesized row says so once.
        case when part = 1 then repair('EffectiveCost', null, 'unused') else nullif(concat_ws(',',
            case when kind = 'SavingsPlanCoveredUsage' and invoiced <> 0
                    then repair('BilledCost', invoiced_text, 'taken away by its negation')
                when loses(invoiced_text) then repair('BilledCost', invoiced_text, 'rounded to 12 decimals') end,
            case when is_used and amortized_text is null then repair('EffectiveCost', null, 'none stated: 0')
                when category = 'Purchase' and is_commitment_fee and billed <> 0
                    then repair('EffectiveCost', invoiced_text, 'commitment: borne by its use')
                when loses(case when is_used then amortized_text else invoiced_text end)
                    then repair('EffectiveCost', case when is_used then amortized_text else invoiced_text end,
                        'rounded to 12 decimals') end,
            case when discount_kind is not null then repair('ListCost', invoiced_text, 'partner discount: 0')
                when category = 'Usage' and public_cost is null
                    and (pricing_public_on_demand_cost is null or unblended <> 0)
                    then repair('ListCost', pricing_public_on_demand_cost, case when is_priced_abroad
                        then 'not in BillingCurrency: line_item_unblended_cost'
                        else 'none stated: line_item_unblended_cost' end)
                when loses(list_text) then repair('ListCost', list_text, 'rounded to 12 decimals') end,
            case when discount_kind is not null then repair('ContractedCost', invoiced_text, 'partner discount: 0')
                when is_used and contracted_cost <> unblended
                    then repair('ContractedCost', line_item_unblended_cost, 'covered usage: ListCost')
                when loses(contracted_text) then repair('ContractedCost', contracted_text, 'rounded to 12 decimals') end,
            case when list_price is null and is_priced and pricing_public_on_demand_rate is not null
                then repair('ListUnitPrice', pricing_public_on_demand_rate, case
                    when is_priced_abroad then 'not in BillingCurrency' else 'does not give ListCost' end)
                when loses(pricing_public_on_demand_rate) and is_priced
                    then repair('ListUnitPrice', pricing_public_on_demand_rate, 'rounded to 12 decimals') end,
            case when contracted_price is null and is_priced and line_item_unblended_rate is not null
                then repair('ContractedUnitPrice', line_item_unblended_rate, 'does not give ContractedCost')
                when loses(line_item_unblended_rate) and is_priced
                    then repair('ContractedUnitPrice', line_item_unblended_rate, 'rounded to 12 decimals') end,
            case when is_priced and quantity <> 0 and pricing_unit is null
                then repair('PricingQuantity', line_item_usage_amount, 'no unit stated')
                when is_priced and loses(line_item_usage_amount)
                    then repair('PricingQuantity', line_item_usage_amount, 'rounded to 12 decimals') end,
            case when (is_used or kind = 'Usage') and quantity <> 0 and pricing_unit is null
                then repair('ConsumedQuantity', line_item_usage_amount, 'no unit stated')
                when ConsumedQuantity is not null and loses(line_item_usage_amount)
                then repair('ConsumedQuantity', line_item_usage_amount, 'rounded to 12 decimals') end,
            case when is_priced_abroad then repair('PricingCurrency', pricing_currency, 'no rate: BillingCurrency') end,
            case when bill_invoicing_entity is null
                then repair('InvoiceIssuerName', null, 'none stated: Amazon Web Services, Inc.') end,
            case when line_item_usage_account_id is null
                then repair('SubAccountId', null, 'none stated: BillingAccountId') end,
            case when line_item_usage_start_date is null
                then repair('ChargePeriodStart', null, 'none stated: BillingPeriodStart') end,
            case when line_item_usage_end_date is null
                then repair('ChargePeriodEnd', null, 'none stated: BillingPeriodEnd') end,
            case when raw_services.code is null then concat_ws(',',
                repair('ServiceCategory', coalesce(product_servicecode, line_item_product_code), 'unknown service: Other'),
                repair('ServiceSubcategory', null, 'unknown service: Other')) end,
            case when CommitmentDiscountId is not null and commitment is null
                then repair('CommitmentDiscountId', null, 'no ARN stated: line_item_product_code') end,
            case when CommitmentDiscountId is not null and not is_savings_plan and pricing_unit is null
                then repair('CommitmentDiscountUnit', null, 'none stated: Hrs') end,
            case when x_CommitmentEnd <> term_end then repair('x_CommitmentEnd', end_text, 'inclusive end') end,
            case when capacity is null and category = 'Usage' and capacity_reservation_capacity_reservation_arn is not null
                then repair('CapacityReservationId', capacity_reservation_capacity_reservation_arn,
                    'neither used nor unused')
                when capacity is not null and capacity_status is null
                then repair('CapacityReservationStatus', null, 'none stated: line_item_usage_type') end
        ), '') end as repairs,
        -- where the row came from
        x_Extras, x_SourceFile, x_SourceRow, part as x_SourcePart,
    from priced
    left join raw_services on raw_services.code = coalesce(product_servicecode, line_item_product_code)
    where part = 0 or amortized <> 0
),
-- AWS bills covered usage at its on-demand value and takes the same away in negation rows. Both are booked
-- at 0; should an invoice's pair not cancel, what is left is its own row without a customer.
pairs as (
    select
        bill_payer_account_id as BillingAccountId, bill_invoice_id as InvoiceId,
        line_item_currency_code as BillingCurrency, any_value(bill_payer_account_name) as BillingAccountName,
        any_value(bill_billing_period_start_date) as BillingPeriodStart,
        any_value(bill_billing_period_end_date) as BillingPeriodEnd,
        min(coalesce(bill_invoicing_entity, 'Amazon Web Services, Inc.')) as InvoiceIssuerName,
        min(struct_pack(f := x_SourceFile, r := x_SourceRow)) as first_row,
        cast(exact_total(coalesce(line_item_net_unblended_cost, line_item_unblended_cost, '0')) as decimal(38,12))
            as remainder,
    from raw_cur
    where line_item_line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
    group by bill_payer_account_id, bill_invoice_id, line_item_currency_code
),
remainders as (
    select
        * exclude (remainder, first_row),
        'aws' as x_Provider, 'Payer account' as BillingAccountType, BillingCurrency as PricingCurrency,
        BillingPeriodStart as ChargePeriodStart, BillingPeriodEnd as ChargePeriodEnd,
        'Adjustment' as ChargeCategory, 'One-Time' as ChargeFrequency, 'SavingsPlanNegation' as x_LineType,
        'Savings Plan usage not cancelled by its negation' as ChargeDescription,
        remainder as BilledCost, remainder as EffectiveCost, remainder as ListCost, remainder as ContractedCost,
        remainder as PricingCurrencyEffectiveCost, 0 as x_PartnerBenefitAmount,
        'AWS' as ServiceProviderName, 'AWS' as HostProviderName, 'Savings Plans' as ServiceName,
        'Other' as ServiceCategory, 'Other (Other)' as ServiceSubcategory,
        repair('BilledCost', null, 'left by negations of covered usage') as repairs,
        first_row.f as x_SourceFile, first_row.r as x_SourceRow, 2 as x_SourcePart,
    from pairs
    where remainder <> 0
),
-- what AWS does not deliver
absent as (
    select
        null as AllocatedMethodDetails, null as AllocatedMethodId, null as AllocatedResourceId,
        null as AllocatedResourceName, null as AllocatedTags, null as CommitmentDiscountName,
        null as CommitmentProgramEligibilityDetails, null as ContractApplied, null as InvoiceDetailId,
        null as x_ProviderCustomerId, null as x_ResourceGroup, null as x_CorrectedInvoiceId, null as x_ExchangeRate,
    where false
),
booked as (
    select * exclude (all_tags, operating_system) from charges
    union all by name select * from remainders
    union all by name select * from absent
)
-- AWS does not say what could have earned a discount and did not
select
    * exclude (repairs), case when repairs is not null then concat('{', repairs, '}') end as x_Repairs,
    0 as x_PartnerBenefitMissed,
from booked
