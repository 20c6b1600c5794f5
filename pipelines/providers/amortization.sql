-- What commitments cost by day, and who used how much of it. Reads booked (a room's charges; EffectiveCost null on used
-- rows whose provider states none), bought (purchases of this delivery, and earlier ones that still run, with their
-- PurchaseNo, DayCount and FirstDay) and billing_month; amounts in whole 12th decimals, by the macros of staging.py.
-- Grain: unit of measure, with the hours that one of it is; null where it measures something else.
create or replace temp table hour_units as
select
    PricingUnit,
    units_of(coalesce(nullif(regexp_extract(
        lower(trim(PricingUnit)), '^([0-9]+(?:\.[0-9]+)?)?\s*(?:hours?|hrs?|h)$', 1), ''), '1')) as Hours
from (select PricingUnit from bought union select PricingUnit from used)
where regexp_full_match(lower(trim(PricingUnit)), '([0-9]+(\.[0-9]+)?)?\s*(hours?|hrs?|h)');

-- Grain: purchase x day: an even part of the amount toward zero, the rest on the last day; what it reserves in hours.
create or replace temp table purchase_days as
with counted as (
    select
        bought.*,
        units_of(BilledCost) as Paid,
        case
            when CommitmentDiscountCategory <> 'Usage' then null
            -- A reservation is bought by the piece and lasts all day; a fee may count the hours themselves.
            when hour_units.Hours is null then units_of(PricingQuantity) * 24
            else units_of(PricingQuantity) * hour_units.Hours // 1000000000000 // DayCount
        end as Reserved,
        unnest(range(DayCount)) as DayNo
    from bought
    left join hour_units using (PricingUnit)
)
select
    PurchaseNo, CommitmentDiscountId, BillingCurrency, Reserved, FirstDay + cast(DayNo as integer) as Day,
    case when DayNo < DayCount - 1 then Paid // DayCount else Paid - Paid // DayCount * (DayCount - 1) end as Amount
from counted
cross join billing_month
where
    (not IsEarlier and DayCount = 1)
    or (Day < PeriodEnd and DayCount > 1 and (not IsEarlier or Day >= PeriodStart));

-- Grain: commitment x currency x day; Reserved is null where not every purchase says it in hours.
create or replace temp table commitment_days as
select
    CommitmentDiscountId, BillingCurrency, Day, sum(Amount) as Amount, min(PurchaseNo) as PurchaseNo,
    case when count(*) = count(Reserved) then greatest(sum(Reserved), 0) end as Reserved
from purchase_days
group by CommitmentDiscountId, BillingCurrency, Day;

-- Grain: used row, with its part of the day's amount.
create or replace temp table used_days as
with weighed as (
    select
        used.* exclude (Listed, Quantity),
        Amount, Reserved,
        case when EffectiveCost is null then units_of(greatest(coalesce(Listed, 0), 0)) else 0 end as ByList,
        case when EffectiveCost is null then units_of(greatest(coalesce(Quantity, 0), 0)) else 0 end as ByQuantity,
        ByQuantity * hour_units.Hours // 1000000000000 as Covered,
        sum(ByList) over whole_day as ListTotal,
        IsSpend and ListTotal > 0 as IsByList,
        case when IsByList then ByList else ByQuantity end as Weight,
        sum(case when EffectiveCost is null and hour_units.Hours is null then 1 else 0 end) over whole_day as Unmeasured
    from used
    inner join commitment_days using (CommitmentDiscountId, BillingCurrency, Day)
    left join hour_units using (PricingUnit)
    window whole_day as (partition by CommitmentDiscountId, BillingCurrency, Day)
),
summed as (
    select
        *,
        sum(Weight) over whole_day as WeightTotal,
        sum(Covered) over whole_day as CoveredTotal,
        Amount - sum(units_of(coalesce(EffectiveCost, 0))) over whole_day as Available
    from weighed
    window whole_day as (partition by CommitmentDiscountId, BillingCurrency, Day)
),
measured as (
    select
        *,
        case
            when Available <= 0 or WeightTotal = 0 then 0
            -- Hours say how much of a reservation was used; of a spend commitment nothing does, so all of it was.
            when not IsSpend and Unmeasured = 0 and Reserved > CoveredTotal
                then portion(Available, CoveredTotal, Reserved)
            else Available
        end as UsedAmount,
        case when WeightTotal = 0 then 0 else portion(UsedAmount, Weight, WeightTotal) end as Share,
        row_number() over (
            partition by CommitmentDiscountId, BillingCurrency, Day
            order by Weight > 0 desc, x_SourceFile desc, x_SourceRow desc, x_SourcePart desc
        ) as FromLast
    from summed
)
select
    *,
    case
        when EffectiveCost is not null then units_of(EffectiveCost)
        when FromLast = 1 then
            UsedAmount - sum(Share) over (partition by CommitmentDiscountId, BillingCurrency, Day) + Share
        else Share
    end as UsedCost
from measured;

-- Grain: commitment x currency x day: what used rows leave of it, and of its hours where they are known.
create or replace temp table idle as
with spent as (
    select
        CommitmentDiscountId, BillingCurrency, Day, sum(UsedCost) as UsedCost,
        case when max(Unmeasured) = 0 then max(CoveredTotal) end as Covered
    from used_days
    group by CommitmentDiscountId, BillingCurrency, Day
)
select
    commitment_days.PurchaseNo, commitment_days.Day, Amount - coalesce(UsedCost, 0) as Idle,
    case when spent.Day is null then Reserved when Reserved > Covered then Reserved - Covered end as IdleHours
from commitment_days
left join spent using (CommitmentDiscountId, BillingCurrency, Day)
where Idle <> 0;
