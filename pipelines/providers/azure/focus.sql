-- Grain: one FOCUS charge row per daily usage row, per reconciliation line that is not usage, per line with tax
-- (part 1) and per key that Microsoft rounded (part 2). Buy view; amounts in the invoice's currency. x_Repairs names
-- what is not as the README's rule of the column gives it.
with priced_days as (
    select
        *,
        money(UnitPrice) as Price,
        money(PCToBCExchangeRate) as Rate,
        money(Quantity) as Units,
        money(BillingPreTaxTotal) as BilledCost,
        case when Rate = 1 then Price else cast(Price * Rate as decimal(38,12)) end as ListUnitPrice,
        -- Price x rate x quantity rounded once: the price has up to 24 decimals, so it is multiplied in two parts
        -- where its first 12 are not all of it.
        case
            when Rate = 1 or cast(ListUnitPrice as decimal(38,24)) = Price * Rate
                then cast(ListUnitPrice * Units as decimal(38,12))
            else cast(
                ListUnitPrice * Units + cast((Price * Rate - ListUnitPrice) * Units as decimal(38,24))
                as decimal(38,12)
            )
        end as ListCost,
        -- Covered usage costs nothing; a row that costs money is billed, whatever benefit it names. The order is what a
        -- purchase names too: order, order/benefit, or a path with the order in it.
        case
            when BilledCost = 0 and lower(coalesce(BenefitType, '')) <> 'includedquantity'
                then regexp_extract(
                    lower(coalesce(BenefitOrderId, BenefitId)), '^(?:.*orders/)?/*([^/]+)', 1
                )
        end as CommitmentDiscountId,
        CommitmentDiscountId is not null as IsCovered,
        money(PartnerEarnedCreditPercentage) > 0 as IsEarned,
        -- What could have earned the credit: Microsoft's own metered usage that somebody pays for.
        not IsEarned and ListCost > 0 and not IsCovered and coalesce(money(CreditPercentage), 0) = 0
        and not contains(lower(coalesce(MeterName, '')), 'spot')
        and starts_with(lower(coalesce(PublisherName, 'microsoft')), 'microsoft')
        and not regexp_matches(lower(coalesce(MeterCategory, ProductName, '')), '\bsupport\b') as IsMissed,
        coalesce(
            BenefitType,
            if(contains(lower(coalesce(BenefitId, BenefitOrderId)), 'billingbenefits'), 'SavingsPlan', 'Reservation')
        ) as BenefitKind,
        case when contains(AdditionalInfo, 'VMCapacityReservationId')
            then nullif(lower(json_extract_string(
                case when json_valid(AdditionalInfo) then AdditionalInfo end, '$.VMCapacityReservationId')), '')
        end as CapacityId,
        lower(ResourceURI) as ResourceId,
        split_part(ResourceId, '/providers/', -1) as ResourceTail
    from raw_usage
),

