"""The independent oracle: bills a month line by line with plain decimals, from the same files as the engine.

It shares no code with the engine and no idea of speed with it: one loop over the provider's rows, one
price per row and edge, one rounding per invoice line. What both say must agree to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import localcontext
from pathlib import Path

from pipelines.generator import truth_aws, truth_azure, truth_gcp, truth_rows
from pipelines.generator.truth_amounts import WIDE
from pipelines.generator.truth_charges import Charge
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_deliveries import controls
from pipelines.generator.truth_files import write_truth
from pipelines.generator.truth_model import Truth
from pipelines.generator.truth_month import Month

__all__ = ["Truth", "bill", "booked", "compute", "write_truth"]


def compute(deliveries: Path, config: Path, period: str) -> Truth:
    """Bill one period (YYYY-MM) from a delivery drop and a configuration directory.

    Raises OSError for a file that a manifest names and is not there, ValueError for what it cannot read.
    """
    with localcontext(WIDE):
        truth = Truth(period, controls=controls(deliveries, period))
        Month(Config(config, period), truth).bill(lambda: booked(deliveries, period))
    return truth


def bill(charges: Iterable[truth_rows.FocusRow], config: Path, period: str) -> Truth:
    """Bill one period from FOCUS rows: dictionaries of text under the names of a focus slice's columns.

    Raises KeyError for a row without a column that none can lack, ValueError for what it cannot read.
    """
    with localcontext(WIDE):
        truth = Truth(period)
        rows = [truth_rows.charge(row) for row in charges]
        Month(Config(config, period), truth).bill(lambda: iter(rows))
    return truth


def booked(deliveries: Path, period: str) -> Iterator[Charge]:
    """Every row that the period's deliveries book, provider by provider."""
    for room in (truth_aws, truth_azure, truth_gcp):
        yield from room.read(deliveries, period)
