"""The ledger: a small transactional database that says what is current.

It records deliveries, which slice of each replacement unit is current, builds, verdicts and bundles.
Files of the lake are immutable; only a row here makes one of them *the* one. SQLite in WAL mode by
default, any SQLAlchemy URL (PostgreSQL) by `REBILL_LEDGER_URL`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pipelines.lake import Lake

METADATA = sa.MetaData()
TEXT = sa.String
AUDIT_TIME = datetime  # the ledger may know the clock; published bytes may not

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("delivery_hash", TEXT, primary_key=True),
    sa.Column("provider", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("account", TEXT, nullable=False),
    sa.Column("period", TEXT, nullable=False),
    sa.Column("unit", TEXT, nullable=False),
    sa.Column("version", TEXT, nullable=False),
    sa.Column("version_order", TEXT, nullable=False),
    sa.Column("row_count", sa.BigInteger, nullable=False),
    sa.Column("status", TEXT, nullable=False),  # accepted | superseded | blocked
    sa.Column("detail", TEXT, nullable=False, default="{}"),
    sa.Column("recorded_at", TEXT, nullable=False),
)
SLICES = sa.Table(
    "slices",
    METADATA,
    sa.Column("provider", TEXT, primary_key=True),
    sa.Column("account", TEXT, primary_key=True),
    sa.Column("period", TEXT, primary_key=True),
    sa.Column("unit", TEXT, primary_key=True),
    sa.Column("slice_id", TEXT, nullable=False),
    sa.Column("row_count", sa.BigInteger, nullable=False),
    sa.Column("is_final", sa.Boolean, nullable=False),
    sa.Column("updated_at", TEXT, nullable=False),
)
CONTROL_INVOICES = sa.Table(
    "control_invoices",
    METADATA,
    sa.Column("provider", TEXT, primary_key=True),
    sa.Column("period", TEXT, primary_key=True),
    sa.Column("invoice_id", TEXT, primary_key=True),
    sa.Column("billing_account_id", TEXT, nullable=False),
    sa.Column("issuer", TEXT, nullable=False),
    sa.Column("currency", TEXT, nullable=False),
    sa.Column("net", TEXT, nullable=False),  # decimals as text: SQLite has no decimal type
    sa.Column("tax", TEXT, nullable=False),
    sa.Column("total", TEXT, nullable=False),
    sa.Column("source_hash", TEXT, nullable=False),
)
BUILDS = sa.Table(
    "builds",
    METADATA,
    sa.Column("period", TEXT, primary_key=True),
    sa.Column("build_id", TEXT, nullable=False),
    sa.Column("content_hash", TEXT, nullable=False),
    sa.Column("updated_at", TEXT, nullable=False),
)
VERDICTS = sa.Table(
    "verdicts",
    METADATA,
    sa.Column("content_hash", TEXT, primary_key=True),
    sa.Column("period", TEXT, nullable=False),
    sa.Column("status", TEXT, nullable=False),  # pass | hold | refuse
    sa.Column("detail", TEXT, nullable=False),
    sa.Column("judged_at", TEXT, nullable=False),
)
BUNDLES = sa.Table(
    "bundles",
    METADATA,
    sa.Column("period", TEXT, primary_key=True),
    sa.Column("edge", TEXT, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("bundle_hash", TEXT, nullable=False),
    sa.Column("published_at", TEXT, nullable=False),
)
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("happened_at", TEXT, nullable=False),
    sa.Column("verb", TEXT, nullable=False),
    sa.Column("period", TEXT, nullable=False),
    sa.Column("outcome", TEXT, nullable=False),
    sa.Column("detail", TEXT, nullable=False),
)


def now() -> str:
    """The clock, as ISO text in UTC, for the audit trail only."""
    return AUDIT_TIME.now(UTC).isoformat(timespec="seconds")


class Ledger:
    """One open ledger. Every write is a transaction; a killed process leaves the previous state."""

    def __init__(self, lake: Lake) -> None:
        lake.root.mkdir(parents=True, exist_ok=True)
        self.engine = sa.create_engine(lake.ledger_url)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
        try:
            METADATA.create_all(self.engine)
        except sa.exc.DBAPIError:  # another process made a table between our look and our create
            METADATA.create_all(self.engine)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        with self.engine.begin() as connection:
            yield connection

    def rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def put(self, connection: sa.Connection, table: sa.Table, **values: Any) -> None:
        """Insert a row, or replace the one with the same primary key."""
        key = sa.and_(*(column == values[column.name] for column in table.primary_key.columns))
        connection.execute(sa.delete(table).where(key))
        connection.execute(sa.insert(table).values(**values))

    def record(self, verb: str, period: str, outcome: str, **detail: Any) -> None:
        """Append one event to the audit trail."""
        with self.transaction() as connection:
            connection.execute(
                sa.insert(EVENTS).values(
                    happened_at=now(),
                    verb=verb,
                    period=period,
                    outcome=outcome,
                    detail=json.dumps(detail, sort_keys=True, default=str),
                )
            )

    def current_slices(self, period: str) -> list[dict[str, Any]]:
        """The slices that make up a period now, in a fixed order."""
        order = (SLICES.c.provider, SLICES.c.account, SLICES.c.unit)
        return self.rows(sa.select(SLICES).where(SLICES.c.period == period).order_by(*order))

    def current_build(self, period: str) -> dict[str, Any] | None:
        """The build of a period that counts now, with its content hash; None if it was never built."""
        return next(iter(self.rows(sa.select(BUILDS).where(BUILDS.c.period == period))), None)

    def control_invoices(self, period: str) -> list[dict[str, Any]]:
        """The provider invoices that the period must tie to."""
        order = (CONTROL_INVOICES.c.provider, CONTROL_INVOICES.c.invoice_id)
        return self.rows(sa.select(CONTROL_INVOICES).where(CONTROL_INVOICES.c.period == period).order_by(*order))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.execute("pragma busy_timeout = 30000")  # first: switching to WAL may have to wait for a lock itself
    connection.execute("pragma journal_mode = wal")
