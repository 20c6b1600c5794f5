"""Vendors of the operator are providers for links, rules and rate cards; what is no provider is an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import config

Edit = Callable[[str, str, str], None]
RATE = "rate_card,provider,sku,sku_price,unit,price,currency\nhouse,oracle,B1,,Hours,1,EUR\n"


def test_a_declared_vendor_is_a_provider_everywhere(directory: Path, edit: Edit) -> None:
    edit("operator.yaml", "", "vendors: [oracle, snow-flake_2]\n")
    edit("account_links.csv", "aws,sub_account", "oracle,sub_account")
    edit("plans/retail.yaml", "provider: azure", "provider: snow-flake_2")
    edit("rate_cards.csv", "", RATE)
    edit("operator.yaml", "", "commitment_sharing: [{provider: oracle, severity: block}]\n")
    assert config.check(directory) == []
    assert config.load(directory).operator.vendors == ("oracle", "snow-flake_2")


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        (
            "account_links.csv",
            "aws,sub_account",
            "orcale,sub_account",
            "unknown provider 'orcale', did you mean 'oracle'?",
        ),
        ("plans/retail.yaml", "provider: azure", "provider: azrue", "unknown provider 'azrue', did you mean 'azure'?"),
        ("rate_cards.csv", "", RATE.replace("oracle", "databricks"), "unknown provider 'databricks'"),
        (
            "operator.yaml",
            "[oracle]",
            "[oracle]\ncommitment_sharing: [{provider: orcale, severity: warn}]",
            "unknown provider 'orcale', did you mean 'oracle'?",
        ),
        ("account_links.csv", "aws,sub_account", "AWS,sub_account", "'AWS' is not allowed, did you mean 'aws'?"),
        ("account_links.csv", "aws,sub_account", "focus,sub_account", "'focus' is not allowed"),
        ("operator.yaml", "[oracle]", "[azure]", "'azure' is no vendor id"),
        ("operator.yaml", "[oracle]", "[focus]", "'focus' is no vendor id"),
        ("operator.yaml", "[oracle]", "[Oracle Cloud]", "'Oracle Cloud' is no vendor id"),
        ("operator.yaml", "[oracle]", "{a: b}", "vendors is no list of plain values"),
    ],
)
def test_a_typing_error_is_an_error(directory: Path, edit: Edit, name: str, old: str, new: str, what: str) -> None:
    edit("operator.yaml", "", "vendors: [oracle]\n")
    edit(name, old, new)
    problems = config.check(directory)
    assert what in [problem.what for problem in problems] or any(p.what.startswith(what) for p in problems), problems
    assert all(problem.line for problem in problems)
