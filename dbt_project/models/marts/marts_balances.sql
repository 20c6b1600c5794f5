-- Grain: one row per prepaid balance or spend commitment in its term: opening, movement, closing and shortfall of the
-- period, in the contract's currency. Prepaid: what is left to draw. Commitment: what was spent towards it.
with

balances as (
    select * from {{ source('config', 'balances') }}
),

before as (
    select * from {{ source('raw', 'balances_before') }}
),

charges as (
    select * from {{ ref('marts_subtotal_charges') }}
    where TenantScope = ''
),

subtotal_lines as (
    select * from {{ source('config', 'subtotal_lines') }}
),

custom_lines as (
    select * from {{ ref('marts_custom_lines') }}
),

counted as (
    select
        balances.ContractId,
        balances.BalanceId,
        cast(sum(custom_lines.BilledCost) as decimal(38, 12)) as BilledCost
    from balances
    inner join subtotal_lines
        on balances.SubtotalId = subtotal_lines.SubtotalId
    inner join custom_lines
        on balances.ContractId = custom_lines.ContractId
        and subtotal_lines.CustomLineId = custom_lines.CustomLineId
    group by balances.ContractId, balances.BalanceId
),

-- A balance goes on from the previous month's build; without one, from what the configuration states.
measured as (
    select
        balances.*,
        cast(coalesce(before.Closing, balances.StatedOpening) as decimal(38, 12)) as Opening,
        cast(coalesce(charges.BilledCost, 0) + coalesce(counted.BilledCost, 0) as decimal(38, 12)) as Subtotal
    from balances
    left join before
        on balances.ContractId = before.ContractId
        and balances.BalanceId = before.BalanceId
        and balances.TermStart = before.TermStart
    left join charges
        on balances.ContractId = charges.ContractId
        and balances.SubtotalId = charges.SubtotalId
    left join counted
        on balances.ContractId = counted.ContractId
        and balances.BalanceId = counted.BalanceId
),

-- Prepaid balances of one subtotal are drawn one after the other: Ahead is what those before this one can still give.
queued as (
    select
        measured.*,
        case when Subtotal > 0 then Subtotal else 0 end as Spend,
        cast(coalesce(sum(case when BalanceKind = 'prepaid' then Opening end) over (
            partition by ContractId, SubtotalId order by DrawOrder
            rows between unbounded preceding and 1 preceding
        ), 0) as decimal(38, 12)) as Ahead
    from measured
),

moved as (
    select
        queued.*,
        cast(case
            when BalanceKind = 'commitment' then Spend
            when Spend <= Ahead then 0
            when Spend - Ahead < Opening then Ahead - Spend
            else -Opening
        end as decimal(38, 12)) as Movement
    from queued
),

closed as (
    select moved.*, cast(Opening + Movement as decimal(38, 12)) as Closing
    from moved
),

short as (
    select
        closed.*,
        cast(case
            when BalanceKind = 'commitment' and IsLastMonth and Closing < Amount then Amount - Closing
            else 0
        end as decimal(38, 12)) as Shortfall
    from closed
),

final as (
    select
        ContractId, BalanceId, BalanceName, BalanceKind, SellerTenantId, BuyerTenantId, Depth, BillingCurrency,
        Amount, SubtotalId, Subtotal, TermStart, TermEnd, IsLastMonth, Opening, Movement, Closing,
        Shortfall,
        -- Amounts of balances are on their currency's grid, and so is what is left of them.
        cast(case when BalanceKind = 'prepaid' then Movement else Shortfall end as decimal(18, 4)) as BilledCost
    from short
)

select * from final
