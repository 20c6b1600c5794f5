"""A small judged month made of SQL: operator -> reseller -> customer, and two direct customers.

`make_month` writes a build (marts, build.json, work database) into a lake and its record into the ledger. The row-level
view holds what no buyer may see, so that a leak would show: the provider's account and invoice, its wording
with the negotiated rate, commitments of somebody else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.conformance import Finding, rules
from pipelines.conformance.findings import create_mart
from pipelines.gates import content_hash
from pipelines.gates.evidence import MARTS
from pipelines.lake import Lake, connect, write_json, write_parquet
from pipelines.ledger import BUILDS, VERDICTS, Ledger
from pipelines.period import BillingPeriod
from pipelines.schemas import dataset

PERIOD = BillingPeriod("2026-10")
BUILD = "b" * 32
EDGES = [("op", "direct"), ("op", "other"), ("op", "res"), ("res", "cust")]
FORBIDDEN = [
    "PAYER-ACCOUNT-99",
    "UPSTREAM-INVOICE-77",
    "rate 0.0031337",
    "commitment/sibling-1",
    "reservation/of-payer",
]

CHARGES = """
create table work.main.charges as
with edges (SellerTenantId, BuyerTenantId, TenantId, Factor, Currency, Depth) as (
    values ('op', 'direct', 'direct', 0.9, 'EUR', 1), ('op', 'other', 'other', 0.8, 'USD', 1),
        ('op', 'res', 'cust', 0.7, 'EUR', 1), ('res', 'cust', 'cust', 0.75, 'EUR', 2)
)
select
    e.*, i as RowNo, 'sub-' || e.TenantId || '-' || (i % 2) as Sub, 'service ' || (i % 3) as Service,
    case when i % 7 = 0 then 'commitment/sibling-1' when i % 13 = 0 and e.Depth = 1 then 'commitment/own-1'
        else 'vm-' || e.TenantId || '-' || (i % 5) end as Resource,
    timestamp '2026-10-01' + to_days(cast(i % 31 as integer)) as Day,
    cast(cast((i * 7919 % 1000) as decimal(18, 0)) * 0.123456789 as decimal(38, 12)) as List,
    case when i % 7 = 0 then 'commitment/sibling-1' when i % 13 = 0 and e.Depth = 1 then 'commitment/own-1' end
        as Commitment
from edges as e, range({rows}) as r (i)
"""
LINES = """
create view work.main.priced as
select *, cast(List * Factor as decimal(38, 24)) as Price,
    substr(sha256(concat_ws('|', SellerTenantId, BuyerTenantId, TenantId, Sub, Service)), 1, 32) as LineId,
    upper(SellerTenantId || '-' || BuyerTenantId || '-2026-10-' || Currency) as Invoice
from work.main.charges;
create table marts_invoice_lines as
select
    LineId as InvoiceDetailId, any_value(Invoice) as InvoiceId, SellerTenantId, BuyerTenantId,
    any_value(Depth) as Depth,
    SellerTenantId || '-' || BuyerTenantId as ContractId, TenantId, upper(TenantId) as TenantName,
    any_value(Currency) as BillingCurrency, 'p' as x_Provider, Sub as SubAccountId, 'name of ' || Sub as SubAccountName,
    'Compute' as ServiceCategory, Service as ServiceName, cast(null as varchar) as x_PublisherName, 'sku' as SkuId,
    'Hours' as PricingUnit, 'Usage' as ChargeCategory, cast(null as varchar) as ChargeClass,
    'UPSTREAM-INVOICE-77' as x_CorrectedInvoiceId, cast(count(*) as decimal(38, 12)) as PricingQuantity,
    cast(sum(Price) as decimal(38, 24)) as ExactCost, cast(round(sum(Price), 2) as decimal(18, 4)) as BilledCost,
    cast(sum(List) as decimal(38, 12)) as ListCost, cast(round(sum(Price), 12) as decimal(38, 12)) as EffectiveCost,
    count(*) as LineCount, 2 as MinorUnits, 'half_up' as RoundingMode, cast(null as varchar) as x_CustomLineId,
    cast(null as varchar) as ChargeDescription
