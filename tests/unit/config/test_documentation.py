"""The worked example of the documentation is a valid, complete configuration."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.config import commitments, cost_centres, custom, models, pricing, vocabulary, waivers
from pipelines.lake import Lake
from pipelines.period import BillingPeriod
from pipelines.schemas import ROOT

DOCUMENT = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
SHAPES = [
    models.OPERATOR,
    models.TENANT,
    models.ACCOUNT_LINK,
    models.CONTRACT,
    commitments.SHARING_RULE,
    commitments.COMMITMENT,
    commitments.POOL_MEMBER,
    pricing.PLAN,
    pricing.RULE,
    pricing.MATCH,
    pricing.TIER,
    pricing.RATE_CARD_PRICE,
    pricing.OVERRIDE,
    cost_centres.COST_CENTRE,
    custom.CUSTOM_LINE,
    custom.SUBTOTAL,
    custom.SUBTOTAL_MATCH,
    custom.BALANCE,
    models.FX_RATE,
    waivers.WAIVER,
]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The blocks of the document as the files they show."""
    for name, text in re.findall(r"### `([\w./]+)`\n+```\w+\n(.*?)```", DOCUMENT, re.DOTALL):
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "config"


def test_the_example_loads_and_compiles(example: Path, tmp_path: Path) -> None:
    october = BillingPeriod("2026-10")
    assert config.check(example) == []
    loaded = config.load(example)
    assert config.warnings(loaded, october) == []
    compiled = config.compile_config(
        loaded,
        Lake(tmp_path),
        period=october,
        charge_min=date(2026, 9, 30),
        charge_max=date(2026, 10, 31),
        billing_currencies=["EUR", "USD"],
    )
    assert compiled.path.is_dir()


def test_every_field_is_documented() -> None:
    missing = [name for shape in SHAPES for name in shape.names if f"`{name}`" not in DOCUMENT]
    assert missing == []


def test_every_action_basis_and_scope_is_documented() -> None:
    words = (
        *pricing.ACTIONS,
        *pricing.BASES,
        *models.SCOPES,
        *vocabulary.PROVIDERS,
        *custom.LINE_KINDS,
        *custom.BALANCE_KINDS,
        *commitments.POLICIES,
        *commitments.BENEFIT_TO,
        *commitments.BENEFIT_SHOWN,
        *commitments.BILLING_BASES,
        *commitments.SEVERITIES,
    )
    assert [word for word in words if f"`{word}`" not in DOCUMENT] == []
