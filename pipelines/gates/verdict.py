"""The verdict on a build: pass, hold or refuse, recorded for exactly the content that was judged.

`fail` checks with violations refuse the month: nothing of it may be published. Held edges keep back their own
bills only. Publishing reads the verdict again for the content hash it is about to publish.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines.errors import GateRefused, Problem, RebillError
from pipelines.gates.evidence import SEVERITIES, Check, measure, open_marts
from pipelines.gates.suite import judge_evidence
from pipelines.hashing import sha256_tree
from pipelines.lake import Lake, staged_directory, write_json
from pipelines.ledger import VERDICTS, Ledger, now
from pipelines.period import BillingPeriod
from pipelines.progress import Reporter

PASS, HOLD, REFUSE = "pass", "hold", "refuse"
REMEDY = "find the cause in the proof, correct the input or the rule, build again"
UNWAIVED = "correct the charge or its mapping; a gap of the provider may be waived in waivers.yaml, with a reason"
REMEDIES = {
    "focus_rules_examined": "build the month again with `rebill build`: this build was not held against them",
    "focus_rules_of_charges": UNWAIVED,
    "commitments_shared_in_breach": (
        "switch the provider's discount sharing off or give the owner a billing account of its own; "
        "`commitment_sharing` in operator.yaml says from when on this blocks a month"
    ),
}


@dataclass(frozen=True)
class HeldEdge:
    """A bill that waits: its edge and, in one sentence each, why and what to do."""

    seller: str
    buyer: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.seller} > {self.buyer}: {self.reason}; {self.remedy}"


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one content, with the figures that made it say so."""

    content_hash: str
    status: str
    held_edges: tuple[HeldEdge, ...] = ()
    failed: tuple[Check, ...] = ()
    warnings: tuple[Check, ...] = ()
    notes: tuple[Check, ...] = ()
    results: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        if self.status == REFUSE:
            return f"{len(self.failed)} measurements refuse the month: " + "; ".join(str(c) for c in self.failed[:5])
        count = len(self.held_edges)
        held = f"{count} {'bill' if count == 1 else 'bills'} held" if count else "no bill held"
        counted = [c for c in self.warnings if c.scope == "all" and c.name != "holds_present"]
        notes = "; ".join(f"{c.name}: {c.measured}" for c in counted)
        return f"every proof ties, {held}" + (f" ({notes})" if notes else "")

    @property
    def shared_commitments(self) -> list[Check]:
        """What was measured of each commitment that reached several end customers, those in breach of a rule first."""
        found = [*self.failed, *self.warnings]
        return [c for c in found if c.name.startswith("commitments_shared") and c.scope != "all"]

    @property
    def figures(self) -> dict[str, str | int]:
        """Counts and failed measurements, flat, for metadata."""
        shown: dict[str, str | int] = {
            "failed": len(self.failed),
            "warnings": len(self.warnings),
            "held": len(self.held_edges),
        }
        return shown | {f"{c.name} [{c.scope}]": f"{c.violations}: {c.measured}" for c in self.failed[:20]}

    @property
    def problems(self) -> list[Problem]:
        """The failed measurements as problems with a remedy."""
        return [Problem("gate", str(check), REMEDIES.get(check.name, REMEDY)) for check in self.failed]


def content_hash(build_dir: Path) -> str:
    """Hash of a build's marts and of the record of its inputs: what a verdict is about."""
    return sha256_tree([*sorted(build_dir.glob("*.parquet")), build_dir / "build.json"], build_dir)


def judge(build_dir: Path, estimates: Sequence[str] = ()) -> Verdict:
    """Measure and judge a build directory; the evidence is kept in `evidence/` beside it."""
    content = content_hash(build_dir)
    checks = measure(build_dir, estimates)
    results = judge_evidence(checks)
    _keep_evidence(build_dir, content, checks, results)
    violated = [check for check in checks if check.violations]
    refused = {result["check"] for result in results if not result["success"] and result["severity"] == "critical"}
    failed = [check for check in violated if check.severity == "fail" or check.name in refused]
    failed += [
        Check(name, "suite", "fail", 1, "the suite does not hold", None)
        for name in sorted(refused - {check.name for check in failed})
    ]
    held = _held_edges(build_dir)
    status = REFUSE if failed else HOLD if held else PASS
    warnings = [check for check in violated if check.severity == "warn"]
    notes = [check for check in violated if check.severity == "note"]
    return Verdict(content, status, tuple(held), tuple(failed), tuple(warnings), tuple(notes), tuple(results))


