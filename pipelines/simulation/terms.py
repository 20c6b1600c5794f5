"""Changes of terms: another policy, another basis, another owner, worked into a configuration in memory.

The files stay as they are. The result is checked like a configuration that was read, and it is known by its
own hash: that of the files and of the changes.
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.config import Config
from pipelines.config.commitments import Commitment
from pipelines.config.fields import OPEN_END, OPEN_START, Table
from pipelines.config.intervals import gaps, grouped
from pipelines.config.models import AccountLink, Contract
from pipelines.config.reading import KINDS, Tables
from pipelines.config.records import Place
from pipelines.config.validate import validate
from pipelines.errors import BadConfig, Problem
from pipelines.hashing import sha256_json
from pipelines.simulation.changes import BASIS, Change

WHERE = Place("simulated", 1)


def with_terms(config: Config, change: Change) -> Config:
    """Every contract on another policy or basis; what was said of single commitments gives way to it.

    Of `pooled` only the contracts of the pool's own sellers change: a pool is one seller's.
    """
    if change.kind == BASIS:
        contracts = tuple(row._replace(billing_basis=change.value) for row in config.contracts)
        return checked(replace(config, contracts=contracts), change)
    sellers = None
    if change.value == "pooled":
        members = [row for row in config.commitment_pools if row.pool == change.detail]
        sellers = {row.seller or config.operator.operator for row in members}
        if not sellers:
            raise BadConfig(change.problem(f"unknown pool {change.detail!r}", "add it to the file commitment_pools"))
    contracts = tuple(
        _policy(row, change) if sellers is None or row.seller in sellers else row for row in config.contracts
    )
    commitments = tuple(
        row._replace(policy=None, benefit_to=None, commitment_pool=None)
        if sellers is None or (row.seller or config.operator.operator) in sellers
        else row
        for row in config.commitments
    )
    return checked(replace(config, contracts=contracts, commitments=_useful(commitments)), change)


def owned_by(config: Config, change: Change, provider: str, commitment: str, tenant: str) -> Config:
    """One commitment with another owner on every day, whatever the provider's ids say."""
    if tenant not in {row.tenant for row in config.tenants}:
        raise BadConfig(change.problem(f"unknown tenant {tenant!r}", "name a tenant of the configuration"))
    records = [
        row._replace(owner=tenant) if (row.provider, row.commitment) == (provider, commitment) else row
        for row in config.commitments
    ]
    of_operator = (provider, commitment, config.operator.operator)
    said = grouped(records, lambda row: (row.provider, row.commitment, row.seller or config.operator.operator))
    records += [
        Commitment(WHERE, commitment, provider, None, tenant, None, None, None, since, until)
        for since, until in gaps((OPEN_START, OPEN_END), said.get(of_operator, []))
    ]
    return checked(replace(config, commitments=tuple(records)), change)


def with_account(config: Config, change: Change, provider: str, account: str, tenant: str) -> Config:
    """An account that belongs to a tenant on every day: the home of charges that no real account has."""
    link = AccountLink(WHERE, provider, "sub_account", account.lower(), None, tenant, "all", OPEN_START, OPEN_END)
    if link in config.account_links:
        return config
    return checked(replace(config, account_links=(*config.account_links, link)), change)


def checked(config: Config, change: Change) -> Config:
    """The configuration under its new hash. Raises BadConfig with every problem that the change makes."""
    tables = Tables(operator=Table([config.operator]))
    for kind in KINDS:
        if kind != "operator":
            setattr(tables, kind, Table(list(getattr(config, kind))))
    problems: list[Problem] = []
    validate(tables, problems)
    if problems:
        raise BadConfig([replace(found, file=f"{found.file}, with {change.text}") for found in problems])
    return replace(config, hash=sha256_json([config.hash, change.text]))


def below(config: Config, tenant: str) -> set[str]:
    """A tenant and everybody who is under it on any day."""
    found = {tenant}
    while more := {row.tenant for row in config.tenants if row.parent in found} - found:
        found |= more
    return found


def _policy(row: Contract, change: Change) -> Contract:
    return row._replace(
        commitments=change.value,
        benefit_to=change.detail if change.value == "owner_only" else None,
        commitment_pool=change.detail if change.value == "pooled" else None,
    )


def _useful(records: tuple[Commitment, ...]) -> tuple[Commitment, ...]:
    """Without the records that now say nothing."""
    return tuple(row for row in records if row.owner is not None or row.policy is not None)