from work.main.priced group by LineId, SellerTenantId, BuyerTenantId, TenantId, Sub, Service;
insert into marts_invoice_lines by name
select 'custom-line-of-direct' as InvoiceDetailId, 'OP-DIRECT-2026-10-EUR' as InvoiceId, 'op' as SellerTenantId,
    'direct' as BuyerTenantId, 1 as Depth, 'op-direct' as ContractId, 'direct' as TenantId, 'DIRECT' as TenantName,
    'EUR' as BillingCurrency, 'Other' as ServiceCategory, 'Support' as ServiceName, 'Units' as PricingUnit,
    'Purchase' as ChargeCategory, 1 as PricingQuantity, 12.345 as ExactCost, 12.35 as BilledCost, 12.345 as ListCost,
    12.345 as EffectiveCost, 1 as LineCount, 2 as MinorUnits, 'half_up' as RoundingMode, 'support' as x_CustomLineId,
    'Support, 7.5 percent' as ChargeDescription;
create table marts_balances as
select 'op-direct' as ContractId, 'prepaid' as BalanceId, cast(0 as decimal(38, 12)) as Closing;
create table marts_cost_centres as
select InvoiceDetailId, InvoiceId, SellerTenantId, BuyerTenantId, TenantId, CostCentreId,
    'name of ' || CostCentreId as CostCentreName, BillingCurrency,
    cast(case CostCentreId when 'blue' then BilledCost - 0.01 else 0.01 end as decimal(18, 4)) as BilledCost
from marts_invoice_lines, (values ('red'), ('blue')) as c (CostCentreId) where BuyerTenantId = 'cust';
create table marts_holds (HeldTenantId varchar, SellerTenantId varchar, BuyerTenantId varchar, Reason varchar,
    x_Provider varchar, ScopeType varchar, ScopeId varchar, BillingCurrency varchar, BilledCost decimal(38, 12),
    LineCount bigint, Remedy varchar);
create table marts_invoices as
select InvoiceId, SellerTenantId, BuyerTenantId, 'Name of ' || SellerTenantId as InvoiceIssuerName,
    'Name of ' || BuyerTenantId as BuyerName, BillingCurrency, cast(sum(BilledCost) as decimal(18, 4)) as BilledCost,
    cast(sum(ExactCost) as decimal(38, 24)) as ExactCost,
    cast(sum(ExactCost) - sum(BilledCost) as decimal(38, 24)) as RoundingResidual, count(*) as LineCount,
    'Net 30' as PaymentTerms, cast(null as varchar) as PurchaseOrderNumber, false as IsHeld
from marts_invoice_lines group by InvoiceId, SellerTenantId, BuyerTenantId, BillingCurrency;
create table marts_margin as
select SellerTenantId, BuyerTenantId, TenantId, TenantName, x_Provider, ServiceName, 'EUR' as HomeCurrency,
    cast(sum(BilledCost) as decimal(38, 12)) as Revenue, cast(987.654321 as decimal(38, 12)) as Cost,
    cast(sum(BilledCost) - 987.654321 as decimal(38, 12)) as Margin, cast(0 as decimal(38, 12)) as PartnerBenefit
from marts_invoice_lines group by all;
create table marts_daily_costs as
select SellerTenantId, BuyerTenantId, TenantId, 'p' as x_Provider, Service as ServiceName,
    cast(Day as date) as ChargeDate, Currency as BillingCurrency, cast(sum(Price) as decimal(38, 24)) as ExactCost,
    cast(sum(Price) as decimal(38, 24)) as EffectiveCost
from work.main.priced group by all;
create table marts_bundles as
select SellerTenantId, BuyerTenantId, SellerTenantId || ' ' || BuyerTenantId = 'op other' as IsWhiteLabel,
    case when BuyerTenantId = 'cust' then '1.2' else '' end as FocusVersions, BuyerTenantId = 'direct' as HasEstimates
