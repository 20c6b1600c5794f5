"""The gate: measured evidence of a build, judged by a suite, recorded as a verdict for exactly that content."""

from pipelines.gates.verdict import HeldEdge, Verdict, check, content_hash, current_build, judge, recorded

__all__ = ["HeldEdge", "Verdict", "check", "content_hash", "current_build", "judge", "recorded"]
