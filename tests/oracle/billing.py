"""Bill a tiny month with the oracle, and read the answer."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pipelines.generator.truth import Truth, compute
from tests.oracle.tiny import PERIOD, TinyConfig, write_aws

LIST_10 = "action: discount, basis: list, percent: 10"
LIST_5 = "action: discount, basis: list, percent: 5"
LIST = "action: discount, basis: list, percent: 0"


def bill(tmp_path: Path, config: TinyConfig) -> Truth:
    (tmp_path / "config").mkdir()
    return compute(tmp_path / "deliveries", config.write(tmp_path / "config"), PERIOD)


def aws_month(tmp_path: Path, rows: list[dict[str, object]], config: TinyConfig) -> Truth:
    write_aws(tmp_path / "deliveries", rows)
    return bill(tmp_path, config)


def totals(truth: Truth) -> dict[str, Decimal]:
    """Exact total by buyer."""
    return {buyer: edge.exact for (_, buyer, _), edge in truth.edges.items()}


def dispositions(truth: Truth) -> dict[tuple[str, str], Decimal]:
    """Provider cost by disposition and reason."""
    result: dict[tuple[str, str], Decimal] = {}
    for key, total in truth.coverage.items():
        place = (key.disposition, key.reason)
        result[place] = result.get(place, Decimal(0)) + total.billed
    return result
