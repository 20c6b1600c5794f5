"""Compiled moves: the days on which the tenants above a provider scope change, and only where a contract asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.unit.config.test_compile import compiled, read

Edit = Callable[[str, str, str], None]
ALWAYS, TENTH, SIXTEENTH = date(1900, 1, 1), date(2026, 10, 10), date(2026, 10, 16)


def daily(edit: Edit) -> None:
    edit("contracts.csv", "purchase_order,valid_from", "purchase_order,move_proration,valid_from")
    for name in ("d-north", "d-gulf", "d-direct"):
        edit("contracts.csv", f"{name},", f"#{name},")
    edit(
        "contracts.csv",
        "n-acme,north,acme,EUR,retail,,,,,,,,,,2026-10-16",
        "n-acme,north,acme,EUR,retail,,,,,,,,,daily,,2026-10-16",
    )
    edit(
        "contracts.csv",
        "g-acme,gulf,acme,KWD,retail,,,,,,,,,2026-10-16,",
        "g-acme,gulf,acme,KWD,retail,,,,,,,,,,2026-10-16,",
    )


def test_the_scopes_that_move_and_when(directory: Path, edit: Edit, tmp_path: Path) -> None:
    daily(edit)
    result = compiled(directory, tmp_path / "lake")
    assert read(result, "cuts") == [
        ("azure", "customer", "acme-guid", SIXTEENTH),
        ("azure", "resource_group", "sub-1/rg-web", TENTH),
    ]


def test_paths_name_everyone_above(directory: Path, edit: Edit, tmp_path: Path) -> None:
    daily(edit)
    paths = {row[:2]: row[2:] for row in read(compiled(directory, tmp_path / "lake"), "tenant_paths")}
    assert paths["acme", TENTH] == ("acme\x1fnorth\x1fdist", True)
    assert paths["acme", SIXTEENTH] == ("acme\x1fgulf\x1fdist", False)
    assert paths["dist", ALWAYS] == ("dist", False)


def test_without_a_daily_contract_there_is_nothing(directory: Path, tmp_path: Path) -> None:
    result = compiled(directory, tmp_path / "lake")
    assert read(result, "cuts") == read(result, "tenant_paths") == []
