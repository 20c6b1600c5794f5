"""What a month's evidence says, in words: its state, who is held and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboards import figures
from dashboards.data import Bundle, Reader, Row
from pipelines.money import Decimal

CLEAR, HELD, REFUSED, PENDING = "clear", "held", "refused", "pending"


@dataclass(frozen=True)
class Hold:
    """One held scope: the bills it keeps back (none: it only keeps the period from closing) and the way out."""

    row: Row
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Evidence:
    """What the latest run left, and the evidence of what is published."""

    status: Bundle | None
    operator: Bundle | None
    verdict: Mapping[str, Any]
    proof: list[Row]
    coverage: list[Row]
    holds: list[Hold]
    parties: list[Row]
    focus_rules: list[Row] = field(default_factory=list)
    rules_kept: int = 0

    @property
    def evidence(self) -> Bundle | None:
        """The bundle the proof, coverage and holds were read from: the latest run's, else the published one."""
        return self.status or self.operator

    @property
    def held_edges(self) -> set[tuple[str, str]]:
        return held_edges(self.parties, self.holds)

    @property
    def untied(self) -> int:
        return sum(row["Compared"] - row["Tied"] for row in self.proof)

    @property
    def compared(self) -> int:
        return sum(row["Compared"] for row in self.proof)

    @property
    def line_count(self) -> int:
        return sum(row["LineCount"] for row in self.coverage)

    @property
    def state(self) -> str:
        """The run's own verdict; a proof that does not tie is refused whatever the verdict says."""
        said = self.verdict.get("verdict")
        if self.untied or said == REFUSED:
            return REFUSED
        if self.operator is None:
            return PENDING
        return HELD if self.holds or said == HELD else CLEAR

    @property
    def names(self) -> dict[str, str]:
        return tenant_names(self.parties)

    @property
    def problems(self) -> list[Mapping[str, Any]]:
        """What the run itself said was wrong: file, what, remedy."""
        return list(self.verdict.get("problems", ()))

    @property
    def warnings(self) -> list[Mapping[str, Any]]:
        """What the gate let pass but wants known: name, scope, measured; commitments have a page of their own."""
        found = self.verdict.get("warnings", ())
        return [item for item in found if item["name"] != "commitments_shared" or item["scope"] == "all"]

    def largest_difference(self) -> Decimal | None:
        """The largest difference of the proof, any currency; None without a proof."""
        found = [row["LargestDifference"] for row in self.proof if row["LargestDifference"] is not None]
        return max(found, default=None)


def gather(reader: Reader, period: str) -> Evidence:
    """Read the evidence of one month."""
    status, operator = reader.status(period), reader.operator(period)
    shown = status or operator
    parties, holds = bills(reader, period)
    return Evidence(
        status,
        operator,
        verdict(reader, period),
        reader.proof_summary(shown) if shown and shown.has("proof.parquet") else [],
        reader.coverage(shown) if shown and shown.has("coverage.parquet") else [],
        holds,
        parties,
        reader.focus_rules(shown) if shown and shown.has("conformance.parquet") else [],
        reader.rules_held(shown) if shown and shown.has("conformance.parquet") else 0,
    )


def verdict(reader: Reader, period: str) -> Mapping[str, Any]:
    """`status.json` of the latest run; empty if no run left one."""
    status = reader.status(period)
    return status.json("status.json") if status and status.has("status.json") else {}


def bills(reader: Reader, period: str) -> tuple[list[Row], list[Hold]]:
    """Only what a bill's page needs of the evidence: who bills whom, and what is held."""
    status, operator = reader.status(period), reader.operator(period)
    shown = status or operator
    parties = reader.parties(operator) if operator and operator.has("invoices.parquet") else []
    if shown and shown.has("conformance.parquet"):
        broken = reader.edges_that_break_rules(shown)
        parties = [
            row | {"IsHeld": row["IsHeld"] or (row["SellerTenantId"], row["BuyerTenantId"]) in broken}
            for row in parties
        ]
    return (
        parties,
        fold(reader.holds(shown)) if shown and shown.has("holds.parquet") else [],
    )


def held_edges(parties: list[Row], holds: list[Hold]) -> set[tuple[str, str]]:
    """Every edge whose bill is kept back, whether a hold names it or only the invoice says so."""
    kept_back = edges_of([row for row in parties if row["IsHeld"]])
    return kept_back | {edge for hold in holds for edge in hold.edges}


def tenant_names(parties: list[Row]) -> dict[str, str]:
    """Tenant id -> name, as far as the month's invoices tell."""
    named = {row["SellerTenantId"]: row["InvoiceIssuerName"] for row in parties}
    return named | {row["BuyerTenantId"]: row["BuyerName"] for row in parties}


def sellers(edges: set[tuple[str, str]]) -> list[str]:
    """Who sells, from the top of the chain: those nobody sells to come first."""
    buyers = {buyer for _, buyer in edges}
    return sorted({seller for seller, _ in edges}, key=lambda tenant: (tenant in buyers, tenant))


def edges_of(parties: list[Row]) -> set[tuple[str, str]]:
    """The seller -> buyer pairs of the month's invoices."""
    return {(row["SellerTenantId"], row["BuyerTenantId"]) for row in parties}


def fold(rows: list[Row]) -> list[Hold]:
    """The file has one row per held scope and edge; a reader wants the scope once with its edges."""
    edges: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    first: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(value for name, value in row.items() if name not in ("SellerTenantId", "BuyerTenantId"))
        first.setdefault(key, row)
        found = edges.setdefault(key, [])
        if row["SellerTenantId"] is not None:
            found.append((row["SellerTenantId"], row["BuyerTenantId"]))
    return [Hold(row, tuple(edges[key])) for key, row in first.items()]


def sentence(evidence: Evidence, period: str, published: int) -> tuple[str, str]:
    """The banner's headline and the one thing to do next."""
    month = figures.month(period)
    if evidence.state == REFUSED:
        why = (
            f"{figures.plural(evidence.untied, 'comparison does', 'comparisons do')} not tie: the proof is not zero. "
            if evidence.untied
            else "The run was refused before anything could be proved. "
        )
        kept = (
            f"{figures.plural(published, 'bill')} published by an earlier run stay as they are."
            if published
            else "No bill was published."
        )
        return f"{month} is refused", why + kept
    if evidence.state == PENDING:
        return f"{month} is judged, not published", f"The gate lets it pass; `rebill publish {period}` publishes it."
    if evidence.state == HELD:
        blocked = len(evidence.held_edges)
        what = f"{figures.plural(blocked, 'bill')} held" if blocked else "the period cannot close yet"
        return (
            f"{month} is published, {what}",
            "Every figure of the published bills is proved. Act on the remedies below and run the month again.",
        )
    return f"{month} is clear", "Every bill is published as a preview and every figure is proved."
