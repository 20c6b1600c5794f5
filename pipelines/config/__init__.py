"""Configuration as code: a directory of typed, effective-dated files, checked as a whole.

`load` reads a directory or refuses it with every problem, `check` only lists the problems, `warnings`
says what a valid configuration leaves open in a period, `compile_config` writes the tables that rating
reads. docs/configuration.md shows every file and field.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.config.compile import CompiledConfig, compile_config
from pipelines.config.models import Config
from pipelines.config.reading import Tables, config_files, read_tables
from pipelines.config.validate import validate, warnings
from pipelines.errors import BadConfig, Problem
from pipelines.hashing import sha256_tree

__all__ = ["CompiledConfig", "Config", "check", "compile_config", "config_hash", "load", "warnings"]


def load(directory: Path) -> Config:
    """The configuration of a directory. Raises BadConfig with every problem of every file."""
    digest = config_hash(directory)
    tables, problems = _read(directory)
    if not problems and config_hash(directory) != digest:
        problems = [Problem(str(directory), "the files changed while they were read", "run it again")]
    if problems:
        raise BadConfig(problems)
    return Config(
        hash=digest,
        operator=tables.operator.rows[0],
        tenants=tuple(tables.tenants.rows),
        account_links=tuple(tables.account_links.rows),
        contracts=tuple(tables.contracts.rows),
        contract_rates=tuple(tables.contract_rates.rows),
        commitments=tuple(tables.commitments.rows),
        commitment_pools=tuple(tables.commitment_pools.rows),
        plans=tuple(tables.plans.rows),
        rate_cards=tuple(tables.rate_cards.rows),
        overrides=tuple(tables.overrides.rows),
        cost_centres=tuple(tables.cost_centres.rows),
        custom_lines=tuple(tables.custom_lines.rows),
        subtotals=tuple(tables.subtotals.rows),
        balances=tuple(tables.balances.rows),
        fx_rates=tuple(tables.fx_rates.rows),
        waivers=tuple(tables.waivers.rows),
    )


def check(directory: Path) -> list[Problem]:
    """Every problem of a directory, by file and line; empty when it can be loaded."""
    return _read(directory)[1]


def config_hash(directory: Path) -> str:
    """Hex sha256 of the configuration's files by name and content; other files do not count."""
    return sha256_tree(config_files(directory), directory)


def _read(directory: Path) -> tuple[Tables, list[Problem]]:
    problems: list[Problem] = []
    if not directory.is_dir():
        return Tables(), [Problem(str(directory), "no such directory", "give the directory that holds operator.yaml")]
    tables = read_tables(directory, problems)
    validate(tables, problems)
    return tables, sorted(set(problems), key=lambda problem: (problem.file, problem.line or 0, problem.what))
