"""The explanation names the rule that rating chooses: random rules and charges through both, from one compilation."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from pipelines import config
from pipelines.config.explain import Explainer
from pipelines.config.explained import Charge
from pipelines.config.matching import FIELDS, SEPARATOR
from pipelines.config.pricing import Rule
from pipelines.config.ties import ties
from pipelines.lake import Lake, connect
from pipelines.period import BillingPeriod
from pipelines.schemas import ROOT

Edit = Callable[[str, str, str], None]
DBT = ROOT / "dbt_project"
DAY = date(2026, 10, 20)
VALUES = {name: ("ab", "abc", "abd", "b") for name in FIELDS if name != "tag"}
VALUES |= {"provider": ("aws", "azure"), "service_category": ("Compute", "Storage"), "charge_category": ("Usage",)}
EXACT_ONLY = ("provider", "service_category", "charge_category")
TAG_KEYS = ("Env", "team")
ACTIONS = (
    "action: free",
    "action: discount, basis: list, percent: 4, floor: list",
    "action: unit_price, price: 1, currency: EUR",
    "action: unit_price, price: 1, currency: EUR, unit: abc",
    "action: tiers, mode: volume, measure: amount, value: markup, basis: list, currency: EUR, scope: sku, "
    "tiers: [{from: 0, percent: 1}]",
)


def random_rule(dice: random.Random, name: str) -> str:
    action = dice.choice(ACTIONS)
    match = {}
    for field in dice.sample(FIELDS, dice.choice((0, 1, 1, 2, 2, 3))):
        if field == "pricing_unit" and "unit:" in action:
            continue
        if field in EXACT_ONLY:
            match[field] = dice.choice(VALUES[field])
            continue
        value = dice.choice(("ab", "AB*", "a*", "abc*", "abc", "*any", "b"))
        match[field] = f"{dice.choice(TAG_KEYS)}={value}" if field == "tag" else value
    wanted = ", ".join(f'{field}: "{value}"' for field, value in match.items())
    dates = dice.choice(("", "", "", ", valid_from: 2026-10-21", ", valid_to: 2026-10-20", ", valid_from: 2026-10-20"))
    return f"  - {{rule: {name}, priority: {dice.choice((0, 0, 0, 1))}, match: {{{wanted}}}, {action}{dates}}}"


def without_ties(dice: random.Random, plan: str, count: int, directory: Path) -> None:
    """Write a plan of random rules, without those that nothing orders."""
    path = directory / f"plans/{plan}.yaml"
    lines = [random_rule(dice, f"{plan}{number}") for number in range(count)]
    tied: list[Rule] = []
    while True:
        lines = [line for line in lines if not any(f"rule: {rule.rule}," in line for rule in tied)]
        path.write_text("\n".join([f"plan: {plan}", "rules:", *lines]) + "\n")
        tables = config.reading.read_tables(directory, [])
        tied = [later for found in tables.plans.rows if found.plan == plan for _, later in ties(found.rules)]
        if not tied:
            return


def random_charge(dice: random.Random) -> Charge:
    values = {name: dice.choice(VALUES[name]).lower() for name in FIELDS if name in EXACT_ONLY}
    values |= {name: dice.choice(("", *VALUES[name])) for name in FIELDS if name not in (*EXACT_ONLY, "tag")}
    is_commitment = dice.random() < 0.2
    tags = {key: dice.choice(("", "", "ab", "abc", "b")) for key in TAG_KEYS}
    return Charge(values, tags, is_commitment)


def rating_sql() -> str:
    """The model that rating chooses rules with, its macros filled in."""
    returned: list[Any] = []
    environment = jinja2.Environment()
    environment.globals.update({"return": lambda value: returned.append(value) or ""})
    macros: Any = environment.from_string((DBT / "macros/matching.sql").read_text()).module

    def match_fields() -> Any:
        macros.match_fields()
        return returned[-1]

    environment.globals.update(
        match_fields=match_fields,
        match_text=macros.match_text,
        tag_value=macros.tag_value,
        ref=lambda name: name,
        source=lambda _, name: name,
    )
    return environment.from_string((DBT / "models/rated/rated_profile_rules.sql").read_text()).render()


def rated(con: duckdb.DuckDBPyConnection, plans: set[str], charges: list[Charge], keys: list[str]) -> dict[Any, str]:
    """(plan, number of the charge) -> the rule that rating chooses."""
    columns = ["".join(part.capitalize() for part in name.split("_")) for name in FIELDS]
    con.execute(
        "create table rated_profiles (PlanId varchar, ClassNo bigint, SegmentStart date, IsCommitment boolean, "
        + ", ".join(f"{column} varchar" for column in columns)
        + ")"
    )
    start = con.execute("select max(SegmentStart) from segments where SegmentStart <= ?", [DAY]).fetchone()
    rows = [
        [
            plan,
            number,
            *(start or ()),
            charge.is_commitment,
            *(charge.values[name] for name in FIELDS if name != "tag"),
            SEPARATOR.join(charge.tags[key] for key in keys),
        ]
        for plan in plans
        for number, charge in enumerate(charges)
    ]
    con.executemany(f"insert into rated_profiles values ({', '.join('?' * (len(columns) + 4))})", rows)
    found = con.execute(f"select PlanId, ClassNo, RuleId from ({rating_sql()})").fetchall()
    return {(plan, number): rule for plan, number, rule in found}


@pytest.mark.parametrize("seed", range(4))
def test_explanation_and_rating_choose_the_same_rule(seed: int, directory: Path, edit: Edit, tmp_path: Path) -> None:
    dice = random.Random(seed)
    edit("operator.yaml", "home_currency: EUR\n", "home_currency: EUR\nplan: house\n")
    edit("overrides.csv", "", "contract,tenant,plan,valid_from,valid_to\nd-gulf,acme,special,2026-10-16,\n")
    for plan, count in (("house", 40), ("special", 40), ("standard", 60), ("retail", 60), ("wholesale", 60)):
        without_ties(dice, plan, count, directory)
    edit("plans/retail.yaml", "plan: retail\n", "plan: retail\nextends: standard\n")
    loaded = config.load(directory)
    compiled = config.compile_config(
        loaded,
        Lake(tmp_path),
        period=BillingPeriod("2026-10"),
        charge_min=date(2026, 10, 1),
        charge_max=date(2026, 10, 31),
        billing_currencies=["EUR"],
    )
    charges = [random_charge(dice) for _ in range(150)]
    explainer = Explainer(loaded, DAY)
    explained = {}
    for number, charge in enumerate(charges):
        for edge in explainer.explain("acme", charge):
            explained[edge.plan, number] = edge.winner.rule if edge.winner else None
    assert {plan for plan, _ in explained} == {"special+wholesale+house", "retail"}
    with connect() as con:
        for path in compiled.path.glob("*.parquet"):
            con.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
        keys = [row[0] for row in con.execute("select TagKey from tag_keys order by TagNo").fetchall()]
        chosen = rated(con, {str(plan) for plan, _ in explained}, charges, keys)
    assert {key: rule for key, rule in explained.items() if rule} == chosen
    assert len(set(chosen.values())) > 15  # the choice is not always the same few
