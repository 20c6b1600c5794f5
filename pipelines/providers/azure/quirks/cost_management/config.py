"""Settings of the Cost Management reader: what its manifests say, and what is said when one is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAME: Final = "azure cost management"
ROOM: Final = Path(__file__).resolve().parent

MANIFEST: Final = "manifest.json"
KINDS: Final = {"ActualCost": "actual", "AmortizedCost": "amortized"}
"""The export types that are read here, and the kinds of delivery that they are."""

PAIR: Final = ("actual", "amortized")
MOMENTS: Final = ("BillingPeriodStartDate", "Date")
AGAIN: Final = "start both exports of the month again when no other run is under way, and fetch both"
