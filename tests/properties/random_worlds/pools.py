"""What random worlds are drawn from: few values each, so that rules, links, groups and lines often meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

# Every feature that a random world may show. Put one into OFF to see whether a difference needs it.
FEATURES = frozenset(
    """actions bounds tiers rate_cards overrides operator_plan wildcards tag_rules rule_dates versions
    currencies agreed_rates fx_markup provider_rates rounding line_grain taxes credits adjustments
    moves daily_moves contract_changes gaps tag_links link_changes unlinked own_payer
    late_rows long_rows negative_rows benefits commitments corrections
    empty_tags custom_lines subtotals balances cost_centres
    policies commitment_pools billing_basis commitment_records pool_dates commitment_owners shared_commitments
    unlisted_use benefit_shares missed_benefits own_benefit_rows""".split()
)
OFF: frozenset[str] = frozenset()

T = TypeVar("T")
Draw = st.DrawFn

PERIOD_DAYS = ("2026-10-06", "2026-10-11", "2026-10-16", "2026-10-31")
CURRENCIES = ("EUR", "USD", "JPY", "KWD", "GBP")
# Units of the second currency per one of the first; every pair stands once, in the direction that is at least 1.
TABLE = (
    ("EUR", "USD", "1.083716"),
    ("EUR", "JPY", "163.2145"),
    ("KWD", "EUR", "2.987654"),
    ("GBP", "EUR", "1.172233"),
    ("USD", "JPY", "150.6063"),
    ("KWD", "USD", "3.237767"),
    ("GBP", "USD", "1.270367"),
    ("KWD", "JPY", "487.628"),
    ("GBP", "JPY", "191.3254"),
    ("KWD", "GBP", "2.548686"),
)
PROVIDERS = ("azure", "aws", "gcp")
# A service has one category and one publisher, so that every invoice line has.
SERVICES = (
    ("Virtual Machines", "Compute", None),
    ("Blob Storage", "Storage", None),
    ("Firewall", "Security", "Acme Ltd"),
    ("Ärger-Filter", "Security", "Zebra"),
)
SKUS = ("SKU-1", "SKU-2", "sku-20", None)
SKU_PRICES = (None, "SKU-1/a", "sku-1/B")
REGIONS = (None, "eu-1", "EU-2")
UNITS = ("Hours", "GB-Month", None)
INVOICE_TYPES = (None, "Anniversary", "Purchase")
COMMITMENTS = ("Reservation", "Savings Plan")
POLICIES = ("as_applied", "owner_only", "owner_only", "pooled", "pooled", "retained")
SHARES = ("50", "100", "33.333333", "0", "7.5")
TAGS = (
    None,
    '{"Env": "Prod"}',
    '{"Env": "prod-2", "Team": "a"}',
    '{"env": "prod", "@own": "a"}',
    '{"@Own": "A", "@Other": "B"}',
    '{"Env": "PROD", "@Own": "b"}',
    '{"Team": "Ä"}',
    '{"Team": 7}',
    '{"Team": true, "Env": "dev"}',
    "{}",
)
# Tags by which a subtree's links tell owners; nobody else's rows carry them.
TAG_PAIRS = ("@Own=a", "@Own=B", "@Other=b", "@own=a")
CREDIT_KINDS = ("promotional", "sla", "free_tier", "committed_use", "other")
PERCENTS = ("0", "5", "12.5", "33.333333", "100", "7.000001")
AMOUNTS = ("1", "0.1", "9.99", "100", "12.345678901234", "0")


def on(feature: str) -> bool:
    """Whether a feature is drawn. Raises KeyError for one that nobody knows."""
    if feature not in FEATURES:
        raise KeyError(feature)
    return feature not in OFF


def sometimes(draw: Draw, tenths: int = 3) -> bool:
    """True so many times of ten; shrinks to False."""
    return draw(st.integers(0, 9)) >= 10 - tenths


def one(draw: Draw, values: Sequence[T]) -> T:
    """One of the values; shrinks to the first."""
    return draw(st.sampled_from(values))


def given(**fields: object) -> dict[str, object]:
    """A record without the fields that are None."""
    return {name: value for name, value in fields.items() if value is not None}