-- Daily usage. The public price is UnitPrice x Quantity x rate; the earned credit is what the charge is below it.
usage_rows as (
    select
        -- Where the row comes from, who uses it.
        x_SourceFile, x_SourceRow, 0 as x_SourcePart, x_Extras, ChargeType as x_LineType, InvoiceNumber, PartnerName,
        concat_ws(
            ',',
            case when IsCovered and BenefitType is null
                then repair('CommitmentDiscountType', null, 'none stated: by the id') end,
            case when MeterCategory is null then repair('ServiceName', null, 'none stated: the product') end,
            case when UnitType is null then repair('PricingUnit', null, 'none stated: Unit') end,
            case when Unit is null then repair('ConsumedUnit', null, 'none stated: UnitType') end,
            case when PricingCurrency is null then repair('PricingCurrency', null, 'none stated: BillingCurrency') end,
            case when not starts_with(Tags, '{') then repair('Tags', Tags, 'braces missing') end
        ) as Repairs,
        CustomerId, lower(ResourceGroup) as x_ResourceGroup, lower(EntitlementId) as SubAccountId,
        EntitlementDescription as SubAccountName, 'Azure Subscription' as SubAccountType,
        -- What kind of charge, over which day.
        'Usage' as ChargeCategory, 'Usage-Based' as ChargeFrequency,
        concat_ws(', ', ProductName, SkuName, MeterName) as ChargeDescription,
        cast(cast(left(UsageDate, 10) as date) as timestamp) as ChargePeriodStart,
        ChargePeriodStart + interval 1 day as ChargePeriodEnd,
        -- Amounts and quantities.
        BillingCurrency, BilledCost, ListCost, ListCost as ContractedCost,
        ListUnitPrice, ListUnitPrice as ContractedUnitPrice, Units as PricingQuantity,
        coalesce(UnitType, Unit, 'Units') as PricingUnit, Units as ConsumedQuantity,
        coalesce(Unit, UnitType, 'Units') as ConsumedUnit, PricingCurrency,
        case when PricingCurrency is not null then Rate end as x_ExchangeRate,
        money(PricingPreTaxTotal) as PricingCurrencyEffectiveCost, Price as PricingCurrencyListUnitPrice,
        Price as PricingCurrencyContractedUnitPrice,
        case when IsEarned or IsMissed then 'PEC' end as x_PartnerBenefitKind,
        case when IsEarned then 'earned' when IsMissed then 'missed' end as x_PartnerBenefitStatus,
        -- A row that missed the credit starts at the same exact price as one that earned it: the digits tell nothing.
        case when IsEarned or (IsMissed and abs(ListCost - BilledCost) < 0.01) then ListCost - BilledCost end
            as x_PartnerBenefitAmount,
        case when IsMissed then cast(ListCost * 0.15 as decimal(38,12)) end as x_PartnerBenefitMissed,
        -- Commitments: bought for one customer, whose usage they cover.
        CommitmentDiscountId, case when IsCovered then BenefitKind end as CommitmentDiscountType,
        case when IsCovered then 'Used' end as CommitmentDiscountStatus, CapacityId as CapacityReservationId,
        case
            when CapacityId is null then null
            when contains(ResourceId, '/capacityreservationgroups/') then 'Unused'
            else 'Used'
        end as CapacityReservationStatus,
        case when IsCovered then 'Committed' when contains(lower(MeterName), 'spot') then 'Dynamic' else 'Standard' end
            as PricingCategory,
        -- What was used, and where.
        coalesce(MeterCategory, ProductName, 'Azure') as ServiceName, lower(ConsumedService) as ResourceProvider,
        PublisherName, 'Microsoft' as HostProviderName, concat_ws('/', ProductId, SkuId) as SkuId,
        concat_ws('/', ProductId, SkuId, AvailabilityId, MeterId) as SkuPriceId, MeterName as SkuMeter,
        lower(replace(coalesce(ResourceLocation, MeterRegion), ' ', '')) as RegionId,
        coalesce(MeterRegion, ResourceLocation) as RegionName, ResourceId,
        split_part(ResourceId, '/', -1) as ResourceName,
        case
            when ResourceTail <> ResourceId
                then concat_ws('/', split_part(ResourceTail, '/', 1), split_part(ResourceTail, '/', 2))
        end as ResourceType,
        case when Tags is null or starts_with(Tags, '{') then Tags else '{' || Tags || '}' end as Tags
    from priced_days
),

