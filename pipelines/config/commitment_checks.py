"""What is wrong between contracts, single commitments and pools: words that miss their partner, parties, dates."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from pipelines.config.commitments import Commitment, PoolMember
from pipelines.config.intervals import Interval, closed_gaps, grouped, no_overlaps, shown
from pipelines.config.models import Tenant
from pipelines.config.reach import Span
from pipelines.config.reading import Tables
from pipelines.config.records import Place
from pipelines.config.tree import days_below
from pipelines.errors import Problem

Row = Commitment | PoolMember


class CommitmentChecks:
    """Looks at one configuration; every problem is appended."""

    def __init__(self, tables: Tables, problems: list[Problem]) -> None:
        self.tables = tables
        self.problems = problems
        self.operator = tables.operator.rows[0].operator if tables.operator.rows else None
        self.tenants = grouped(tables.tenants.rows, lambda row: row.tenant)
        self.members = tables.commitment_pools.rows
        self.pools = grouped(self.members, lambda row: row.pool)

    def run(self) -> None:
        """Every check, whatever the others find."""
        for contract in self.tables.contracts.rows:
            self._check_words("commitments", contract.commitments, contract)
            self._check_pool(contract, contract.seller)
        for row in self.tables.commitments.rows:
            self._check_words("policy", row.policy, row)
            self._check_pool(row, row.seller or self.operator)
            self._check_record(row)
        self._check_overlaps()
        self._check_owners()
        for member in self.members:
            self._check_member(member)

    def _check_words(self, field: str, policy: str | None, row: Any) -> None:
        """A policy has the field it needs, and no field stands without its policy."""
        partners = (("benefit_to", "owner_only", "owner or operator"), ("commitment_pool", "pooled", "a pool's id"))
        for name, wanted, words in partners:
            given = getattr(row, name)
            if policy == wanted and given is None:
                self._refuse(row, name, f"{wanted} without {name}", f"write {words} in {name}")
            elif policy != wanted and given is not None:
                what = f"{name} {given!r} has no meaning with {field} {policy or 'blank'}"
                self._refuse(row, name, what, f"leave it blank, or write {field} {wanted}")

    def _check_pool(self, row: Any, seller: str | None) -> None:
        """A pool that is named belongs to the same seller and has members on some day."""
        table = self.tables.commitment_pools
        pool = row.commitment_pool
        if pool is None or table.unread or pool in table.broken or seller is None:
            return
        named = self.pools.get(pool, [])
        own = [member for member in named if (member.seller or self.operator) == seller]
        if not named:
            what, remedy = f"pool {pool} has no members", "add them to the file commitment_pools, or correct the id"
        elif not own:
            others = ", ".join(sorted({member.seller or str(self.operator) for member in named}))
            what, remedy = f"pool {pool} is one of {others}, not of {seller}", f"name a pool whose seller is {seller}"
        elif not any(member.valid_from < row.valid_to and row.valid_from < member.valid_to for member in own):
            days = shown((row.valid_from, row.valid_to))
            what, remedy = f"pool {pool} has no members {days}", "change the dates of its members, or name another pool"
        else:
            return
        self._refuse(row, "commitment_pool", what, remedy)

    def _check_record(self, row: Commitment) -> None:
        """A record says something, and its parties are there."""
        if row.owner is None and row.policy is None:
            self._refuse(
                row, "policy", f"nothing is said of {row.commitment}", "give an owner or a policy, or remove it"
            )
        self._check_exists(row, "owner", row.owner)
        self._check_seller(row, row.seller)

    def _check_member(self, member: PoolMember) -> None:
        """A member is below the seller as long as it takes part."""
        self._check_seller(member, member.seller)
        seller = member.seller or self.operator
        if seller is None or self.tables.tenants.broken or not {seller, member.tenant} <= self.tenants.keys():
            return
        if member.tenant == seller:
            self._refuse(member, "tenant", f"{seller} is the seller of the pool", "name tenants below it")
            return
        days = days_below(member.tenant, seller, self.tenants)
        for gap in self._uncovered(member, days):
            what = f"{member.tenant} does not buy through {seller} {shown(gap)}"
            self._refuse(member, "tenant", what, "name a tenant below the seller, or change the dates")

    def _check_seller(self, row: Row, seller: str | None) -> None:
        kinds = self.tenants.get(seller)
        if kinds and kinds[0].kind == "customer":
            self._refuse(
                row, "seller", f"{seller} is a customer and sells to nobody", "name the operator or a reseller"
            )
        self._check_exists(row, "seller", seller)

    def _check_exists(self, row: Row, field: str, tenant: str | None) -> None:
        there: list[Tenant] = self.tenants.get(tenant, [])
        if there and tenant not in self.tables.tenants.broken:
            for gap in self._uncovered(row, [(entry.valid_from, entry.valid_to) for entry in there]):
                what = f"{tenant} does not exist {shown(gap)}"
                self._refuse(row, field, what, "change the dates of the record or of the tenant")

    def _check_overlaps(self) -> None:
        no_overlaps(
            self.tables.commitments.rows,
            lambda row: " ".join(filter(None, (row.provider, row.commitment, "of", row.seller or self.operator))),
            "the commitment",
            self.problems,
        )
        no_overlaps(
            self.members,
            lambda row: f"{row.tenant} of pool {row.pool} of {row.seller or self.operator}",
            "the member",
            self.problems,
        )

    def _check_owners(self) -> None:
        """One commitment has one owner, whoever says so."""
        rows = [row for row in self.tables.commitments.rows if row.owner]
        for group in grouped(rows, lambda row: (row.provider, row.commitment)).values():
            for one, other in combinations(group, 2):
                together = one.valid_from < other.valid_to and other.valid_from < one.valid_to
                sellers = {one.seller or self.operator, other.seller or self.operator}
                if together and one.owner != other.owner and len(sellers) > 1:
                    what = f"{other.commitment} has two owners: {other.owner}, and {one.owner} in "
                    what += f"{one.place.file}:{one.place.line}"
                    self._refuse(other, "owner", what, "name the same owner, or leave one of them blank")

    @staticmethod
    def _uncovered(row: Row, days: Iterable[Interval]) -> list[Interval]:
        return closed_gaps((row.valid_from, row.valid_to), [Span(row.place, *span) for span in sorted(days)])

    def _refuse(self, row: Any, field: str, what: str, remedy: str) -> None:
        place: Place = row.place
        self.problems.append(place.problem(what, remedy, field))


def check_commitments(tables: Tables, problems: list[Problem]) -> None:
    """Append every problem of the terms on commitments, single commitments and pools."""
    CommitmentChecks(tables, problems).run()