def check(lake: Lake, ledger: Ledger, period: BillingPeriod, report: Reporter) -> Verdict:
    """Judge the current build of a period and record the verdict for its content hash."""
    build_dir, build = current_build(lake, ledger, period)
    parts = set(json.loads((build_dir / "build.json").read_text(encoding="utf-8")).get("Slices", ()))
    estimates = [
        f"{row['provider']} {row['account']} {row['unit']}"
        for row in ledger.current_slices(period.label)
        if row["slice_id"] in parts and not row["is_final"]
    ]
    verdict = judge(build_dir, estimates)
    if verdict.content_hash != build["content_hash"]:
        raise GateRefused(
            Problem(f"build={build['build_id']}", "the marts changed after they were built", "build the period again")
        )
    with ledger.transaction() as connection:
        ledger.put(
            connection,
            VERDICTS,
            content_hash=verdict.content_hash,
            period=period.label,
            status=verdict.status,
            detail=json.dumps(_detail(verdict), sort_keys=True),
            judged_at=now(),
        )
    report("marts", f"gate: {verdict.status}, {len(SEVERITIES)} checks, {verdict.summary}")
    return verdict


def current_build(lake: Lake, ledger: Ledger, period: BillingPeriod) -> tuple[Path, dict[str, Any]]:
    """Directory and ledger record of the period's current build. Raises RebillError if there is none."""
    build = ledger.current_build(period.label)
    directory = lake.build(period, build["build_id"]) if build else None
    if build is None or directory is None or not directory.is_dir():
        raise RebillError(Problem(str(period), "the period has no build", f"run `rebill build {period}` first"))
    return directory, build


def recorded(ledger: Ledger, content: str) -> Verdict | None:
    """The verdict recorded for exactly this content; None if it was never judged."""
    rows = ledger.rows(sa.select(VERDICTS).where(VERDICTS.c.content_hash == content))
    if not rows:
        return None
    detail = json.loads(rows[0]["detail"])
    return Verdict(
        content,
        rows[0]["status"],
        tuple(HeldEdge(**edge) for edge in detail["held_edges"]),
        tuple(Check(**found) for found in detail["failed"]),
        tuple(Check(**found) for found in detail["warnings"]),
        tuple(Check(**found) for found in detail.get("notes", ())),
    )


def _detail(verdict: Verdict) -> dict[str, Any]:
    return {
        "summary": verdict.summary,
        "held_edges": [asdict(edge) for edge in verdict.held_edges],
        "failed": [asdict(found) for found in verdict.failed],
        "warnings": [asdict(found) for found in verdict.warnings],
        "notes": [asdict(found) for found in verdict.notes],
    }


def _held_edges(build_dir: Path) -> list[HeldEdge]:
    """One per held edge: what the holds name, what an invoice says of itself, and whose rows break a FOCUS rule."""
    with open_marts(build_dir) as con:
        rows = con.execute(
            """
            with held as (
                select SellerTenantId, BuyerTenantId, Reason, Remedy from marts_holds where SellerTenantId is not null
                union all
                select SellerTenantId, BuyerTenantId, null, null from marts_invoices where IsHeld
                union all
                select SellerTenantId, BuyerTenantId, 'FOCUS rule ' || RuleId || ' is broken', ?
                from marts_conformance
                where View = 'sell' and Severity = 'fail' and WaivedBy is null and ViolationCount > 0
                    and SellerTenantId is not null
            )
            select SellerTenantId, BuyerTenantId,
                coalesce(string_agg(distinct Reason, ', ' order by Reason), 'held') as Reason,
                coalesce(string_agg(distinct Remedy, ', ' order by Remedy), 'see the holds of the period') as Remedy
            from held
            group by SellerTenantId, BuyerTenantId
            order by SellerTenantId, BuyerTenantId
        """,
            [UNWAIVED],
        ).fetchall()
    return [HeldEdge(*row) for row in rows]


def _keep_evidence(build_dir: Path, content: str, checks: list[Check], results: list[dict[str, Any]]) -> None:
    target = build_dir.parent / "evidence" / f"content={content[:32]}"
    with staged_directory(target) as staged:
        write_json(staged / "evidence.json", [asdict(found) for found in checks])
        write_json(staged / "results.json", results)