from (select distinct SellerTenantId, BuyerTenantId from marts_invoices);
create table marts_contract_commitments as
select 'op' as SellerTenantId, 'direct' as BuyerTenantId, 'EUR' as BillingCurrency,
    '{"IsGlobalScope":true}' as ContractCommitmentApplicability, 'Entitlement' as ContractCommitmentBenefitCategory,
    'Spend' as ContractCommitmentCategory, money('3000') as ContractCommitmentCost,
    timestamp '2026-10-01' as ContractCommitmentCreated, 'Prepaid' as ContractCommitmentDescription,
    cast(null as decimal(38, 12)) as ContractCommitmentDiscountPercentage,
    '1 Year' as ContractCommitmentDurationType, 'Full Period' as ContractCommitmentFulfillmentInterval,
    'OP-DIRECT-prepaid' as ContractCommitmentId, timestamp '2026-11-01' as ContractCommitmentLastUpdated,
    'Active' as ContractCommitmentLifecycleStatus, 'Discontinuous' as ContractCommitmentModel,
    'Negotiated' as ContractCommitmentOfferCategory, 'One-Time' as ContractCommitmentPaymentInterval,
    'All Upfront' as ContractCommitmentPaymentModel, money('1') as ContractCommitmentPaymentUpfrontPercentage,
    timestamp '2027-10-01' as ContractCommitmentPeriodEnd, timestamp '2026-10-01' as ContractCommitmentPeriodStart,
    cast(null as decimal(38, 12)) as ContractCommitmentQuantity, 'Prepaid balance' as ContractCommitmentType,
    cast(null as varchar) as ContractCommitmentUnit, 'OP-DIRECT' as ContractId,
    timestamp '9999-12-31' as ContractPeriodEnd, timestamp '2026-10-01' as ContractPeriodStart,
    'Name of op' as InvoiceIssuerName, 'EUR' as PricingCurrency,
    money('3000') as PricingCurrencyContractCommitmentCost, 'Name of op' as ServiceProviderName,
    'prepaid' as x_CustomLineId;
create table marts_commitments as
select 'p' as x_Provider, 'commitment/sibling-1' as CommitmentDiscountId, 'Savings Plan' as CommitmentDiscountType,
    timestamp '2026-05-01' as TermStart, timestamp '2027-05-01' as TermEnd, 'no_upfront' as PaymentModel,
    'EUR' as BillingCurrency, 'direct' as OwnerTenantId, 'DIRECT' as OwnerName, 'provider' as OwnerSource,
    'as_applied' as CommitmentPolicy, money('100') as ProviderBilled, money('90') as ProviderEffective,
    money('10') as BalanceChange, money('60') as Used, money('30') as Unused, money('0.666666666667') as Utilisation,
    money('120') as ListCovered, money('30') as Saving, true as IsCostKnown, true as IsListKnown, 'EUR' as HomeCurrency,
    money('95') as OwnerRevenue, money('20') as ConsumerRevenue, money('0') as UnusedRevenue,
    money('-5') as CreditRevenue, money('100') as Cost, money('0') as OpenCost, money('10') as Margin;
create table marts_commitment_sharing as
select 'p' as x_Provider, 'commitment/sibling-1' as CommitmentDiscountId, 'Savings Plan' as CommitmentDiscountType,
    'EUR' as BillingCurrency, 'direct' as OwnerTenantId, 'DIRECT' as OwnerName, 'other' as ConsumerTenantId,
    'OTHER' as ConsumerName, 'allow' as Severity, cast(2 as bigint) as CustomerCount, true as IsShared,
    'covered' as BilledAs, date '2026-10-03' as FirstDay, date '2026-10-30' as LastDay, cast(12 as bigint) as LineCount,
    money('24') as UsedQuantity, 'Hours' as PricingUnit, money('20') as EffectiveCost, money('40') as ListCost,
    money('20') as Saving;
create table marts_partner_benefits as
select 'p' as x_Provider, 'PEC' as PartnerBenefitKind, 'EUR' as BillingCurrency, 'direct' as TenantId,
    'DIRECT' as TenantName, 'sub-direct-0' as SubAccountId, 'name of sub-direct-0' as SubAccountName,
    money('15') as EarnedAmount, money('3.75') as MissedAmount, cast(31 as bigint) as EarnedLineCount,
    cast(8 as bigint) as MissedLineCount, money('125') as EligibleListCost, money('5') as SharedAmount;
