"""Links and contracts as Arrow tables for the compiler's SQL. Grain: one row per record, or as said."""

from __future__ import annotations

import pyarrow as pa

from pipelines.config.arrow import DAY, FLAG, INTEGER, NUMBER, TEXT, table
from pipelines.config.commitments import share_factor
from pipelines.config.entities import RESALE
from pipelines.config.models import Config
from pipelines.config.terms import SCOPES, markup_factor
from pipelines.config.vocabulary import SEPARATOR
from pipelines.period import BillingPeriod


def term_tables(config: Config, period: BillingPeriod) -> dict[str, pa.Table]:
    """The compiler's inputs about links, contracts, the credits they pass, and the rates they fix in a period."""
    return {
        "in_links": _links(config),
        "in_contracts": _contracts(config),
        "in_contract_credits": _credits(config),
        "in_contract_rates": _rates(config, period),
    }


def _links(config: Config) -> pa.Table:
    columns = [
        ("Provider", TEXT),
        ("ScopeType", TEXT),
        ("ScopeId", TEXT),
        ("TenantId", TEXT),
        ("CoversNarrower", FLAG),
        ("Specificity", INTEGER),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    specificity = {scope: number for number, scope in enumerate(SCOPES, start=2)}
    rows = [
        (
            row.provider,
            row.scope,
            f"{row.within}{SEPARATOR}{row.scope_id}" if row.within else row.scope_id,
            row.tenant,
            row.covers_narrower,
            1 if row.within else specificity[row.scope],
            row.valid_from,
            row.valid_to,
        )
        for row in config.account_links
    ]
    return table(columns, rows)


def _contracts(config: Config) -> pa.Table:
    columns = [
        ("ContractId", TEXT),
        ("SellerTenantId", TEXT),
        ("BuyerTenantId", TEXT),
        ("BillingCurrency", TEXT),
        ("PlanId", TEXT),
        ("RoundingMode", TEXT),
        ("LineGrain", TEXT),
        ("TaxPolicy", TEXT),
        ("CreditPolicy", TEXT),
        ("FxSource", TEXT),
        ("FxMarkupFactor", NUMBER),
        ("MoveProration", TEXT),
        ("BenefitShare", NUMBER),
        ("BenefitShown", TEXT),
        ("CommitmentPolicy", TEXT),
        ("BenefitTo", TEXT),
        ("CommitmentPool", TEXT),
        ("BillingBasis", TEXT),
        ("PaymentTerms", TEXT),
        ("PurchaseOrderNumber", TEXT),
        ("Entities", TEXT),
        ("FocusVersions", TEXT),
        ("ValidFrom", DAY),
        ("ValidTo", DAY),
    ]
    rows = [
        (
            row.contract,
            row.seller,
            row.buyer,
            row.currency,
            row.plan,
            row.rounding,
            row.line_grain,
            row.tax,
            row.credit_policy,
            row.fx,
            markup_factor(row.fx_markup),
            row.move_proration,
            share_factor(row.partner_benefit_share),
            row.partner_benefit_shown,
            row.commitments,
            row.benefit_to,
            row.commitment_pool,
            row.billing_basis,
            row.payment_terms,
            row.purchase_order,
            row.entities or RESALE,
            ";".join(row.focus_versions),
            row.valid_from,
            row.valid_to,
        )
        for row in config.contracts
    ]
    return table(columns, rows)


def _credits(config: Config) -> pa.Table:
    """Grain: contract x kind of credit that it passes by name."""
    rows = [(row.contract, kind) for row in config.contracts for kind in row.credit_kinds]
    return table([("ContractId", TEXT), ("CreditKind", TEXT)], rows)


def _rates(config: Config, period: BillingPeriod) -> pa.Table:
    """Grain: contract x currency whose rate is fixed on the period's first day."""
    rows = [
        (row.contract, row.from_currency, row.rate)
        for row in config.contract_rates
        if row.valid_from <= period.start < row.valid_to
    ]
    return table([("ContractId", TEXT), ("FromCurrency", TEXT), ("Rate", NUMBER)], rows)
