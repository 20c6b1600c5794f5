"""Balances go on from month to month: a period opens with what the previous period's build closed with."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pipelines.config import Config
from pipelines.config.custom_days import balances_in_force
from pipelines.config.custom_tables import stated_opening
from pipelines.errors import BadConfig, Problem, RebillError
from pipelines.gates import content_hash
from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.period import BillingPeriod

MART = "marts_balances.parquet"


class Closing(NamedTuple):
    """What a balance closed with, in its contract's currency; `term_start` tells one term from the next."""

    contract: str
    balance: str
    term_start: date
    amount: str


def closings(lake: Lake, ledger: Ledger, period: BillingPeriod, config: Config) -> list[Closing]:
    """The closings of the previous period for the balances in force, by contract and id.

    Raises BadConfig naming each balance that nothing says the opening of.
    """
    wanted = balances_in_force(config, period)
    found = {row[:3]: row for row in _closed(lake, ledger, period.previous)} if wanted else {}
    problems = [
        row.place.problem(
            f"balance {row.balance} of {row.contract} has no opening: no build of {period.previous} has it",
            f"build {period.previous} first, or write what is there in opening and {period} in opening_period",
            "opening",
        )
        for row in wanted
        if (row.contract, row.balance, row.valid_from) not in found and stated_opening(row, period) is None
    ]
    if problems:
        raise BadConfig(problems)
    keys = sorted((row.contract, row.balance, row.valid_from) for row in wanted)
    return [found[key] for key in keys if key in found]


def _closed(lake: Lake, ledger: Ledger, period: BillingPeriod) -> list[Closing]:
    """Every closing of a period's current build; none if the period was never built."""
    build = ledger.current_build(period.label)
    directory = lake.build(period, build["build_id"]) if build else None
    if build is None or directory is None or not (directory / MART).is_file():
        return []
    if content_hash(directory) != build["content_hash"]:
        what = "the marts changed after they were built, and the next month's balances begin with them"
        raise RebillError(Problem(f"build={build['build_id']}", what, f"build {period} again"))
    with connect() as con:
        query = "select ContractId, BalanceId, TermStart, cast(Closing as varchar) from read_parquet(?)"
        return [Closing(*row) for row in con.execute(query, [str(directory / MART)]).fetchall()]
