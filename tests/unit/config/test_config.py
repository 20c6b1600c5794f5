"""The package's own verbs: loading, and the hash that names a configuration."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import yaml

from pipelines import config
from pipelines.config.fields import currencies
from pipelines.money import Decimal

Edit = Callable[[str, str, str], None]


def test_load_gives_typed_records_with_defaults(directory: Path) -> None:
    loaded = config.load(directory)
    contract = loaded.contracts[0]
    assert (contract.rounding, contract.tax, contract.credits) == ("half_up", "exclude", "keep")
    assert contract.payment_terms == "Net 30"
    assert loaded.fx_rates[0].rate == Decimal("1.17")
    assert loaded.tenants[3].valid_to == date(2026, 10, 16)
    assert (loaded.tenants[3].place.file, loaded.tenants[3].place.line) == ("tenants.csv", 5)
    assert loaded.hash == config.config_hash(directory)


def test_the_hash_knows_content_and_nothing_else(directory: Path, tmp_path: Path, edit: Edit) -> None:
    copy = tmp_path / "copy"
    for path in sorted(directory.rglob("*.*"), reverse=True):
        target = copy / path.relative_to(directory)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (copy / "README.md").write_text("notes")
    before = config.config_hash(directory)
    assert config.config_hash(copy) == before
    edit("fx_rates.csv", "1.17", "1.18")
    assert config.config_hash(directory) != before


def test_yaml_records_mean_the_same_as_csv(directory: Path) -> None:
    before = config.load(directory)
    for kind in ("tenants", "account_links", "contracts", "fx_rates"):
        path = directory / f"{kind}.csv"
        with path.open(newline="") as stream:
            rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(stream)]
        path.with_suffix(".yaml").write_text(yaml.safe_dump(rows))
        path.unlink()
    after = config.load(directory)
    for kind in ("tenants", "account_links", "contracts", "fx_rates"):
        assert [row[1:] for row in getattr(after, kind)] == [row[1:] for row in getattr(before, kind)]


def test_minor_units_of_currencies() -> None:
    grid = currencies()
    assert {code: grid[code] for code in ("EUR", "USD", "JPY", "KRW", "KWD", "BHD", "JOD", "OMR", "TND")} == {
        "EUR": 2,
        "USD": 2,
        "JPY": 0,
        "KRW": 0,
        "KWD": 3,
        "BHD": 3,
        "JOD": 3,
        "OMR": 3,
        "TND": 3,
    }
    assert set(grid.values()) == {0, 2, 3}
    assert all(len(code) == 3 and code.isupper() for code in grid)
