"""Compiled prices: layers, patterns, tiers and rate cards as the models read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import config
from pipelines.config.matching import FIELDS, SEPARATOR
from pipelines.errors import BadConfig
from pipelines.lake import Lake
from pipelines.money import Decimal
from pipelines.period import BillingPeriod

Edit = Callable[[str, str, str], None]
ALWAYS, FIRST, SIXTEENTH = date(1900, 1, 1), date(2026, 10, 1), date(2026, 10, 16)
ZERO = Decimal(0)


def compiled(directory: Path, lake: Path, **changes: Any) -> config.CompiledConfig:
    request: dict[str, Any] = {
        "period": BillingPeriod("2026-10"),
        "charge_min": FIRST,
        "charge_max": date(2026, 10, 31),
        "billing_currencies": ["EUR", "USD"],
    }
    return config.compile_config(config.load(directory), Lake(lake), **{**request, **changes})


def read(result: config.CompiledConfig, name: str) -> list[dict[str, Any]]:
    return list(pq.ParquetFile(result.path / f"{name}.parquet").read().to_pylist())


def rule_rows(result: config.CompiledConfig, start: date) -> list[dict[str, Any]]:
    return [row for row in read(result, "price_rules") if row["SegmentStart"] == start]


def value(**fields: str) -> str:
    return SEPARATOR.join(fields.get(name, "*") for name in FIELDS)


@pytest.fixture
def layered(directory: Path, edit: Edit) -> Path:
    """North's customer acme has a plan of its own on both edges; the operator has a plan for everybody."""
    edit("operator.yaml", "home_currency: EUR\n", "home_currency: EUR\nplan: house\n")
    edit("plans/house.yaml", "", "plan: house\nrate_card: house-list\nrules:\n  - {rule: last, action: pass_through}\n")
    edit(
        "plans/special.yaml",
        "",
        "plan: special\nextends: standard\nrules:\n  - {rule: gift, action: free, match: {sku: A*}}\n",
    )
    edit("plans/edge.yaml", "", "plan: edge\nrate_card: acme-list\n")
    edit(
        "overrides.csv", "", "contract,tenant,plan,valid_from,valid_to\nd-north,acme,edge,,\nd-north,north,special,,\n"
    )
    edit(
        "rate_cards.csv",
        "",
        "rate_card,provider,sku,sku_price,unit,price,currency,valid_from,valid_to\n"
        "house-list,azure,DZ1,P1M,1 Hour,0.5,USD,,\n"
        "acme-list,azure,DZ1,,1 Hour,0.4,KWD,,2026-10-16\n"
        "acme-list,azure,DZ1,,1 Hour,0.3,KWD,2026-10-16,\n",
    )
    return directory


def test_a_combination_names_its_parts_and_only_where_it_differs(layered: Path, tmp_path: Path) -> None:
    edges = read(compiled(layered, tmp_path / "lake"), "tenant_edges")
    found = {(row["TenantId"], row["SegmentStart"], row["Depth"]): row["PlanId"] for row in edges}
    tenth = date(2026, 10, 10)
    assert {key: plan for key, plan in found.items() if key[1] in (tenth, SIXTEENTH)} == {
        ("acme", tenth, 1): "edge+special+wholesale+house",
        ("acme", tenth, 2): "retail",
        ("acme", SIXTEENTH, 1): "wholesale+house",
        ("acme", SIXTEENTH, 2): "retail",
        **{("direct", start, 1): "wholesale+house" for start in (tenth, SIXTEENTH)},
        **{("gulf", start, 1): "wholesale+house" for start in (tenth, SIXTEENTH)},
        **{("north", start, 1): "special+wholesale+house" for start in (tenth, SIXTEENTH)},
    }


def test_rules_of_a_combination_are_in_layers(layered: Path, tmp_path: Path) -> None:
    rows = rule_rows(compiled(layered, tmp_path / "lake"), ALWAYS)
    found = [
        (row["RuleId"], row["RuleLayer"], row["RuleOrder"])
        for row in rows
        if row["PlanId"] == "edge+special+wholesale+house"
    ]
    assert found == [("gift", 1, 1), ("rest", 2, 2), ("base", 3, 3), ("market", 3, 4), ("last", 4, 5)]