create table marts_coverage as
select 'p' as x_Provider, 'PAYER-ACCOUNT-99' as BillingAccountId, 'UPSTREAM-INVOICE-77' as InvoiceId,
    'EUR' as BillingCurrency, 'billed' as Disposition, 'priced' as Reason, count(*) as LineCount,
    cast(sum(List) as decimal(38, 12)) as BilledCost, cast(0 as decimal(38, 12)) as PartnerBenefitAmount
from work.main.charges where Depth = 1;
create table marts_reconciliation as
select CheckName, 'p / PAYER-ACCOUNT-99 / UPSTREAM-INVOICE-77' as Scope, 'EUR' as Currency,
    cast(BilledCost as decimal(38, 24)) as Expected, cast(BilledCost as decimal(38, 24)) as Actual,
    cast(0 as decimal(38, 24)) as Difference, true as IsTied, '' as Note
from marts_coverage, (values ('provider invoice net = raw'), ('raw = focus'), ('focus = coverage'),
    ('line prices + tier residuals = invoice lines'), ('bought = sold on'), ('price = cost + margin')) as c (CheckName);
"""
# What the row-level view says where it matters; every other FOCUS column is null.
CHARGE = {
    "BilledCost": "Price",
    "EffectiveCost": "Price",
    "ContractedCost": "Price",
    "ListCost": "cast(List as decimal(38, 24))",
    "BillingAccountId": "'PAYER-ACCOUNT-99'",
    "ResourceId": "Resource",
    "BillingCurrency": "Currency",
    "InvoiceId": "'UPSTREAM-INVOICE-77'",
    "InvoiceIssuerName": "'Name of ' || SellerTenantId",
    "InvoiceDetailId": "LineId",
    "ChargeCategory": "'Usage'",
    "ChargeDescription": "'rate 0.0031337 per hour'",
    "ChargePeriodStart": "Day",
    "ChargePeriodEnd": "Day + interval 1 day",
    "SubAccountId": "Sub",
    "ServiceName": "Service",
    "ServiceCategory": "'Compute'",
    "CommitmentDiscountId": "Commitment",
    "CommitmentDiscountName": "Commitment",
    "ContractApplied": "'rate 0.0031337'",
    "CapacityReservationId": "case when RowNo % 11 = 0 then 'reservation/of-payer' end",
    "Tags": "'{\"row\":\"' || (RowNo % 3) || '\"}'",
    "PricingQuantity": "cast(1 as decimal(38, 12))",
}
ADJUSTMENT = {
    "BilledCost": "RoundingAmount",
    "EffectiveCost": "RoundingAmount",
    "ContractedCost": "RoundingAmount",
    "ListCost": "RoundingAmount",
    "BillingCurrency": "BillingCurrency",
    "InvoiceDetailId": "InvoiceDetailId",
    "ChargeCategory": "'Adjustment'",
    "ChargeDescription": "'Rounding'",
    "ServiceName": "ServiceName",
    "ServiceCategory": "'Compute'",
    "SubAccountId": "SubAccountId",
    "ChargePeriodStart": "timestamp '2026-10-01'",
    "ChargePeriodEnd": "timestamp '2026-11-01'",
}
CUSTOM = {
    "BilledCost": "ExactCost",
    "EffectiveCost": "ExactCost",
    "ContractedCost": "ExactCost",
    "ListCost": "ExactCost",
    "BillingCurrency": "BillingCurrency",
    "InvoiceDetailId": "InvoiceDetailId",
    "ChargeCategory": "ChargeCategory",
    "ChargeDescription": "ChargeDescription",
    "ServiceName": "ServiceName",
    "ServiceCategory": "ServiceCategory",
    "PricingQuantity": "PricingQuantity",
    "ChargePeriodStart": "timestamp '2026-10-01'",
    "ChargePeriodEnd": "timestamp '2026-11-01'",
}


@dataclass(frozen=True)
class Month:
    """A lake with one build and its ledger."""

    lake: Lake
    ledger: Ledger

    @property
    def build(self) -> Path:
        return self.lake.build(PERIOD, BUILD)

    @property
    def published(self) -> Path:
        return self.lake.published(PERIOD)

    def bundle(self, seller: str, buyer: str, version: int = 1) -> Path:
        return self.published / f"seller={seller}" / f"buyer={buyer}" / f"version={version}"


def make_month(root: Path, change: str = "", rows: int = 60, charge: dict[str, str] | None = None) -> Month:
    """Write the month; `change` is SQL over the marts' tables run before they are written, `charge` what the row-level
    view says otherwise.
    """
    month = Month(Lake(root), Ledger(Lake(root)))
    work = month.lake.work(f"build={BUILD}")
    work.mkdir(parents=True, exist_ok=True)
    (work / "work.duckdb").unlink(missing_ok=True)
    with connect() as con:
        con.execute(f"attach '{work / 'work.duckdb'}' as work")
        con.execute("create schema work.marts")
        con.execute(CHARGES.format(rows=rows))
        create_mart(con, "main", [Finding(v, r.id, r.severity(v), checked=rows) for r in rules() for v in r.views])
        con.execute(LINES + change)
        con.execute("create table work.main.lines as select * from marts_invoice_lines")
        con.execute(_view(CHARGE | (charge or {})))
        for mart in MARTS:
            write_parquet(con, f"select * from {mart} order by all", month.build / f"{mart}.parquet")
        write_json(month.build / "build.json", {"Slices": ["s1"], "Config": "config-hash", "Code": "code-hash"})
    record(month)
    return month


def record(month: Month) -> None:
    """Make the build on disk the ledger's current one."""
    with month.ledger.transaction() as connection:
        month.ledger.put(
            connection,
            BUILDS,
            period=PERIOD.label,
            build_id=BUILD,
            content_hash=content_hash(month.build),
            updated_at="-",
        )


