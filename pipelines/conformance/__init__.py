"""FOCUS money rules M1 to M16 as checks: on the slices before rating, on every buyer's rows after it."""

from pipelines.conformance.buy import Checked, check_slices, examine
from pipelines.conformance.findings import MART, Finding, summary
from pipelines.conformance.rules import Rule, rules
from pipelines.conformance.sell import write_mart
from pipelines.conformance.waivers import Waiver, own, shipped

__all__ = [
    "MART",
    "Checked",
    "Finding",
    "Rule",
    "Waiver",
    "check_slices",
    "examine",
    "own",
    "rules",
    "shipped",
    "summary",
    "write_mart",
]
