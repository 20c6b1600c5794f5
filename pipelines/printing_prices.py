"""How an explained price is shown to a person: one table of rules per edge, the winner first."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.config.explained import MAY_WIN, WINS, Candidate, Charge, EdgeExplanation
from pipelines.explain import Explanations

STYLE = {WINS: "bold green", MAY_WIN: "yellow"}


def explanations(console: Console, answer: Explanations) -> None:
    """Every kind of charge with its edges, from the operator down."""
    for explanation in answer.found:
        count = "" if explanation.lines is None else f"  [dim]({explanation.lines:,} lines)[/]"
        console.print(f"[bold]{escape(_charge(explanation.charge))}[/]{count}", highlight=False)
        for edge in explanation.edges:
            _edge(console, edge)
    if answer.more:
        console.print(f"{answer.more} more kinds of charges with this SKU: give more attributes to see them")


def _charge(charge: Charge) -> str:
    parts = [f"{name} {value}" for name, value in charge.values.items() if value]
    parts += [f"tag {key}={value}" for key, value in charge.tags.items() if value]
    parts += [f"of {charge.commitment_id}"] if charge.commitment_id else []
    return ", ".join(parts)


def _edge(console: Console, edge: EdgeExplanation) -> None:
    terms = f"contract {edge.contract}, plan {edge.plan}, {edge.currency}" if edge.contract else "no contract"
    table = Table(
        title=f"{edge.depth}. {edge.seller} sells to {edge.buyer}: {terms}", title_justify="left", box=SIMPLE_HEAD
    )
    for name in ("rule", "layer", "priority", "matches", "price", "why", "where"):
        table.add_column(name, overflow="fold", justify="right" if name == "priority" else "left")
    for candidate in edge.candidates:
        table.add_row(*_row(candidate), style=STYLE.get(candidate.outcome))
    if edge.candidates:
        console.print(table)
    else:
        console.print(f"[italic]{escape(str(table.title))}[/]", highlight=False)
    if edge.winner and edge.winner.factors:
        factors = ", ".join(f"{name} {value}" for name, value in edge.winner.factors.items())
        console.print(f"  compiled: {factors}", highlight=False)
    if edge.commitment:
        console.print(f"  commitments: {escape(edge.commitment)}", highlight=False)
    for price in edge.list_prices:
        console.print(f"  list price: {escape(price)}", highlight=False)
    if edge.note:
        console.print(f"  [yellow]{escape(edge.note)}[/]", highlight=False)
    if edge.omitted:
        console.print(f"  [dim]{edge.omitted:,} more rules of these plans do not match[/]", highlight=False)


def _row(candidate: Candidate) -> tuple[str, ...]:
    why = candidate.reason if candidate.outcome == WINS else f"{candidate.outcome}: {candidate.reason}"
    cells = (
        candidate.rule,
        f"{candidate.layer + 1} {candidate.plan}",
        str(candidate.priority),
        candidate.match,
        candidate.action,
        why,
        candidate.place,
    )
    return tuple(escape(cell) for cell in cells)