-- Reconciliation lines, with what a line's charge and its tax have in common.
priced_lines as (
    select
        lines.*,
        money(UnitPrice) as Price,
        money(EffectiveUnitPrice) as PaidPrice,
        coalesce(money(PCToBCExchangeRate), 1) as Rate,
        money(BillableQuantity) as Units,
        money(Subtotal) as BilledCost,
        case when Rate = 1 then Price else cast(Price * Rate as decimal(38,12)) end as ListUnit,
        case when Rate = 1 then PaidPrice else cast(PaidPrice * Rate as decimal(38,12)) end as PaidUnit,
        coalesce(
            case
                when Rate = 1 or cast(ListUnit as decimal(38,24)) = Price * Rate
                    then cast(ListUnit * Units as decimal(38,12))
                else cast(
                    ListUnit * Units + cast((Price * Rate - ListUnit) * Units as decimal(38,24)) as decimal(38,12)
                )
            end,
            BilledCost
        ) as AsListed,
        contains(lower(coalesce(ChargeType, '')), 'credit') as IsCredit,
        ReservationOrderId is not null as IsCommitment,
        coalesce(PaidPrice < Price, false) and PromotionId is null
        and not contains(lower(coalesce(PriceAdjustmentDescription, '')), 'partner earned credit') as IsProrated,
        coalesce(regexp_matches(ReferenceId, '^[GD][0-9]+$') and ReferenceId <> raw_invoice.InvoiceNumber, false)
            as IsCorrection,
        lower(SubscriptionId) as SubAccountId,
        coalesce(ProductName, SubscriptionDescription, 'Microsoft') as ServiceName,
        cast(coalesce(cast(left(ChargeStartDate, 10) as date), raw_invoice.PeriodStart) as timestamp) as FirstDay,
        coalesce(BillingFrequency, 'one') ilike 'one%' as IsOnce,
        IsCommitment and IsOnce and SubscriptionEndDate is not null as IsWholeTerm,
        -- The last day is inclusive; a one-time charge without a length still takes a day. A commitment paid once is
        -- paid for its whole term, whatever days the charge itself names.
        greatest(
            cast(coalesce(cast(left(ChargeEndDate, 10) as date) + 1, raw_invoice.PeriodEnd) as timestamp),
            FirstDay + interval 1 day,
            case when IsWholeTerm then cast(cast(left(SubscriptionEndDate, 10) as date) + 1 as timestamp) end
        ) as DayAfter,
        concat_ws(
            ',',
            case when ChargeStartDate is null
                then repair('ChargePeriodStart', null, 'none stated: the billing period') end,
            case when IsWholeTerm and DayAfter > coalesce(cast(left(ChargeEndDate, 10) as date) + 1, FirstDay)
                    then repair('ChargePeriodEnd', ChargeEndDate, 'paid once for the whole term')
                when ChargeEndDate is null then repair('ChargePeriodEnd', null, 'none stated: the billing period')
                when cast(left(ChargeEndDate, 10) as date) < cast(FirstDay as date)
                    then repair('ChargePeriodEnd', ChargeEndDate, 'before the start: one day')
            end,
            case when ProductName is null then repair('ServiceName', null, 'none stated: the subscription') end
        ) as LineRepairs
    from raw_lines as lines
    cross join raw_invoice
),

