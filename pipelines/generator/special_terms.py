"""Terms that only some contracts of a generated month have: each kind once, so that every month uses it.

Overrides, shares of partner benefits, commitment policies and pools, custom lines, balances and cost centres, as
the rows of their files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pipelines.generator.tenants import OPERATOR, Tenant, Tree
from pipelines.period import BillingPeriod

Row = Sequence[object]
OVERRIDE_HEADER = ("contract", "tenant", "plan", "valid_from", "valid_to")
RATE_HEADER = ("contract", "from_currency", "rate", "source", "valid_from", "valid_to")
POOL_HEADER = ("pool", "seller", "tenant", "valid_from", "valid_to")
POOL = "direct-customers"
RESERVED = 4  # number of a customer that buys an Azure reservation, see azure_tables.is_reserved
CENTRE_HEADER = ("cost_centre", "name", "tenant", "percent", "tag", "default", "valid_from", "valid_to")
LINE_HEADER = (
    "line", "contract", "name", "kind", "for", "amount", "currency", "quantity", "percent", "of", "frequency", "on",
    "prorate", "valid_from", "valid_to",
)  # fmt: skip
BALANCE_HEADER = (
    "balance", "contract", "name", "kind", "amount", "currency", "of", "valid_from", "valid_to", "opening",
    "opening_period",
)  # fmt: skip


class SharedTerms(NamedTuple):
    """What a contract says of partner benefits and commitments, as columns of contracts.csv; blank: the default."""

    partner_benefit_share: str = ""
    partner_benefit_shown: str = ""
    commitments: str = ""
    benefit_to: str = ""
    commitment_pool: str = ""
    billing_basis: str = ""


@dataclass(frozen=True)
class SpecialTerms:
    """The contracts that get special terms, by their ids, and the customers they are for.

    `wholesale` is the operator's contract with the first reseller and `strategic` that reseller's biggest customer;
    `second` is its contract with the second reseller, `retained` that one's with its biggest customer; `reserved` is
    the contract of a customer that buys a reservation in every month; `direct` are the operator's contracts with its
    first three direct customers.
    """

    period: BillingPeriod
    wholesale: str
    strategic: Tenant
    second: str
    retained: str
    reserved: str
    direct: tuple[str, ...]
    customers: tuple[Tenant, ...]

    def overrides(self) -> Iterator[Row]:
        """One customer of a reseller, for whom the operator gives the reseller a better price."""
        yield self.wholesale, self.strategic.id, "strategic-customer", self.period.start, None

    def shared_terms(self) -> dict[str, SharedTerms]:
        """By contract: every way to treat commitments and to share partner benefits once."""
        pooled = SharedTerms(commitments="pooled", commitment_pool=POOL)
        terms = {
            self.wholesale: SharedTerms("40", "credit_line", "owner_only", "owner"),
            self.second: SharedTerms("25", "price"),
            self.direct[0]: pooled,
            self.direct[1]: pooled,
            self.retained: SharedTerms(commitments="retained"),
        }
        basis = terms.get(self.reserved, SharedTerms())._replace(billing_basis="amortized")
        return {**terms, self.reserved: basis}

    def commitment_pools(self) -> Iterator[Row]:
        """Two direct customers share what either of them has committed to."""
        for customer in self.customers[:2]:
            yield POOL, OPERATOR, customer.id, None, None

    def custom_lines(self) -> Iterator[Row]:
        """Every kind of custom line once."""
        first, second, third = self.direct
        start = self.period.start
        yield _line("operations", first, "Managed servers", "managed_service", amount="35", quantity="4")
        yield _line("support", first, "Support", "support", percent="5", of="usage-and-operations")
        yield _line(
            "onboarding", first, "Onboarding workshop", "fee", amount="250", frequency="once", on=start.replace(day=10)
        )
        yield _line("minimum", second, "Minimum commitment", "minimum", amount="20000", of="charges")
        yield _line(
            "goodwill", third, "Goodwill for an outage", "credit_note", amount="100", frequency="once",
            on=start.replace(day=20),
        )  # fmt: skip
        yield _line("rebate", self.wholesale, "Loyalty rebate", "credit_note", percent="1", of="cloud-usage")
        yield _line(
            "security", self.wholesale, "Security bundle", "bundle", audience="each_customer", amount="15",
            prorate="daily", valid_from=start.replace(day=10),
        )  # fmt: skip

    def balances(self) -> Iterator[Row]:
        """A balance that is drawn from its first month on, and a commitment whose term ends in this month."""
        first, _, third = self.direct
        start, end, label = self.period.start, self.period.end, self.period.label
        yield "prepaid", first, "Prepaid", "prepaid", "3000", "EUR", "charges", start, _months(start, 12), None, None
        yield (
            "commitment", third, "Spend commitment", "commitment", "60000", "EUR", "charges", _months(end, -12), end,
            "54000", label,
        )  # fmt: skip

    def cost_centres(self) -> Iterator[Row]:
        """One customer divides its lines by tag, another by percents."""
        tagged = self.customers[0].id
        yield "100-production", "Production", tagged, None, "env=prod", None, None, None
        yield "200-quality", "Quality assurance", tagged, None, "env=test", None, None, None
        yield "900-general", "Everything else", tagged, None, None, "true", None, None
        yield "finance", "Finance", self.strategic.id, "33.33", None, None, None, None
        yield "sales", "Sales", self.strategic.id, "66.67", None, None, None, None


def special_terms(period: BillingPeriod, tree: Tree) -> SpecialTerms:
    """Choose the contracts and customers."""
    first, second = tree.resellers[:2]
    direct, reserved = tree.direct[:3], tree.customers[RESERVED]
    return SpecialTerms(
        period,
        contract_id(tree, OPERATOR, first.id),
        _biggest(tree, first),
        contract_id(tree, second.parent, second.id),
        contract_id(tree, second.id, _biggest(tree, second).id),
        contract_id(tree, reserved.parent, reserved.id),
        tuple(contract_id(tree, OPERATOR, customer.id) for customer in direct),
        direct,
    )


def _biggest(tree: Tree, seller: Tenant) -> Tenant:
    """The biggest customer that a seller has all month."""
    below = [customer for customer in tree.customers if customer.parent == seller.id and customer != tree.mover]
    return max(below, key=lambda customer: customer.weight)


def contract_id(tree: Tree, seller: str, buyer: str) -> str:
    """The id that a contract has in contracts.csv: its place in the tree's list."""
    edges = [(contract.seller, contract.buyer) for contract in tree.contracts]
    return numbered(edges.index((seller, buyer)))


def numbered(place: int) -> str:
    """The id of the contract at a place of the tree's list, which counts from 0."""
    return f"c{place + 1:05d}"


def _line(
    line: str, contract: str, name: str, kind: str, *, audience: str | None = None, amount: str | None = None,
    quantity: str | None = None, percent: str | None = None, of: str | None = None, frequency: str = "monthly",
    on: date | None = None, prorate: str | None = None, valid_from: date | None = None,
) -> Row:  # fmt: skip
    currency = "EUR" if amount else None
    return (
        line, contract, name, kind, audience, amount, currency, quantity, percent, of, frequency, on, prorate,
        valid_from, None,
    )  # fmt: skip


def _months(first: date, count: int) -> date:
    """The first of a month, `count` months on."""
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
