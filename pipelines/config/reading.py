"""Reading a configuration directory into typed tables; what does not fit a field is a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pipelines.config import files
from pipelines.config.commitments import COMMITMENT, POOL_MEMBER, Commitment, PoolMember, read_sharing
from pipelines.config.cost_centres import COST_CENTRE, CostCentre
from pipelines.config.custom import BALANCE, CUSTOM_LINE, Balance, CustomLine, Subtotal, read_subtotal_file
from pipelines.config.fields import Shape, Table, check_interval, read_row
from pipelines.config.models import (
    ACCOUNT_LINK,
    CONTRACT,
    FX_RATE,
    OPERATOR,
    TENANT,
    AccountLink,
    Contract,
    FxRate,
    Operator,
    Tenant,
)
from pipelines.config.pricing import OVERRIDE, RATE_CARD_PRICE, Override, Plan, RateCardPrice
from pipelines.config.records import Record, Unreadable
from pipelines.config.rules import read_plans
from pipelines.config.terms import CONTRACT_RATE, ContractRate
from pipelines.config.waivers import WAIVER, OwnWaiver
from pipelines.config.yaml_text import read_yaml
from pipelines.errors import Problem

KINDS = (
    "operator",
    "tenants",
    "account_links",
    "contracts",
    "contract_rates",
    "commitments",
    "commitment_pools",
    "plans",
    "rate_cards",
    "overrides",
    "cost_centres",
    "custom_lines",
    "subtotals",
    "balances",
    "fx_rates",
    "waivers",
)
REQUIRED = ("operator", "tenants", "contracts", "plans")
Row = TypeVar("Row")


@dataclass
class Tables:
    """Everything that could be read from one directory."""

    operator: Table[Operator] = field(default_factory=Table)
    tenants: Table[Tenant] = field(default_factory=Table)
    account_links: Table[AccountLink] = field(default_factory=Table)
    contracts: Table[Contract] = field(default_factory=Table)
    contract_rates: Table[ContractRate] = field(default_factory=Table)
    commitments: Table[Commitment] = field(default_factory=Table)
    commitment_pools: Table[PoolMember] = field(default_factory=Table)
    plans: Table[Plan] = field(default_factory=Table)
    rate_cards: Table[RateCardPrice] = field(default_factory=Table)
    overrides: Table[Override] = field(default_factory=Table)
    cost_centres: Table[CostCentre] = field(default_factory=Table)
    custom_lines: Table[CustomLine] = field(default_factory=Table)
    subtotals: Table[Subtotal] = field(default_factory=Table)
    balances: Table[Balance] = field(default_factory=Table)
    fx_rates: Table[FxRate] = field(default_factory=Table)
    waivers: Table[OwnWaiver] = field(default_factory=Table)


def config_files(directory: Path) -> list[Path]:
    """The files that are the configuration, in name order."""
    return sorted(path for kind in KINDS for path in files.files_of(directory, kind))


def read_tables(directory: Path, problems: list[Problem]) -> Tables:
    """Read every file of the directory, whatever the others hold."""
    tables = Tables()
    _check_names(directory, problems)
    shapes: tuple[tuple[str, Shape[Any], Table[Any]], ...] = (
        ("tenants", TENANT, tables.tenants),
        ("account_links", ACCOUNT_LINK, tables.account_links),
        ("contracts", CONTRACT, tables.contracts),
        ("contract_rates", CONTRACT_RATE, tables.contract_rates),
        ("commitments", COMMITMENT, tables.commitments),
        ("commitment_pools", POOL_MEMBER, tables.commitment_pools),
        ("rate_cards", RATE_CARD_PRICE, tables.rate_cards),
        ("overrides", OVERRIDE, tables.overrides),
        ("cost_centres", COST_CENTRE, tables.cost_centres),
        ("custom_lines", CUSTOM_LINE, tables.custom_lines),
        ("balances", BALANCE, tables.balances),
        ("fx_rates", FX_RATE, tables.fx_rates),
        ("waivers", WAIVER, tables.waivers),
    )
    _each_file(directory, "operator", tables.operator, problems, partial(_read_operator, tables.operator))
    for kind, shape, table in shapes:
        _each_file(directory, kind, table, problems, partial(_read, shape, table))
    _each_file(directory, "plans", tables.plans, problems, partial(_read_plan_file, tables.plans))
    _each_file(directory, "subtotals", tables.subtotals, problems, partial(read_subtotal_file, tables.subtotals))
    return tables


def _check_names(directory: Path, problems: list[Problem]) -> None:
    known = set(config_files(directory))
    for path in files.record_files(directory):
        if path not in known:
            name = path.relative_to(directory).as_posix()
            what = f"no part of a configuration{files.nearest(path.stem, KINDS)}"
            problems.append(Problem(name, what, f"name it after what it holds: {', '.join(KINDS)}; or move it away"))
    for kind in REQUIRED:
        if not files.files_of(directory, kind):
            name = {"operator": "operator.yaml", "plans": "plans"}.get(kind, f"{kind}.csv")
            problems.append(Problem(name, "the file is missing", f"write it, or check the path {directory}"))


def _each_file(
    directory: Path, kind: str, table: Table[Any], problems: list[Problem], read: Callable[..., None]
) -> None:
    paths = files.files_of(directory, kind)
    table.unread = not paths and kind in REQUIRED
    for path in paths:
        try:
            read(path, directory, problems)
        except Unreadable as stop:
            problems.append(stop.problem)
            table.unread = True


def _read_operator(table: Table[Operator], path: Path, root: Path, problems: list[Problem]) -> None:
    _read(OPERATOR, table, path, root, problems, lambda record: {"commitment_sharing": read_sharing(record, problems)})


def _read(
    shape: Shape[Any],
    table: Table[Any],
    path: Path,
    root: Path,
    problems: list[Problem],
    nested: Callable[[Record], dict[str, Any]] | None = None,
) -> None:
    for record in files.read_records(path, root, shape.names, shape.required, problems):
        before = len(problems)
        row = read_row(shape, record, problems, **(nested(record) if nested else {}))
        if row is not None and hasattr(row, "valid_to"):
            check_interval(row.place, row.valid_from, row.valid_to, problems)
        if row is not None and len(problems) == before:
            table.rows.append(row)
        else:
            table.broken.add(_id_of(record, shape))


def _id_of(record: Record, shape: Shape[Any]) -> str:
    return str(record.values.get(shape.names[0], ""))


def _read_plan_file(table: Table[Plan], path: Path, root: Path, problems: list[Problem]) -> None:
    name = path.relative_to(root).as_posix()
    if path.suffix == ".csv":
        raise Unreadable(Problem(name, "plans are not written as CSV", "write plan: and rules: in a .yaml file"))
    before = len(problems)
    value = read_yaml(files.read_text(path, name), name, problems)
    if isinstance(value, str) or value is None:
        raise Unreadable(Problem(name, "the file holds no plan", "begin with `plan: <id>` and `rules:`", 1))
    read_plans(value, table, problems)
    table.unread = table.unread or (len(problems) > before and not table.broken)