def _view(charge: dict[str, str]) -> str:
    def columns(values: dict[str, str]) -> str:
        types = {column.id: column.storage for column in dataset("cost_and_usage")}
        listed = [f"{values.get(name, f'cast(null as {kind})')} as {name}" for name, kind in types.items()]
        return ", ".join(listed)

    own = "SellerTenantId, BuyerTenantId, TenantId as x_TenantId, upper(TenantId) as x_TenantName"
    return f"""
    create view work.marts.marts_cost_and_usage as
    select {columns(charge)}, {own}, 'rg' as x_ResourceGroup, cast(null as varchar) as x_PublisherName,
        1 as SliceNo, 0 as x_SourceFile, cast(RowNo as bigint) as x_SourceRow, 0 as x_SourcePart,
        coalesce(Commitment = 'commitment/own-1', false) as x_OwnsCommitment
    from work.main.priced
    union all
    select {columns(ADJUSTMENT)}, {own}, null, null, null, null, null, null, false
    from (select *, cast(BilledCost - ExactCost as decimal(38, 24)) as RoundingAmount from work.main.lines)
    where BilledCost <> ExactCost
    union all
    select {columns(CUSTOM)}, {own}, null, null, null, null, null, 0, false
    from work.main.lines where x_CustomLineId is not null
    """


def rows(path: Path, query: str = "select * from t") -> list[dict[str, object]]:
    """A query over one Parquet file as records."""
    with connect() as con:
        con.execute(f"create view t as select * from read_parquet('{path}', hive_partitioning = false)")
        cursor: duckdb.DuckDBPyConnection = con.execute(query)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def allow(month: Month, status: str = "pass", held: list[tuple[str, str]] | None = None) -> None:
    """Record a verdict for the content on disk, as the gate would."""
    edges = [{"seller": s, "buyer": b, "reason": "unlinked account", "remedy": "link it"} for s, b in held or []]
    failed = [
        {
            "name": "proof_all_tied",
            "scope": "raw = focus",
            "severity": "fail",
            "violations": 1,
            "measured": "1 scope",
            "example": None,
        }
    ]
    detail = {"held_edges": edges, "failed": failed if status == "refuse" else [], "warnings": []}
    with month.ledger.transaction() as connection:
        month.ledger.put(
            connection,
            VERDICTS,
            content_hash=content_hash(month.build),
            period=PERIOD.label,
            status=status,
            detail=json.dumps(detail),
            judged_at="-",
        )


def tree(folder: Path) -> dict[str, bytes]:
    """Relative name -> bytes of every file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
