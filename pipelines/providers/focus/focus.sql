-- FOCUS 1.0 to 1.4 rows of any provider as FOCUS 1.4 charges in the operator's buy view.
-- Grain: one row per delivered row. What is repaired or derived stands in x_Repairs with its reason and what was there.
with
-- Units of the billing currency per unit of the pricing currency, and its inverse, rounded once at 12 decimals.
rates as (
    select
        x_ExchangeRate as stated,
        money(stated) as exchange_rate,
        cast(replace(cast(exchange_rate as varchar), '.', '') as hugeint) as trillionths,
        cast((cast('2000000000000000000000000' as hugeint) + trillionths) // (2 * trillionths) as decimal(38,0))
            * cast('0.000000000001' as decimal(12,12)) as pricing_per_billing,
    from (select distinct x_ExchangeRate from raw_focus where money(x_ExchangeRate) > 0)
),
lines as (
    select
        raw_focus.*,
        word_ChargeCategory(ChargeCategory) as category,
        word_ChargeClass(ChargeClass) as class,
        word_CommitmentDiscountStatus(CommitmentDiscountStatus) as status,
        category in ('Usage', 'Purchase') as is_priced,
        coalesce(class = 'Correction', false) as is_correction,
        moment(BillingPeriodStart) as period_start,
        moment(BillingPeriodEnd) as period_end,
        moment(ChargePeriodStart) as charge_start,
        moment(ChargePeriodEnd) as charge_end,
        -- a billing month ends when the next begins; some name its last day, or its last second
        period_start = date_trunc('month', period_start) and period_end < period_start + interval 1 month
            and period_end >= period_start + interval 1 month - interval 1 day as is_period_inclusive,
        extract('second' from charge_end) = 59 and extract('minute' from charge_end) = 59 as is_charge_to_the_second,
        charge_end = charge_start and charge_start = date_trunc('day', charge_start) as is_charge_of_one_day,
        money(BilledCost) as billed,
        money(EffectiveCost) as effective_stated,
        money(ListCost) as list_stated,
        money(ContractedCost) as contracted_stated,
        quantity_of(PricingQuantity) as quantity,
        money(ListUnitPrice) as list_price,
        money(ContractedUnitPrice) as contracted_price,
        upper(BillingCurrency) as currency,
        coalesce(ServiceProviderName, ProviderName, PublisherName, InvoiceIssuerName, x_Provider) as provider_name,
        coalesce(InvoiceIssuerName, provider_name) as issuer,
        word_ServiceCategory(ServiceCategory) as category_word,
        subcategories.service_subcategory as subcategory_word,
        coalesce(category_word, subcategories.service_category, 'Other') as service_group,
        case when service_group = subcategories.service_category then subcategory_word
            else 'Other (' || service_group || ')' end as service_subgroup,
        rates.exchange_rate,
        rates.pricing_per_billing,
    from raw_focus
    left join rates on rates.stated = raw_focus.x_ExchangeRate
    left join raw_services as subcategories on subcategories.code = squash(raw_focus.ServiceSubcategory)
),
costed as (
    select
        *,
        coalesce(effective_stated, case when category = 'Purchase' and CommitmentDiscountId is not null then 0
            else billed end) as effective,
        -- Cost Management states 0 where it knows no price: marketplace and reservation rows.
        case
            when contracted_stated is not null and not (x_Provider = 'azure' and is_priced and not is_correction
                and contracted_stated = 0) then contracted_stated
            when nullif(cast(try(contracted_price * quantity) as decimal(38,12)), 0) is not null
                then cast(contracted_price * quantity as decimal(38,12))
            when not is_priced or status is null then billed
            else coalesce(nullif(contracted_stated, 0), list_stated, effective)
        end as contracted,
        case
            when list_stated is not null and not (x_Provider = 'azure' and is_priced and not is_correction
                and list_stated = 0) then list_stated
            when nullif(cast(try(list_price * quantity) as decimal(38,12)), 0) is not null
                then cast(list_price * quantity as decimal(38,12))
            else contracted
        end as listed,
        PricingCurrency is not null and upper(PricingCurrency) <> currency as is_converted,
        -- without a cost or a rate in the pricing currency the row says nothing in it
        is_converted and PricingCurrencyEffectiveCost is null and pricing_per_billing is null as is_rate_missing,
    from lines
),
priced as (
    select
        *,
        -- a unit price that does not reproduce its cost is waived, the cost kept
        not is_correction and not coalesce(reproduces(listed, list_price, quantity), true) as is_list_price_waived,
        not is_correction and not coalesce(reproduces(contracted, contracted_price, quantity), true)
            as is_contracted_price_waived,
        case when not is_list_price_waived then list_price end as list_unit_price,
        case when not is_contracted_price_waived then contracted_price end as contracted_unit_price,
        is_converted and not is_rate_missing as has_own_prices,
        Tags is not null and not coalesce(json_valid(Tags) and starts_with(ltrim(Tags), '{'), false) as is_tags_loose,
        is_tags_loose and json_valid('{' || Tags || '}') as is_tags_bare,
        case when category = 'Credit' then lower(coalesce(ChargeDescription, '')) end as words,
        case when is_charge_to_the_second then date_trunc('second', charge_end) + interval 1 second
            when is_charge_of_one_day then charge_end + interval 1 day else charge_end end as charge_until,
        case when is_period_inclusive then period_start + interval 1 month else period_end end as period_until,
    from costed
),
-- why a value is not the one delivered; null where it is
reasoned as (
    select
        *,
        nullif(concat_ws(',',
            note('BillingCurrency', BillingCurrency, case when BillingCurrency <> currency then 'spelling' end, x_Nulls),
            note('BillingPeriodStart', BillingPeriodStart, zone_note(BillingPeriodStart), x_Nulls),
            note('BillingPeriodEnd', BillingPeriodEnd, reasons(case when is_period_inclusive then 'inclusive end' end,
                zone_note(BillingPeriodEnd)), x_Nulls),
            note('ChargePeriodStart', ChargePeriodStart, zone_note(ChargePeriodStart), x_Nulls),
            note('ChargePeriodEnd', ChargePeriodEnd, reasons(case when charge_until <> charge_end then 'inclusive end'
                end, zone_note(ChargePeriodEnd)), x_Nulls),
            note('EffectiveCost', EffectiveCost, case when effective_stated is null then 'none stated: '
                || case when effective <> billed then '0 for a commitment' else 'BilledCost' end end, x_Nulls),
            note('ContractedCost', ContractedCost, case when contracted is distinct from contracted_stated
                then case when contracted_stated is null then 'none stated: ' else 'states 0 for no price: ' end || case
                    when contracted = try(cast(contracted_price * quantity as decimal(38,12)))
                        then 'ContractedUnitPrice x PricingQuantity'
                    when contracted = billed then 'BilledCost' when contracted = list_stated then 'ListCost'
                    else 'EffectiveCost' end end, x_Nulls),
            note('ListCost', ListCost, case when listed is distinct from list_stated
                then case when list_stated is null then 'none stated: ' else 'states 0 for no price: ' end || case
                    when listed = try(cast(list_price * quantity as decimal(38,12)))
                        then 'ListUnitPrice x PricingQuantity' else 'ContractedCost' end end, x_Nulls),
            note('ListUnitPrice', ListUnitPrice, case when is_list_price_waived then 'does not give ListCost' end,
                x_Nulls),
            note('ContractedUnitPrice', ContractedUnitPrice, case when is_contracted_price_waived
                then 'does not give ContractedCost' end, x_Nulls),
            note('PricingCurrency', PricingCurrency, case when PricingCurrency is null then 'none stated: BillingCurrency'
                when is_rate_missing then 'no rate or cost in it: BillingCurrency'
                when not is_converted and PricingCurrency <> currency then 'spelling' end, x_Nulls),
            note('PricingCurrencyEffectiveCost', PricingCurrencyEffectiveCost, case
                when PricingCurrencyEffectiveCost is not null then null
                when has_own_prices then 'none stated: EffectiveCost at the stated rate'
                else 'none stated: EffectiveCost' end, x_Nulls),
            note('PricingCurrencyListUnitPrice', PricingCurrencyListUnitPrice, case
                when is_rate_missing and PricingCurrencyListUnitPrice is not null then 'no rate or cost in its currency'
                when not has_own_prices and list_unit_price is not null and PricingCurrencyListUnitPrice is null
                    then 'none stated: ListUnitPrice' end, x_Nulls),
            note('PricingCurrencyContractedUnitPrice', PricingCurrencyContractedUnitPrice, case
                when is_rate_missing and PricingCurrencyContractedUnitPrice is not null
                    then 'no rate or cost in its currency'
                when not has_own_prices and contracted_unit_price is not null
                    and PricingCurrencyContractedUnitPrice is null then 'none stated: ContractedUnitPrice' end, x_Nulls),
            note('ChargeCategory', ChargeCategory, case when ChargeCategory <> category then 'spelling' end, x_Nulls),
            note('ChargeClass', ChargeClass, word_note(ChargeClass, class, 'no word of FOCUS: none'), x_Nulls),
            note('ChargeFrequency', ChargeFrequency, case when word_ChargeFrequency(ChargeFrequency) is null
                then 'none stated: by ChargeCategory' when ChargeFrequency <> word_ChargeFrequency(ChargeFrequency)
                then 'spelling' end, x_Nulls),
            note('PricingCategory', PricingCategory, word_note(PricingCategory, word_PricingCategory(PricingCategory),
                'no word of FOCUS: Other'), x_Nulls),
            note('CommitmentDiscountCategory', CommitmentDiscountCategory, word_note(CommitmentDiscountCategory,
                word_CommitmentDiscountCategory(CommitmentDiscountCategory), 'no word of FOCUS: none'), x_Nulls),
            note('CommitmentDiscountStatus', CommitmentDiscountStatus, case when CommitmentDiscountStatus <> status
                then 'spelling' end, x_Nulls),
            note('CapacityReservationStatus', CapacityReservationStatus, word_note(CapacityReservationStatus,
                word_CapacityReservationStatus(CapacityReservationStatus), 'no word of FOCUS: none'), x_Nulls),
            note('ServiceCategory', ServiceCategory, case when category_word is null
                then case when subcategory_word is not null then 'by ServiceSubcategory'
                    when ServiceCategory is null then 'none stated: Other' else 'no word of FOCUS: Other' end
                when ServiceCategory <> category_word then 'spelling' end, x_Nulls),
            note('ServiceSubcategory', ServiceSubcategory, case when ServiceSubcategory is null
                then 'none stated: by ServiceCategory' when subcategory_word is distinct from service_subgroup
                then 'not of this ServiceCategory' when ServiceSubcategory <> subcategory_word then 'spelling' end,
                x_Nulls),
            note('ServiceName', ServiceName, case when ServiceName is null then 'none stated: '
                || case when CommitmentDiscountType is null then 'ServiceCategory' else 'CommitmentDiscountType' end end,
                x_Nulls),
            note('ServiceProviderName', ServiceProviderName, case when ServiceProviderName is not null then null
                when ProviderName is not null then 'from ProviderName' when PublisherName is not null
                then 'from PublisherName' when InvoiceIssuerName is not null then 'from InvoiceIssuerName'
                else 'none stated: the vendor' end, x_Nulls),
            note('HostProviderName', HostProviderName, case when HostProviderName is null and x_Version < '1.3'
                then 'none before FOCUS 1.3: ServiceProviderName' end, x_Nulls),
            note('InvoiceIssuerName', InvoiceIssuerName, case when InvoiceIssuerName is null
                then 'none stated: ServiceProviderName' end, x_Nulls),
            note('InvoiceId', InvoiceId, case when InvoiceId is null and x_ManifestInvoice is not null
                then 'named by the manifest' end, x_Nulls),
            note('BillingAccountType', BillingAccountType, case when BillingAccountType is null
                then 'none stated: Billing account' end, x_Nulls),
            json_note('AllocatedMethodDetails', AllocatedMethodDetails, x_Nulls),
            json_note('AllocatedTags', AllocatedTags, x_Nulls),
            json_note('CommitmentProgramEligibilityDetails', CommitmentProgramEligibilityDetails, x_Nulls),
            json_note('ContractApplied', ContractApplied, x_Nulls),
            json_note('SkuPriceDetails', SkuPriceDetails, x_Nulls),
            note('Tags', Tags, case when is_tags_bare then 'braces missing' when is_tags_loose
                then 'no JSON object' end, x_Nulls),
            x_NullNotes
        ), '') as notes,
    from priced
)
select
    -- identity of the bill
    x_Provider, BillingAccountId, BillingAccountName, coalesce(BillingAccountType, 'Billing account') as BillingAccountType,
    currency as BillingCurrency, period_start as BillingPeriodStart, period_until as BillingPeriodEnd,
    coalesce(InvoiceId, x_ManifestInvoice) as InvoiceId, InvoiceDetailId, issuer as InvoiceIssuerName,
    -- who and when
    x_ProviderCustomerId, SubAccountId, SubAccountName, SubAccountType,
    charge_start as ChargePeriodStart, charge_until as ChargePeriodEnd,
    -- kind of charge
    category as ChargeCategory, class as ChargeClass,
    coalesce(word_ChargeFrequency(ChargeFrequency), case when category = 'Usage' then 'Usage-Based' else 'One-Time' end)
        as ChargeFrequency,
    ChargeDescription, null as x_LineType, null as x_InvoiceType, null as x_CorrectedInvoiceId,
    case
        when category <> 'Credit' then null
        when regexp_matches(words, '\bsla\b|service level') then 'sla'
        when regexp_matches(words, 'free[ _-]?tier') then 'free_tier'
        when regexp_matches(words, 'promo|\bactivate\b|migration') then 'promotional'
        when contains(words, 'volume') then 'volume'
        else 'other'
    end as x_CreditKind,
    -- money, in BillingCurrency; FOCUS itself knows no partner benefit
    billed as BilledCost, effective as EffectiveCost, listed as ListCost, contracted as ContractedCost,
    case when has_own_prices then PricingCurrency else currency end as PricingCurrency,
    case when has_own_prices then coalesce(money(PricingCurrencyEffectiveCost),
        cast(effective * pricing_per_billing as decimal(38,12)))
        else coalesce(case when not is_converted then money(PricingCurrencyEffectiveCost) end, effective) end
        as PricingCurrencyEffectiveCost,
    exchange_rate as x_ExchangeRate,
    -- Azure's export at a partner's scope says what the partner earned: BilledCost is net of it.
    coalesce(lower(x_PartnerCreditApplied) in ('true', '1', 'yes'), false) and x_Provider = 'azure'
        and category = 'Usage' and status is null as is_credit_earned,
    case when is_credit_earned then listed - billed else 0 end as x_PartnerBenefitAmount,
    case when is_credit_earned then 'PEC' end as x_PartnerBenefitKind,
    case when is_credit_earned then 'earned' end as x_PartnerBenefitStatus, 0 as x_PartnerBenefitMissed,
    -- quantity and price
    quantity as PricingQuantity, PricingUnit,
    list_unit_price as ListUnitPrice, contracted_unit_price as ContractedUnitPrice,
    case when has_own_prices then money(PricingCurrencyListUnitPrice)
        else coalesce(case when not is_converted then money(PricingCurrencyListUnitPrice) end, list_unit_price) end
        as PricingCurrencyListUnitPrice,
    case when has_own_prices then money(PricingCurrencyContractedUnitPrice)
        else coalesce(case when not is_converted then money(PricingCurrencyContractedUnitPrice) end,
            contracted_unit_price) end as PricingCurrencyContractedUnitPrice,
    quantity_of(ConsumedQuantity) as ConsumedQuantity, ConsumedUnit,
    coalesce(word_PricingCategory(PricingCategory), case when PricingCategory is not null then 'Other' end)
        as PricingCategory,
    -- commitments; FOCUS does not say who bought one, and states what it costs by day
    null as x_CommitmentOwnerId, null as x_CommitmentStart, null as x_CommitmentEnd, null as x_CommitmentPayment,
    CommitmentDiscountId, CommitmentDiscountName, CommitmentDiscountType,
    word_CommitmentDiscountCategory(CommitmentDiscountCategory) as CommitmentDiscountCategory,
    status as CommitmentDiscountStatus, quantity_of(CommitmentDiscountQuantity) as CommitmentDiscountQuantity,
    CommitmentDiscountUnit, CapacityReservationId,
    word_CapacityReservationStatus(CapacityReservationStatus) as CapacityReservationStatus,
    sound_json(CommitmentProgramEligibilityDetails) as CommitmentProgramEligibilityDetails,
    sound_json(ContractApplied) as ContractApplied,
    -- service, product, place
    provider_name as ServiceProviderName,
    coalesce(HostProviderName, case when x_Version < '1.3' then provider_name end) as HostProviderName,
    coalesce(ServiceName, CommitmentDiscountType, service_group) as ServiceName,
    service_group as ServiceCategory, service_subgroup as ServiceSubcategory,
    SkuId, SkuPriceId, SkuMeter, sound_json(SkuPriceDetails) as SkuPriceDetails,
    RegionId, RegionName, AvailabilityZone,
    case when lower(PublisherName) not in (lower(provider_name), lower(issuer), x_Provider)
        and not starts_with(lower(PublisherName), case x_Provider when 'aws' then 'amazon' when 'azure' then 'microsoft'
            when 'gcp' then 'google' else lower(provider_name) end) then PublisherName end as x_PublisherName,
    -- resource
    ResourceId, ResourceName, ResourceType, lower(x_ResourceGroup) as x_ResourceGroup,
    case when is_tags_bare then '{' || Tags || '}' when not is_tags_loose then Tags end as Tags,
    sound_json(AllocatedMethodDetails) as AllocatedMethodDetails, AllocatedMethodId, AllocatedResourceId,
    AllocatedResourceName, sound_json(AllocatedTags) as AllocatedTags,
    -- where the row came from, and what was done to it
    x_Extras,
    '{' || notes || '}' as x_Repairs,
    x_SourceFile, x_SourceRow, 0 as x_SourcePart,
from reasoned
