-- Grain: one FOCUS charge row per row of the actual cost export, but for use that a commitment covers, and per row of
-- the amortized export that is such use or an unused part. Buy view; amounts in BillingCurrency.
with read_rows as (
    select
        *,
        upper(BillingCurrency) as Currency,
        money(Cost) as Amount,
        IsCommitted and not IsBought as IsUse,
        starts_with(Kind, 'unused') as IsUnused,
        coalesce(nullif(money(ExchangeRatePricingToBilling), 0), 1) as Rate,
        case when PricingCurrency is null then Currency else upper(PricingCurrency) end as PricedIn,
        -- Without a cost or a rate in the pricing currency the row says nothing in it.
        PricedIn <> Currency and CostInPricingCurrency is null and money(ExchangeRatePricingToBilling) is null
            as IsRateMissing,
        money(UnitPrice) as AgreedPrice,
        nullif(money(PayGPrice), 0) as PublicPrice,
        case regexp_extract(upper(UnitOfMeasure), '^([0-9]+[KM]?)(?:[ /]|$)', 1)
            when '10' then 0.1
            when '100' then 0.01
            when '1000' then 0.001
            when '1K' then 0.001
            when '10000' then 0.0001
            when '10K' then 0.0001
            when '100000' then 0.00001
            when '100K' then 0.00001
            when '1000000' then 0.000001
            when '1M' then 0.000001
            else 1
        end as PerUnit,
        coalesce(PartnerEarnedCreditApplied, PartnerEarnedCreditRate) is not null as IsPartner,
        coalesce(lower(PartnerEarnedCreditApplied) in ('true', '1', 'yes'), false) as IsEarned,
        coalesce(lower(PublisherType), 'azure') in ('azure', 'microsoft', 'firstparty') as IsFirstParty,
        coalesce(cast(moment(Date) as date), cast(moment(BillingPeriodStartDate) as date)) as Day,
        date_trunc('month', moment(BillingPeriodStartDate)) as PeriodStart,
        regexp_extract(lower(BenefitId), '/microsoft\.(capacity|billingbenefits)/', 1) as BenefitFrom,
        lower(coalesce(PricingModel, '')) as Model,
        case when Tags is null or starts_with(ltrim(Tags), '{') then Tags else '{' || Tags || '}' end as WrappedTags,
        lower(split_part(lower(ResourceId), '/providers/', -1)) as ResourceTail,
        case when contains(AdditionalInfo, 'VMCapacityReservationId')
            then nullif(json_extract_string(
                case when json_valid(AdditionalInfo) then AdditionalInfo end, '$.VMCapacityReservationId'), '')
        end as CapacityId
    from raw_cost
    where IsBooked
),

-- Quantities come in units or in blocks of the unit of measure: whichever gives the cost at the price paid.
measured as (
    select
        *,
        money(EffectivePrice) * Rate as Paid,
        case
            when PerUnit = 1 or Paid is null or Amount = 0 then money(Quantity)
            when abs(Amount - cast(cast(Paid as decimal(38,12)) * money(Quantity) as decimal(38,12)))
                <= abs(Amount - cast(cast(Paid as decimal(38,12)) * cast(money(Quantity) * PerUnit as decimal(38,12))
                    as decimal(38,12)))
                then money(Quantity)
            else cast(money(Quantity) * PerUnit as decimal(38,12))
        end as Units,
        case when Rate = 1 then AgreedPrice else cast(AgreedPrice * Rate as decimal(38,12)) end as AgreedUnit,
        case when Rate = 1 then PublicPrice else cast(PublicPrice * Rate as decimal(38,12)) end as PublicUnit,
        case when IsUse then 0 else Amount end as BilledCost,
        case when IsCommitted and IsActual then 0 else Amount end as EffectiveCost,
        Kind = 'usage' as IsMetered
    from read_rows
),

