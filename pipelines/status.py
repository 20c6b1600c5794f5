"""Where each billing period stands, read from the ledger: for the command line and for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipelines.lake import Lake
from pipelines.ledger import BUNDLES, DELIVERIES, EVENTS, SLICES, VERDICTS, Ledger


def status(lake: Path, period: str | None = None) -> list[dict[str, Any]]:
    """One record per known period: deliveries, slices, build, verdict, newest bundle per edge, last event."""
    ledger = Ledger(Lake(Path(lake).resolve()))
    known = sorted({row["period"] for table in (SLICES, DELIVERIES) for row in ledger.rows(sa.select(table.c.period))})
    return [_period(ledger, label) for label in known if period in (None, label)]


def _period(ledger: Ledger, label: str) -> dict[str, Any]:
    slices = ledger.current_slices(label)
    build = ledger.current_build(label)
    content = build["content_hash"] if build else None
    verdict = ledger.rows(sa.select(VERDICTS).where(VERDICTS.c.content_hash == content)) if content else []
    bundles = ledger.rows(
        sa.select(BUNDLES.c.edge, sa.func.max(BUNDLES.c.version).label("version"))
        .where(BUNDLES.c.period == label)
        .group_by(BUNDLES.c.edge)
        .order_by(BUNDLES.c.edge)
    )
    events = ledger.rows(sa.select(EVENTS).where(EVENTS.c.period == label).order_by(EVENTS.c.event_id.desc()).limit(1))
    deliveries = ledger.rows(
        sa.select(DELIVERIES.c.status, sa.func.count().label("count"))
        .where(DELIVERIES.c.period == label)
        .group_by(DELIVERIES.c.status)
        .order_by(DELIVERIES.c.status)
    )
    return {
        "period": label,
        "deliveries": {row["status"]: row["count"] for row in deliveries},
        "slices": [
            {key: row[key] for key in ("provider", "account", "unit", "row_count", "is_final", "slice_id")}
            for row in slices
        ],
        "build_id": build["build_id"] if build else None,
        "content_hash": content,
        "verdict": {"status": verdict[0]["status"], **json.loads(verdict[0]["detail"])} if verdict else None,
        "bundles": {row["edge"]: row["version"] for row in bundles},
        "last_event": {key: events[0][key] for key in ("happened_at", "verb", "outcome")} if events else None,
    }
