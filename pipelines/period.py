"""A billing period: one calendar month, half-open [start, end)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.errors import Problem, RebillError


@dataclass(frozen=True, order=True)
class BillingPeriod:
    """A month as `YYYY-MM`; `start` is its first day, `end` the first day of the next month."""

    label: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", self.label):
            raise RebillError(Problem("period", f"{self.label!r} is not a month", "write it as YYYY-MM, e.g. 2026-10"))

    @property
    def start(self) -> date:
        return date(int(self.label[:4]), int(self.label[5:]), 1)

    @property
    def end(self) -> date:
        start = self.start
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)

    @property
    def previous(self) -> BillingPeriod:
        return BillingPeriod(f"{self.start - timedelta(days=1):%Y-%m}")

    def __str__(self) -> str:
        return self.label