-- Licences, reservations, marketplace: lines that are not usage. A prorated or committed price is as charged; it
-- is never prorated again.
purchase_rows as (
    select
        x_SourceFile, x_SourceRow, 0 as x_SourcePart, x_Extras, InvoiceNumber, PartnerName, CustomerId, PublisherName,
        coalesce(regexp_matches(
            lower(ChargeType),
            '^(new|autorenew|renew|cycle|add|remove|reduce|cancel|convert|transition|upgrade|migrat|prorat|purchase'
            || '|one ?time|refund|extend|rebill|.*credit)'
        ), false) as IsRecognized,
        if(IsRecognized, ChargeType, 'unrecognized: ' || coalesce(ChargeType, '')) as x_LineType,
        SubAccountId, SubscriptionDescription as SubAccountName, 'CSP Subscription' as SubAccountType,
        case when IsCredit then 'Credit' else 'Purchase' end as ChargeCategory,
        lower(concat_ws(' ', ChargeType, CreditReasonCode, PriceAdjustmentDescription)) as Reason,
        case
            when not IsCredit then null
            when regexp_matches(Reason, '\bsla|service ?level') then 'sla'
            when regexp_matches(Reason, 'promo') then 'promotional'
            when regexp_matches(Reason, 'free ?tier') then 'free_tier'
            when regexp_matches(Reason, 'volume') then 'volume'
            else 'other'
        end as x_CreditKind,
        case when IsCorrection then 'Correction' end as ChargeClass,
        case when IsCorrection then ReferenceId end as x_CorrectedInvoiceId,
        case when IsOnce then 'One-Time' else 'Recurring' end as ChargeFrequency,
        concat_ws(', ', ProductName, SkuName, TermAndBillingCycle) as ChargeDescription,
        FirstDay as ChargePeriodStart, DayAfter as ChargePeriodEnd,
        Currency as BillingCurrency, BilledCost, BilledCost as ContractedCost,
        case when IsCredit or IsCommitment or IsProrated then BilledCost else AsListed end as ListCost,
        case when ListCost = AsListed and not IsCredit then ListUnit end as ListUnitPrice,
        case
            when IsCredit then null
            when BilledCost = AsListed then ListUnit
            when BilledCost = cast(PaidUnit * Units as decimal(38,12)) then PaidUnit
        end as ContractedUnitPrice,
        concat_ws(
            ',',
            nullif(LineRepairs, ''),
            case when not IsRecognized then repair('ChargeCategory', ChargeType, 'unrecognized charge type') end,
            case when BillingFrequency is null then repair('ChargeFrequency', null, 'none stated') end,
            case
                when IsCredit then null
                when Price is null or Units is null then repair('ListCost', null, 'no price or quantity: Subtotal')
                when ListCost <> AsListed
                    then repair('ListCost', null, if(IsCommitment, 'commitment: Subtotal', 'prorated: Subtotal'))
                when PCToBCExchangeRate is null and PricingCurrency <> Currency
                    then repair('ListCost', null, 'no rate stated: 1')
            end,
            case when ListUnitPrice is null and Price is not null and not IsCredit
                then repair('ListUnitPrice', UnitPrice, 'dropped: does not give ListCost') end,
            case when ContractedUnitPrice is null and PaidPrice is not null and not IsCredit
                then repair('ContractedUnitPrice', EffectiveUnitPrice, 'dropped: does not give ContractedCost') end,
            case when UnitType is null then repair('PricingUnit', null, 'none stated') end,
            case when PricingCurrency is null then repair('PricingCurrency', null, 'none stated: BillingCurrency') end
        ) as Repairs,
        Units as PricingQuantity, coalesce(UnitType, 'Units') as PricingUnit, 'Standard' as PricingCategory,
        PricingCurrency, case when PricingCurrency is not null then money(PCToBCExchangeRate) end as x_ExchangeRate,
        Price as PricingCurrencyListUnitPrice, PaidPrice as PricingCurrencyContractedUnitPrice,
        case when Rate = 1 then BilledCost else cast(PaidPrice * Units as decimal(38,12)) end
            as PricingCurrencyEffectiveCost,
        case when IsCommitment then coalesce(cast(cast(left(SubscriptionStartDate, 10) as date) as timestamp), FirstDay)
            end as x_CommitmentStart,
        case when IsCommitment then coalesce(
            cast(cast(left(SubscriptionEndDate, 10) as date) + 1 as timestamp), case when IsOnce then DayAfter end)
            end as x_CommitmentEnd,
        case when IsCommitment then if(IsOnce, 'all_upfront', 'no_upfront') end as x_CommitmentPayment,
        lower(ReservationOrderId) as CommitmentDiscountId, CommitmentDiscountId as ResourceId,
        case
            when IsCommitment
                then if(contains(lower(concat(ProductName, SkuName)), 'savings plan'), 'SavingsPlan', 'Reservation')
        end as CommitmentDiscountType,
        CommitmentDiscountType as ResourceType,
        ServiceName, concat_ws('/', ProductId, SkuId) as SkuId,
        concat_ws('/', ProductId, SkuId, AvailabilityId) as SkuPriceId
    from priced_lines
    where not IsUsage
),

-- Microsoft's tax on any line, usage lines included.
tax_rows as (
    select
        x_SourceFile, x_SourceRow, 1 as x_SourcePart, InvoiceNumber, PartnerName, CustomerId, PublisherName,
        LineRepairs as Repairs,
        ChargeType as x_LineType, SubAccountId, SubscriptionDescription as SubAccountName,
        'CSP Subscription' as SubAccountType, 'Tax' as ChargeCategory, 'One-Time' as ChargeFrequency,
        concat_ws(', ', 'Tax', ProductName, SkuName) as ChargeDescription, FirstDay as ChargePeriodStart,
        DayAfter as ChargePeriodEnd, Currency as BillingCurrency, money(TaxTotal) as BilledCost, ServiceName
    from priced_lines
    where money(TaxTotal) <> 0
),