-- An earned credit is no contract price: at a partner's scope the agreed price is the public one.
costed as (
    select
        *,
        case when IsMetered then cast(AgreedUnit * Units as decimal(38,12)) end as AgreedCost,
        case when IsMetered then coalesce(
            nullif(money(PaygCostInBillingCurrency), 0), cast(PublicUnit * Units as decimal(38,12))) end as PublicCost,
        case
            when IsUnused then 0
            when not IsMetered then BilledCost
            when IsPartner and PublicCost is not null then PublicCost
            when AgreedCost is null or (AgreedCost = 0 and Amount <> 0) then coalesce(PublicCost, Amount)
            else AgreedCost
        end as ContractedCost,
        case when IsUnused then 0 when IsMetered then coalesce(PublicCost, ContractedCost) else BilledCost end
            as ListCost,
        case when IsMetered and PublicCost is null then ContractedCost <> 0 or Amount <> 0 else false end as IsUnlisted,
        -- What is bought has the price that was agreed, in whatever currency; its cost is as charged.
        IsMetered or IsBought as IsPriced,
        case when IsMetered and IsPartner then PublicUnit else AgreedUnit end as OwnUnit,
        case when IsBought then AgreedUnit else coalesce(PublicUnit, if(IsUnlisted, AgreedUnit, null)) end as ListUnit
    from measured
),

priced as (
    select
        *,
        IsPriced and not coalesce(reproduces(ListCost, ListUnit, Units), true) as IsListUnitWaived,
        IsPriced and not coalesce(reproduces(ContractedCost, OwnUnit, Units), true) as IsOwnUnitWaived,
        IsPartner and IsMetered and not IsUse and IsEarned as HasBenefit,
        IsPartner and IsMetered and not IsUse and not IsEarned and ListCost > 0 and IsFirstParty and Model <> 'spot'
        and not regexp_matches(lower(coalesce(MeterCategory, '')), '\bsupport\b') as IsMissed,
        case
            when Kind in ('usage', 'unusedreservation', 'unusedsavingsplan') then 'Usage'
            when IsBought then 'Purchase'
            when Kind in ('tax', 'credit') then upper(left(Kind, 1)) || substr(Kind, 2)
            else 'Adjustment'
        end as ChargeCategory,
        ChargeCategory in ('Usage', 'Purchase') and not IsUnused as HasQuantity,
        ChargeCategory = 'Adjustment' and Kind <> 'roundingadjustment' as IsUnrecognized,
        case when IsCommitted then coalesce(
            nullif(regexp_extract(lower(BenefitId), 'orders/([^/]+)', 1), ''), lower(ProductOrderId),
            lower(ReservationId), lower(BenefitId), 'unnamed') end as CommitmentDiscountId,
        case
            when not IsCommitted then null
            when BenefitFrom = 'billingbenefits' or contains(replace(Model, ' ', ''), 'savingsplan')
                or Kind = 'unusedsavingsplan' then 'Savings Plan'
            else 'Reservation'
        end as CommitmentDiscountType,
        coalesce(MeterCategory, CommitmentDiscountType, ConsumedService, ProductName, 'Azure') as Service,
        case
            when lower(replace(Frequency, '-', '')) = 'usagebased' then 'Usage-Based'
            when lower(replace(Frequency, '-', '')) = 'onetime' then 'One-Time'
            when lower(Frequency) = 'recurring' then 'Recurring'
            when Kind = 'usage' or IsUnused then 'Usage-Based'
            else 'One-Time'
        end as ChargeFrequency,
        not IsRateMissing and PricedIn <> Currency as HasOwnPrices
    from costed
),

-- Why a value is not what the rule of its column gives; null where it is.
noted as (
    select
        *,
        nullif(concat_ws(
            ',',
            case when IsUnlisted then repair('ListCost', PaygCostInBillingCurrency, 'no public price: ContractedCost') end,
            case when IsUnlisted and ListUnit is not null and not IsListUnitWaived
                then repair('ListUnitPrice', PayGPrice, 'no public price: UnitPrice') end,
            case when IsListUnitWaived
                then repair(
                    'ListUnitPrice', if(IsBought, UnitPrice, PayGPrice), 'dropped: does not give ListCost') end,
            case when IsMetered and not IsPartner and ContractedCost is distinct from AgreedCost
                then repair('ContractedCost', UnitPrice,
                    if(PublicCost is null, 'no agreed price: Cost', 'no agreed price: ListCost')) end,
            case when IsOwnUnitWaived
                then repair('ContractedUnitPrice', UnitPrice, 'dropped: does not give ContractedCost') end,
            case when HasQuantity and Units is distinct from money(Quantity)
                then repair('PricingQuantity', Quantity, 'in units: one price is of a block') end,
            case when CommitmentDiscountId = 'unnamed' then repair('CommitmentDiscountId', null, 'none stated') end,
            case when MeterCategory is null then repair('ServiceName', null, 'none stated') end,
            case when UnitOfMeasure is null and HasQuantity and Units is not null then repair('PricingUnit', null, 'none stated') end,
            case when IsUnrecognized then repair('ChargeCategory', ChargeType, 'unrecognized charge type') end,
            case when lower(replace(replace(Frequency, '-', ''), ' ', '')) in ('usagebased', 'onetime', 'recurring')
                then null else repair('ChargeFrequency', Frequency, 'no word for it: by ChargeType') end,
            case when IsRateMissing
                then repair('PricingCurrency', PricingCurrency, 'no rate or cost in it: BillingCurrency') end,
            case when HasOwnPrices and CostInPricingCurrency is null
                then repair('PricingCurrencyEffectiveCost', null, 'none stated: at the stated rate') end,
            case when Tags is not null and not coalesce(json_valid(WrappedTags), false)
                    then repair('Tags', Tags, 'no JSON object')
                when WrappedTags <> Tags then repair('Tags', Tags, 'braces missing') end
        ), '') as Repairs
    from priced
)

