"""The oracle's reading of a configuration directory: tenants, links, contracts, plans, rates, all by day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pipelines.generator.truth_charges import ChargeKey
from pipelines.generator.truth_commitments import CommitmentTerms
from pipelines.generator.truth_fx import Rates
from pipelines.generator.truth_plans import Plans
from pipelines.generator.truth_records import Record, Span, document, records, span, text
from pipelines.generator.truth_tags import tags
from pipelines.generator.truth_terms import Contract, Link, read_contract, read_link

Scope = tuple[str, str]


class Config:
    """One configuration directory for one billing period. All lookups are by charge day."""

    def __init__(self, directory: Path, period: str) -> None:
        operator: Record = document(directory / "operator.yaml")
        self.directory = directory
        self.operator = str(operator["operator"])
        self.rates = Rates(directory, period)
        self.plans = Plans(directory, operator)
        self.commitments = CommitmentTerms(directory, self.operator)
        self.month = _month(period)
        self.contracts: dict[str, Contract] = {}
        self.kinds: dict[str, str] = {}
        self.home: dict[str, str] = {}
        self._parents: dict[str, list[tuple[Span, str]]] = defaultdict(list)
        self._links: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
        self._by_edge: dict[tuple[str, str], list[Contract]] = defaultdict(list)
        self._tag_links: list[tuple[str, str, str, Link]] = []
        placed = self._read_tenants(text(operator, "home_currency")) | self._read_links()
        spans = placed | self.plans.spans | self.commitments.spans
        for record in records(directory, "contracts"):
            contract = read_contract(record)
            self.contracts[contract.id] = contract
            self._by_edge[contract.seller, contract.buyer].append(contract)
            spans.add(contract.span)
        self._move_days = sorted({day for days in placed for day in days})
        self._days = sorted({*(day for days in spans for day in days), self.month.start})

    @cached_property
    def tag_names(self) -> tuple[str, ...]:
        """Every tag key that a rule, a link or a cost centre mentions."""
        pairs = [pair for _, _, pair, _ in self._tag_links]
        pairs += [text(record, "tag") for record in records(self.directory, "cost_centres")]
        names = {rule.tag for rule in self.plans.rules if rule.tag} | {pair.partition("=")[0] for pair in pairs if pair}
        return tuple(sorted(names))

    def segment(self, day: date) -> int:
        """Number of the stretch of days around `day` in which nothing that prices a charge changes."""
        return bisect_right(self._days, day)

    def moves(self, after: date, before: date) -> list[date]:
        """Days between two on which a link or a tenant's place may change."""
        return [day for day in self._move_days if after < day < before]

    def link(self, provider: str, scope: str, scope_id: str | None, day: date) -> Link | None:
        """The link of one provider scope on a day."""
        links = self._links.get((provider.lower(), scope, (scope_id or "").lower()), ())
        return next((link for link in links if link.span.covers(day)), None)

    def tag_links(self, key: ChargeKey, *, within: bool) -> Iterator[Link]:
        """The tag links that a row fits on its day: those limited to its sub-account, or those that are not."""
        if not self._tag_links:
            return
        carried = {name: value.lower() for name, value in tags(key.tags).items()}
        account = (key.sub_account or "").lower() if within else ""
        for provider, place, pair, link in self._tag_links:
            name, _, value = pair.partition("=")
            fits = carried.get(name) == value.lower() and place == account and bool(place) == within
            if fits and provider == key.provider.lower() and link.span.covers(key.day):
                yield link

    def path(self, tenant: str, day: date) -> list[tuple[str, str]] | None:
        """The edges (seller, buyer) from the operator down to a tenant; None if the tree is broken that day."""
        edges: list[tuple[str, str]] = []
        while tenant != self.operator:
            parent = next((parent for days, parent in self._parents[tenant] if days.covers(day)), "")
            if not parent or len(edges) > len(self._parents):
                return None
            edges.insert(0, (parent, tenant))
            tenant = parent
        return edges

    def contract(self, seller: str, buyer: str, day: date) -> Contract | None:
        """The contract in force on an edge."""
        return next((item for item in self._by_edge.get((seller, buyer), ()) if item.span.covers(day)), None)

    def agreed(self, tenant: str, day: date) -> list[Contract] | None:
        """The contracts from the operator down to a tenant; None where one is missing or there is no edge."""
        path = self.path(tenant, day) or []
        found = [self.contract(seller, buyer, day) for seller, buyer in path]
        contracts = [contract for contract in found if contract is not None]
        return contracts if contracts and len(contracts) == len(path) else None

    def contract_days(self, contract: Contract) -> Span:
        """The days of the month on which a contract holds: an open end lasts as long as its buyer does."""
        known = [days for days, _ in self._parents[contract.buyer]]
        exists = Span(min(days.start for days in known), max(days.end for days in known))
        return contract.span.within(exists).within(self.month)

    @property
    def last_day(self) -> date:
        """The last day of the billing period."""
        return self.month.end - timedelta(days=1)

    def _read_tenants(self, home: str) -> set[Span]:
        found = set()
        for record in records(self.directory, "tenants"):
            name, days = record["tenant"], span(record)
            self._parents[name].append((days, text(record, "parent")))
            self.kinds[name] = record["kind"]
            self.home[name] = text(record, "home_currency") or self.home.get(name) or home
            found.add(days)
        return found

    def _read_links(self) -> set[Span]:
        found = set()
        for record in records(self.directory, "account_links"):
            provider, scope, link = record["provider"].lower(), record["scope"], read_link(record)
            if scope == "tag":
                self._tag_links.append((provider, text(record, "within").lower(), record["scope_id"], link))
            else:
                self._links[provider, scope, record["scope_id"].lower()].append(link)
            found.add(link.span)
        return found


def _month(period: str) -> Span:
    start = date(int(period[:4]), int(period[5:7]), 1)
    return Span(start, (start + timedelta(days=32)).replace(day=1))
