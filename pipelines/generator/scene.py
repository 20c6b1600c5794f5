"""What every provider's writer gets: where to write, the month, the tree, the accounts, the dice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.generator.accounts import Estate
from pipelines.generator.dice import Dice
from pipelines.generator.tenants import Tree
from pipelines.period import BillingPeriod


@dataclass(frozen=True)
class Scene:
    """One provider's part of a generated month; `root` is its folder below deliveries.

    With `history` some commitments were bought a month earlier, and what bought them is delivered as well.
    """

    root: Path
    period: BillingPeriod
    tree: Tree
    estate: Estate
    dice: Dice
    history: bool = False
