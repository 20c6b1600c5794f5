-- Grain: one row per promise of a buyer to its seller in force in the period: prepaid balances, spend commitments, and
-- minimums of custom lines, as FOCUS Contract Commitments. Nothing of what a provider was promised.
with

balances as (
    select * from {{ ref('marts_balances') }}
),

custom_lines as (
    select * from {{ source('config', 'custom_lines') }} where IsMinimum
),

contracts as (
    select * from {{ source('config', 'contracts') }}
),

period as (
    select * from {{ source('raw', 'period') }}
),

promises as (
    select
        ContractId, SellerTenantId, BuyerTenantId, BalanceId as x_CustomLineId, BalanceId as PromiseId,
        BalanceName as PromiseName, Amount, SubtotalId = 'charges' as IsGlobal, TermStart, TermEnd,
        BalanceKind = 'prepaid' as IsPrepaid,
        'Full Period' as FulfillmentInterval,
        case
            when BalanceKind = 'prepaid' then Closing <= 0
            else Closing >= Amount
        end as IsExhausted,
        case when BalanceKind = 'prepaid' then 'Prepaid balance' else 'Spend commitment' end as PromiseType
    from balances
    union all
    select
        ContractId, SellerTenantId, BuyerTenantId, CustomLineId as x_CustomLineId,
        CustomLineId || case when IsPerTenant then coalesce('-' || upper(TenantId), '') else '' end as PromiseId,
        LineName as PromiseName, Amount,
        SubtotalId = 'charges' and not IsPerTenant as IsGlobal, ChargeStart as TermStart, ChargeEnd as TermEnd,
        false as IsPrepaid, 'Monthly' as FulfillmentInterval, false as IsExhausted, 'Minimum spend' as PromiseType
    from custom_lines
),

-- Terms of balances are whole months; a minimum is promised month by month.
measured as (
    select
        promises.*,
        upper(promises.SellerTenantId || '-' || promises.BuyerTenantId) as EdgeName,
        extract(year from TermEnd) - extract(year from TermStart) as YearCount,
        extract(month from TermEnd) - extract(month from TermStart) as MonthCount
    from promises
),

final as (
    select
        measured.SellerTenantId,
        measured.BuyerTenantId,
        contracts.BillingCurrency,
        case when measured.IsGlobal then '{"IsGlobalScope":true}' else '{"IsComplexScope":true}' end
            as ContractCommitmentApplicability,
        case when measured.IsPrepaid then 'Entitlement' else 'Other' end as ContractCommitmentBenefitCategory,
        'Spend' as ContractCommitmentCategory,
        measured.Amount as ContractCommitmentCost,
        cast(measured.TermStart as timestamp) as ContractCommitmentCreated,
        measured.PromiseName as ContractCommitmentDescription,
        cast(null as decimal(38, 12)) as ContractCommitmentDiscountPercentage,
        case
            when measured.FulfillmentInterval = 'Monthly' then '1 Month'
            when measured.MonthCount = 0
                then measured.YearCount || ' Year' || case when measured.YearCount > 1 then 's' else '' end
            else measured.YearCount * 12 + measured.MonthCount || ' Month'
                || case when measured.YearCount * 12 + measured.MonthCount > 1 then 's' else '' end
        end as ContractCommitmentDurationType,
        measured.FulfillmentInterval as ContractCommitmentFulfillmentInterval,
        measured.EdgeName || '-' || measured.PromiseId as ContractCommitmentId,
        period.PeriodEnd as ContractCommitmentLastUpdated,
        case
            when measured.TermEnd <= cast(period.PeriodEnd as date) then 'Expired'
            when measured.IsExhausted then 'Exhausted'
            else 'Active'
        end as ContractCommitmentLifecycleStatus,
        'Discontinuous' as ContractCommitmentModel,
        'Negotiated' as ContractCommitmentOfferCategory,
        case when measured.FulfillmentInterval = 'Monthly' then 'Monthly' else 'One-Time' end
            as ContractCommitmentPaymentInterval,
        case when measured.IsPrepaid then 'All Upfront' else 'No Upfront' end as ContractCommitmentPaymentModel,
        cast(case when measured.IsPrepaid then 1 else 0 end as decimal(38, 12))
            as ContractCommitmentPaymentUpfrontPercentage,
        cast(measured.TermEnd as timestamp) as ContractCommitmentPeriodEnd,
        cast(measured.TermStart as timestamp) as ContractCommitmentPeriodStart,
        cast(null as decimal(38, 12)) as ContractCommitmentQuantity,
        measured.PromiseType as ContractCommitmentType,
        cast(null as varchar) as ContractCommitmentUnit,
        measured.EdgeName || coalesce('-' || cast(contracts.ValidFrom as varchar), '') as ContractId,
        cast(contracts.ValidTo as timestamp) as ContractPeriodEnd,
        cast(coalesce(contracts.ValidFrom, measured.TermStart) as timestamp) as ContractPeriodStart,
        contracts.InvoiceIssuerName,
        contracts.BillingCurrency as PricingCurrency,
        measured.Amount as PricingCurrencyContractCommitmentCost,
        contracts.InvoiceIssuerName as ServiceProviderName,
        measured.x_CustomLineId
    from measured
    cross join period
    inner join contracts
        on measured.ContractId = contracts.ContractId
)

select * from final