select
    -- Where the row comes from.
    'azure' as x_Provider, x_SourceFile, x_SourceRow, 0 as x_SourcePart,
    if(IsUnrecognized, 'unrecognized: ' || ChargeType, ChargeType) as x_LineType, x_Extras,
    '{' || Repairs || '}' as x_Repairs,
    -- Who is billed, by whom, for which month.
    coalesce(BillingProfileId, BillingAccountId) as BillingAccountId,
    coalesce(BillingProfileName, BillingAccountName) as BillingAccountName,
    if(BillingProfileId is null or BillingProfileId = BillingAccountId, 'Billing Account', 'Billing Profile')
        as BillingAccountType,
    'Microsoft' as InvoiceIssuerName, InvoiceId, null as InvoiceDetailId, PeriodStart as BillingPeriodStart,
    PeriodStart + interval 1 month as BillingPeriodEnd, Currency as BillingCurrency,
    -- Whose it is.
    lower(CustomerTenantId) as x_ProviderCustomerId, lower(SubscriptionId) as SubAccountId,
    if(SubscriptionId is null, null, SubscriptionName) as SubAccountName, if(SubscriptionId is null, null, 'Azure Subscription') as SubAccountType,
    lower(ResourceGroup) as x_ResourceGroup,
    -- What kind of charge, over which day.
    noted.ChargeCategory, if(noted.ChargeCategory = 'Credit', 'other', null) as x_CreditKind, null as x_InvoiceType,
    if(Kind = 'refund', 'Correction', null) as ChargeClass, PreviousInvoiceId as x_CorrectedInvoiceId,
    coalesce(ProductName, MeterName, ProductOrderName) as ChargeDescription, ChargeFrequency,
    cast(Day as timestamp) as ChargePeriodStart, cast(Day + 1 as timestamp) as ChargePeriodEnd,
    -- Amounts.
    noted.BilledCost, noted.EffectiveCost, ListCost, ContractedCost,
    case when HasBenefit or IsMissed then 'PEC' end as x_PartnerBenefitKind,
    case when HasBenefit then 'earned' when IsMissed then 'missed' end as x_PartnerBenefitStatus,
    case when HasBenefit or (IsMissed and abs(ListCost - BilledCost) < 0.01) then ListCost - BilledCost else 0 end
        as x_PartnerBenefitAmount,
    case when IsMissed then cast(ListCost * 0.15 as decimal(38,12)) else 0 end as x_PartnerBenefitMissed,
    -- Prices and quantities.
    case when IsPriced and not IsListUnitWaived then ListUnit end as ListUnitPrice,
    case when IsPriced and not IsOwnUnitWaived then OwnUnit end as ContractedUnitPrice,
    case when HasQuantity then Units end as PricingQuantity,
    case when HasQuantity and Units is not null then coalesce(UnitOfMeasure, 'Units') end as PricingUnit,
    case
        when noted.ChargeCategory in ('Tax', 'Credit', 'Adjustment') then null
        when IsUse then 'Committed' when Model = 'spot' then 'Dynamic' else 'Standard'
    end as PricingCategory,
    case when IsMetered then Units end as ConsumedQuantity,
    case when IsMetered and Units is not null then coalesce(UnitOfMeasure, 'Units') end as ConsumedUnit,
    if(HasOwnPrices, PricedIn, Currency) as PricingCurrency,
    case when PricingCurrency is not null then nullif(money(ExchangeRatePricingToBilling), 0) end as x_ExchangeRate,
    case
        when not HasOwnPrices or EffectiveCost = 0 then EffectiveCost
        when CostInPricingCurrency is not null then money(CostInPricingCurrency)
        else amount_of(sign(EffectiveCost) * ((2 * units_of(abs(EffectiveCost)) * 1000000000000 + units_of(Rate))
            // (2 * units_of(Rate))))
    end as PricingCurrencyEffectiveCost,
    case when IsPriced and HasOwnPrices then if(IsBought, AgreedPrice, PublicPrice)
        when IsPriced and not IsListUnitWaived then ListUnit end as PricingCurrencyListUnitPrice,
    case when IsPriced and HasOwnPrices then if(IsPartner and IsMetered, PublicPrice, AgreedPrice)
        when IsPriced and not IsOwnUnitWaived then OwnUnit end as PricingCurrencyContractedUnitPrice,
    -- Commitments.
    CommitmentDiscountId, noted.CommitmentDiscountType,
    case when IsUnused then 'Unused' when IsUse then 'Used' end as CommitmentDiscountStatus,
    case when IsCommitted then lower(CustomerTenantId) end as x_CommitmentOwnerId,
    case when IsCommitted and Kind = 'purchase' and ChargeFrequency = 'One-Time' then cast(Day as timestamp) end
        as x_CommitmentStart,
    x_CommitmentStart + to_months(try_cast(Term as integer)) as x_CommitmentEnd,
    case when IsCommitted and Kind = 'purchase'
        then if(ChargeFrequency = 'One-Time', 'all_upfront', 'no_upfront') end as x_CommitmentPayment,
    case noted.CommitmentDiscountType when 'Savings Plan' then 'Spend' when 'Reservation' then 'Usage' end
        as CommitmentDiscountCategory,
    case CommitmentDiscountCategory when 'Spend' then Amount when 'Usage' then Units end as CommitmentDiscountQuantity,
    case CommitmentDiscountCategory when 'Spend' then Currency when 'Usage' then coalesce(UnitOfMeasure, 'Units') end
        as CommitmentDiscountUnit,
    case when IsCommitted then coalesce(BenefitName, ReservationName) end as CommitmentDiscountName,
    null as CommitmentProgramEligibilityDetails, null as ContractApplied,
    CapacityId as CapacityReservationId,
    case
        when CapacityId is null then null
        when contains(ResourceTail, 'capacityreservationgroups/') then 'Unused'
        else 'Used'
    end as CapacityReservationStatus,
    -- What was sold; a publisher is named where it is not Microsoft.
    'Microsoft' as ServiceProviderName, 'Microsoft' as HostProviderName, Service as ServiceName,
    coalesce(by_service.service_category, by_provider.service_category, 'Other') as ServiceCategory,
    coalesce(by_service.service_subcategory, by_provider.service_subcategory, 'Other (Other)') as ServiceSubcategory,
    case when not IsFirstParty then coalesce(PublisherName, 'Marketplace') end as x_PublisherName,
    if(Kind = 'tax', null, coalesce(ProductId, PartNumber, MeterId)) as SkuId,
    if(Kind = 'tax', null, nullif(concat_ws('/', ProductId, PartNumber, MeterId), '')) as SkuPriceId,
    if(Kind = 'tax', null, MeterName) as SkuMeter,
    null as SkuPriceDetails,
    -- Where it ran.
    lower(replace(coalesce(ResourceLocation, Location), ' ', '')) as RegionId,
    coalesce(ResourceLocation, Location) as RegionName, AvailabilityZone,
    lower(ResourceId) as ResourceId,
    case when ResourceId is not null
        then coalesce(noted.ResourceName, nullif(split_part(lower(noted.ResourceId), '/', -1), '')) end as ResourceName,
    case when contains(lower(ResourceId), '/providers/')
        then nullif(concat_ws('/', split_part(ResourceTail, '/', 1), split_part(ResourceTail, '/', 2)), '') end
        as ResourceType,
    sound_json(WrappedTags) as Tags,
    -- Split cost allocation: not a feature of this export.
    null as AllocatedMethodDetails, null as AllocatedMethodId, null as AllocatedResourceId,
    null as AllocatedResourceName, null as AllocatedTags
from noted
left join raw_services as by_service on by_service.code = lower(noted.Service)
left join raw_services as by_provider on by_provider.code = lower(ConsumedService)