def test_the_nearest_rate_card_and_its_currency(layered: Path, tmp_path: Path) -> None:
    result = compiled(layered, tmp_path / "lake")
    assert [tuple(row.values()) for row in read(result, "plans")] == [
        ("edge+special+wholesale+house", "acme-list"),
        ("special+wholesale+house", "house-list"),
        ("wholesale+house", "house-list"),
    ]
    cards = [tuple(row.values()) for row in read(result, "rate_cards") if row["SegmentStart"] != ALWAYS]
    tenth = date(2026, 10, 10)
    assert cards == [
        ("acme-list", tenth, "azure", "dz1", "", "1 hour", Decimal("0.4"), "KWD"),
        ("acme-list", SIXTEENTH, "azure", "dz1", "", "1 hour", Decimal("0.3"), "KWD"),
        ("house-list", tenth, "azure", "dz1", "p1m", "1 hour", Decimal("0.5"), "USD"),
        ("house-list", SIXTEENTH, "azure", "dz1", "p1m", "1 hour", Decimal("0.5"), "USD"),
    ]
    pairs = {(row["ContractId"], row["FromCurrency"]) for row in read(result, "edge_fx")}
    assert {("d-north", "KWD"), ("d-north", "USD"), ("d-gulf", "USD")} <= pairs


def test_rules_are_inherited_and_priced_in_advance(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("plans/wholesale.yaml", "percent: 2.5\n", "percent: 2.5\n    floor: cost\n    cap: list\n")
    rows = rule_rows(compiled(directory, tmp_path / "lake"), date(2026, 10, 10))
    names = ("PlanId", "RuleId", "PatternId", "MatchValue", "RulePriority", "RuleLayer", "RuleOrder", "RuleAction")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("retail", "vm", 2, value(provider="azure", sku="dzh318z0bq35"), 0, 0, 1, "unit_price"),
        ("retail", "rest", 0, value(), 0, 1, 2, "discount"),
        ("wholesale", "base", 0, value(), 0, 0, 1, "discount"),
        ("wholesale", "market", 1, value(provider="azure", publisher="*any"), 5, 0, 2, "markup"),
    ]
    numbers = ("FactorParent", "FactorList", "FactorContracted", "FactorCost", "UnitPrice", "UnitPriceCurrency")
    assert [tuple(row[name] for name in numbers) for row in rows] == [
        (ZERO, ZERO, ZERO, ZERO, Decimal("0.090000000001"), "USD"),
        (ZERO, Decimal("0.96"), ZERO, ZERO, ZERO, None),
        (ZERO, Decimal("0.9"), ZERO, ZERO, ZERO, None),
        (ZERO, ZERO, ZERO, Decimal("1.025"), ZERO, None),
    ]
    assert [(row["FloorBasis"], row["CapBasis"]) for row in rows] == [(None, None)] * 3 + [("cost", "list")]


