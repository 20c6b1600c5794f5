"""Exchange rates of one billing period, in either direction.

A stored rate is used as it stands; the opposite direction is inverted once, in Decimal, to 12 decimals.
Nothing is chained: a pair that is not stored is a problem that names it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.config.models import FxRate
from pipelines.errors import Problem
from pipelines.hashing import sha256_json
from pipelines.money import ONE, Decimal, invert
from pipelines.period import BillingPeriod

Pair = tuple[str, str]


class Rates:
    """Looks rates up and remembers which pairs were used and which are missing."""

    def __init__(self, rows: Iterable[FxRate], period: BillingPeriod) -> None:
        self.period = period
        self.stored = {(row.from_currency, row.to_currency): row.rate for row in rows if row.billing_period == period}
        self.used: dict[Pair, Decimal] = {}
        self.missing: dict[Pair, str] = {}

    def need(self, source: str, target: str, reason: str) -> None:
        """Resolve units of `target` per 1 `source`; `reason` says who needs it, for the message."""
        pair = (source, target)
        if pair in self.used or pair in self.missing:
            return
        if source == target:
            self.used[pair] = ONE
        elif pair in self.stored:
            self.used[pair] = self.stored[pair]
        elif (target, source) in self.stored:
            self.used[pair] = invert(self.stored[target, source])
        else:
            self.missing[pair] = reason

    def problems(self) -> list[Problem]:
        """One problem per missing pair."""
        return [
            Problem(
                "fx_rates",
                f"no rate from {source} to {target} for {self.period}, needed by {reason}",
                f"add a row {self.period},{source},{target},<rate>,<source>,<date>, or one from {target} to {source}",
            )
            for (source, target), reason in sorted(self.missing.items())
        ]

    def digest(self) -> str:
        """Hex sha256 of the period and every rate that was used."""
        rates = sorted((source, target, f"{rate:f}") for (source, target), rate in self.used.items())
        return sha256_json({"period": str(self.period), "rates": rates})