-- What rounding down a month's lines changed against its days: nobody's usage, so the operator's.
rounding_rows as (
    select
        x_SourceFile, x_SourceRow, 2 as x_SourcePart, 'rounding' as x_LineType, 'Adjustment' as ChargeCategory,
        'One-Time' as ChargeFrequency, 'Rounding of the month against its days' as ChargeDescription,
        cast(raw_invoice.PeriodStart as timestamp) as ChargePeriodStart,
        cast(raw_invoice.PeriodEnd as timestamp) as ChargePeriodEnd, raw_invoice.Currency as BillingCurrency,
        cast(Amount as decimal(38,12)) as BilledCost, 'Azure plan' as ServiceName,
        repair('BilledCost', null, 'derived: the month less its days') as Repairs,
        -- What was rounded: both sides of the difference, and the key that Microsoft bills a month of usage by.
        cast(json_object(
            'CustomerId', CustomerKey, 'SubscriptionId', PlanKey, 'ProductId', ProductKey, 'SkuId', SkuKey,
            'AvailabilityId', OfferKey, 'Reconciliation', cast(Monthly as varchar), 'Daily', cast(Daily as varchar)
        ) as varchar) as x_Extras
    from raw_rounding
    cross join raw_invoice
    where cast(Amount as decimal(38,12)) <> 0
),

charges as (
    select * from usage_rows
    union all by name
    select * from purchase_rows
    union all by name
    select * from tax_rows
    union all by name
    select * from rounding_rows
),

-- The longest entry of services.csv that a product's name begins with.
product_services as (
    select
        ServiceName,
        arg_max(service_category, length(code)) as service_category,
        arg_max(service_subcategory, length(code)) as service_subcategory
    from (select distinct coalesce(ProductName, SubscriptionDescription, 'Microsoft') as ServiceName from raw_lines)
    inner join raw_services on starts_with(lower(ServiceName), code)
    group by ServiceName
),

partner as (
    select max(PartnerName) as PartnerName from raw_usage
),

-- The name under which a commitment was bought, for its use on the same bill.
commitment_names as (
    select lower(ReservationOrderId) as BoughtId, min(SubscriptionDescription) as CommitmentDiscountName
    from raw_lines
    where ReservationOrderId is not null
    group by BoughtId
)

