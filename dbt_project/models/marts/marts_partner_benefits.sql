-- Grain: one row per provider, kind of benefit, currency, tenant and sub-account: what the operator earned, what it
-- could have earned and did not, and what it passed on to its own buyers, all in the provider's currency.
with

keys as (
    select * from {{ ref('rated_charge_keys') }} where x_PartnerBenefitStatus is not null and not IsOnDemand
),

key_tenants as (
    select KeyNo, TenantId from {{ ref('rated_key_tenants') }}
),

tenants as (
    select TenantId, TenantName from {{ source('config', 'tenants') }}
),

-- In the provider's currency: the share itself, without what the contract's exchange rate makes of it.
shared as (
    select
        shares.KeyNo,
        {{ product('keys.PartnerBenefitAmount', 'contracts.BenefitShare') }} as SharedAmount
    from {{ ref('rated_benefit_shares') }} as shares
    inner join {{ source('config', 'contracts') }} as contracts
        on shares.ContractId = contracts.ContractId
    inner join keys
        on shares.KeyNo = keys.KeyNo
    where shares.Depth = 1
),

final as (
    select
        keys.x_Provider,
        keys.x_PartnerBenefitKind as PartnerBenefitKind,
        keys.BillingCurrency,
        key_tenants.TenantId,
        tenants.TenantName,
        keys.SubAccountId,
        min(keys.SubAccountName) as SubAccountName,
        {{ sum_where("keys.x_PartnerBenefitStatus = 'earned'", 'keys.PartnerBenefitAmount') }} as EarnedAmount,
        {{ sum_where("keys.x_PartnerBenefitStatus = 'missed'", 'keys.PartnerBenefitMissed') }} as MissedAmount,
        cast(sum(case when keys.x_PartnerBenefitStatus = 'earned' then keys.LineCount else 0 end) as bigint)
            as EarnedLineCount,
        cast(sum(case when keys.x_PartnerBenefitStatus = 'missed' then keys.LineCount else 0 end) as bigint)
            as MissedLineCount,
        cast(sum(keys.ListCost) as decimal(38, 12)) as EligibleListCost,
        cast(round(sum(coalesce(shared.SharedAmount, 0)), 12) as decimal(38, 12)) as SharedAmount
    from keys
    inner join key_tenants
        on keys.KeyNo = key_tenants.KeyNo
    left join tenants
        on key_tenants.TenantId = tenants.TenantId
    left join shared
        on keys.KeyNo = shared.KeyNo
    group by
        keys.x_Provider, keys.x_PartnerBenefitKind, keys.BillingCurrency, key_tenants.TenantId, tenants.TenantName,
        keys.SubAccountId
)

select * from final