def test_patterns_say_how_each_field_compares(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit(
        "plans/standard.yaml",
        "    percent: 4\n",
        "    percent: 4\n"
        "  - {rule: t1, action: free, match: {tag: Team=Web*}}\n"
        "  - {rule: t2, action: free, priority: 1, match: {tag: env=*any, sku: Abc}}\n"
        "  - {rule: t3, action: unit_price, unit: 1 GB, price: 1, currency: EUR}\n",
    )
    result = compiled(directory, tmp_path / "lake")
    assert read(result, "tag_keys") == [{"TagNo": 1, "TagKey": "Team"}, {"TagNo": 2, "TagKey": "env"}]
    patterns = {row["PatternId"]: row for row in read(result, "match_patterns")}
    rows = {row["RuleId"]: row for row in rule_rows(result, ALWAYS)}

    def used(rule: str) -> dict[str, int]:
        pattern = patterns[rows[rule]["PatternId"]]
        return {name: length for name, length in pattern.items() if length is not None and name != "PatternId"}

    assert used("t1") == {"LengthTag": 3, "TagNo": 1}
    assert used("t2") == {"LengthTag": 0, "TagNo": 2, "LengthSku": -1}
    assert used("t3") == {"LengthPricingUnit": -1}
    assert [rows[rule]["MatchValue"] for rule in ("t1", "t2", "t3")] == [
        value(tag="web*"),
        value(tag="*any", sku="abc"),
        value(pricing_unit="1 gb"),
    ]


def test_tag_keys_of_rules_links_and_cost_centres(directory: Path, edit: Edit, tmp_path: Path) -> None:
    edit("plans/standard.yaml", "    percent: 4\n", "    percent: 4\n  - {rule: t, action: free, match: {tag: b=x}}\n")
    edit("account_links.csv", "azure,customer", "azure,tag,Z=shop,direct,,,\nazure,customer")
    edit("cost_centres.csv", "", "cost_centre,name,tenant,tag,default\nc1,C,direct,a=1,\nc2,D,direct,,true\n")
    result = compiled(directory, tmp_path / "lake")
    assert [row["TagKey"] for row in read(result, "tag_keys")] == ["Z", "a", "b"]


TIERS = """\
plan: standard
rules:
  - rule: s
    valid_to: 2026-10-16
    match: {service: Storage}
    action: tiers
    mode: graduated
    measure: quantity
    unit: GB-Month
    value: price
    currency: USD
    scope: sku
    tiers: [{from: 0, to: 100, price: 0.10}, {from: 100, price: 0.08}]
  - rule: s
    valid_from: 2026-10-16
    valid_to: 2026-10-20
    continues: true
    match: {service: Storage}
    action: tiers
    mode: volume
    measure: quantity
    unit: GB-Month
    value: discount
    basis: list
    scope: sku
    tiers: [{from: 0, percent: 2.5}]
  - rule: s
    valid_from: 2026-10-20
    match: {service: Storage}
    action: tiers
    mode: volume
    measure: amount
    value: markup
    basis: contracted
    currency: KWD
    scope: subtree
    tiers: [{from: 0, to: 5000, percent: 3}, {from: 5000, percent: 1}]
"""


def test_tier_sets_and_their_versions(directory: Path, tmp_path: Path) -> None:
    (directory / "plans/standard.yaml").write_text(TIERS)
    result = compiled(directory, tmp_path / "lake")
    twentieth = date(2026, 10, 20)
    assert [tuple(row.values()) for row in read(result, "tier_sets")] == [
        (1, "s", ALWAYS, ALWAYS, "graduated", "quantity", "sku", None, "price", "USD"),
        (2, "s", SIXTEENTH, ALWAYS, "volume", "quantity", "sku", "list", "percent", None),
        (3, "s", twentieth, twentieth, "volume", "amount", "subtree", "contracted", "percent", "KWD"),
    ]
    assert [tuple(row.values()) for row in read(result, "tiers")] == [
        (1, 1, ZERO, Decimal(100), Decimal("0.1")),
        (1, 2, Decimal(100), None, Decimal("0.08")),
        (2, 1, ZERO, None, Decimal("0.975")),
        (3, 1, ZERO, Decimal(5000), Decimal("1.03")),
        (3, 2, Decimal(5000), None, Decimal("1.01")),
    ]
    rows = [row for row in read(result, "price_rules") if row["RuleId"] == "s"]
    assert [(row["SegmentStart"], row["RuleVersion"], row["TierSetId"]) for row in rows] == [
        (ALWAYS, ALWAYS, 1),
        (date(2026, 10, 10), ALWAYS, 1),
        (SIXTEENTH, SIXTEENTH, 2),
        (twentieth, twentieth, 3),
    ]
    assert {row["UnitPriceCurrency"] for row in rows} == {None}
    assert {row[name] for row in rows for name in row if name.startswith(("Factor", "UnitPrice"))} == {ZERO, None}
    pairs = {(row["ContractId"], row["FromCurrency"]) for row in read(result, "edge_fx")}
    assert {("n-acme", "KWD"), ("n-acme", "USD")} <= pairs


def test_a_missing_rate_of_a_tier_or_rate_card_is_named(layered: Path, edit: Edit, tmp_path: Path) -> None:
    edit("rate_cards.csv", "0.5,USD", "0.5,NOK")
    with pytest.raises(BadConfig) as refusal:
        compiled(layered, tmp_path / "lake")
    assert "no rate from NOK to EUR for 2026-10, needed by contract d-direct" in str(refusal.value)


def test_charges_before_the_period_have_segments_of_their_own(directory: Path, tmp_path: Path) -> None:
    result = compiled(directory, tmp_path / "lake", charge_min=date(2026, 9, 3), charge_max=date(2026, 10, 5))
    assert [tuple(row.values()) for row in read(result, "segments")] == [
        (ALWAYS, FIRST, True),
        (FIRST, date(9999, 12, 31), False),
    ]


def test_types(layered: Path, tmp_path: Path) -> None:
    (layered / "plans/standard.yaml").write_text(TIERS)
    result = compiled(layered, tmp_path / "lake")
    exact = pa.decimal128(38, 12)

    def schema(name: str) -> dict[str, pa.DataType]:
        found = pq.read_schema(result.path / f"{name}.parquet")
        return dict(zip(found.names, found.types, strict=True))

    rules, patterns = schema("price_rules"), schema("match_patterns")
    assert (rules["RuleSpecificity"], rules["RuleVersion"]) == (pa.int64(), pa.date32())
    assert {rules[name] for name in ("RuleLayer", "RuleOrder", "RulePriority", "TierSetId")} == {pa.int32()}
    assert list(patterns.values()) == [pa.int32()] * 15
    assert {schema("tiers")[name] for name in ("LowerBound", "UpperBound", "TierValue")} == {exact}
    assert schema("rate_cards")["UnitPrice"] == exact
    assert (schema("segments")["IsEarlier"], schema("tag_keys")["TagNo"]) == (pa.bool_(), pa.int32())