select
    -- Where the row comes from.
    'azure' as x_Provider, x_SourceFile, x_SourceRow, x_SourcePart, x_LineType, x_Extras,
    -- Who is billed, by whom, for which month.
    -- Reconciliation lines may leave out the partner's name; the days of the same invoice have it.
    raw_invoice.Account as BillingAccountId,
    coalesce(charges.PartnerName, partner.PartnerName) as BillingAccountName,
    'CSP Partner' as BillingAccountType,
    'Microsoft' as InvoiceIssuerName, raw_invoice.InvoiceNumber as InvoiceId,
    cast(null as varchar) as InvoiceDetailId, cast(raw_invoice.PeriodStart as timestamp) as BillingPeriodStart,
    cast(raw_invoice.PeriodEnd as timestamp) as BillingPeriodEnd, BillingCurrency,
    -- Whose it is.
    replace(lower(CustomerId), 'org:', '') as x_ProviderCustomerId, SubAccountId, SubAccountName,
    case when SubAccountId is not null then SubAccountType end as SubAccountType, x_ResourceGroup,
    -- What kind of charge, on what kind of invoice, over which time.
    ChargeCategory, x_CreditKind, raw_invoice.InvoiceType as x_InvoiceType, ChargeClass, x_CorrectedInvoiceId,
    ChargeDescription, ChargeFrequency, ChargePeriodStart, ChargePeriodEnd,
    -- Amounts; a row without a price of its own has one amount for all bases. What a commitment costs by its use is not
    -- delivered: the purchase has none, and that of used rows is derived after this.
    BilledCost, CommitmentDiscountId is not null and ChargeCategory = 'Purchase' as IsCovering,
    case when IsCovering then 0 when CommitmentDiscountStatus is null then BilledCost end as EffectiveCost,
    coalesce(ListCost, BilledCost) as ListCost,
    coalesce(ContractedCost, BilledCost) as ContractedCost, x_PartnerBenefitKind, x_PartnerBenefitStatus,
    coalesce(x_PartnerBenefitAmount, 0) as x_PartnerBenefitAmount,
    coalesce(x_PartnerBenefitMissed, 0) as x_PartnerBenefitMissed,
    -- Prices and quantities.
    ListUnitPrice, ContractedUnitPrice, PricingQuantity, PricingUnit, PricingCategory, ConsumedQuantity, ConsumedUnit,
    coalesce(PricingCurrency, BillingCurrency) as PricingCurrency, x_ExchangeRate, PricingCurrencyListUnitPrice,
    case when IsCovering then 0 when CommitmentDiscountStatus is null
        then coalesce(PricingCurrencyEffectiveCost, BilledCost) end as PricingCurrencyEffectiveCost,
    PricingCurrencyContractedUnitPrice,
    -- Commitments.
    charges.CommitmentDiscountId, CommitmentDiscountType, CommitmentDiscountStatus,
    case when charges.CommitmentDiscountId is not null then replace(lower(CustomerId), 'org:', '') end as x_CommitmentOwnerId,
    x_CommitmentStart, x_CommitmentEnd, x_CommitmentPayment,
    case lower(replace(CommitmentDiscountType, ' ', ''))
        when 'savingsplan' then 'Spend'
        when 'reservation' then 'Usage'
    end as CommitmentDiscountCategory,
    case when CommitmentDiscountId is not null then PricingQuantity end as CommitmentDiscountQuantity,
    case when CommitmentDiscountId is not null then PricingUnit end as CommitmentDiscountUnit,
    commitment_names.CommitmentDiscountName, cast(null as varchar) as CommitmentProgramEligibilityDetails,
    cast(null as varchar) as ContractApplied, CapacityReservationId, CapacityReservationStatus,
    -- What was sold; a publisher is named where it is not Microsoft.
    'Microsoft' as ServiceProviderName, HostProviderName, charges.ServiceName,
    coalesce(by_service.service_category, by_provider.service_category, by_product.service_category, 'Other')
        as ServiceCategory,
    coalesce(
        by_service.service_subcategory, by_provider.service_subcategory, by_product.service_subcategory, 'Other (Other)'
    ) as ServiceSubcategory,
    case when not starts_with(lower(PublisherName), 'microsoft') then PublisherName end as x_PublisherName,
    SkuId, SkuPriceId, SkuMeter, cast(null as varchar) as SkuPriceDetails,
    -- Where it ran.
    RegionId, RegionName, cast(null as varchar) as AvailabilityZone, ResourceId, ResourceName, ResourceType, Tags,
    -- Split cost allocation: not a feature of this bill.
    cast(null as varchar) as AllocatedMethodDetails, cast(null as varchar) as AllocatedMethodId,
    cast(null as varchar) as AllocatedResourceId, cast(null as varchar) as AllocatedResourceName,
    cast(null as varchar) as AllocatedTags,
    -- What was repaired or derived.
    nullif(concat_ws(',', nullif(Repairs, ''),
        case when raw_invoice.InvoiceNumber is null and charges.InvoiceNumber is not null
            then repair('InvoiceId', charges.InvoiceNumber, 'an estimate is of no invoice') end
    ), '') as AllRepairs,
    '{' || AllRepairs || '}' as x_Repairs
from charges
cross join raw_invoice
cross join partner
left join raw_services as by_service on by_service.code = lower(charges.ServiceName)
left join raw_services as by_provider on by_provider.code = ResourceProvider
left join commitment_names on commitment_names.BoughtId = charges.CommitmentDiscountId
left join product_services as by_product on by_product.ServiceName = charges.ServiceName
