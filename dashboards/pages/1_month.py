"""The month's state and what the gate says: verdict, bills, proof, coverage, holds."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dashboards import charts, figures, month, parts
from dashboards.data import Reader, Row
from dashboards.frame import open_page, pick, show_chart
from dashboards.month import Evidence, Hold
from dashboards.parts import Column
from dashboards.theme import provider_name

SHOWN_COMPARISONS = 100
PROOF = (
    Column("Check", "CheckName", show=lambda name: sentence_case(name)),
    Column("Currencies", "Currencies", secondary=True),
    Column("Compared", "Compared", "count", secondary=True),
    Column("Tied", "Tied", "count", secondary=True),
    Column("Largest difference", "LargestDifference", "difference"),
    Column("", "Tied", "html", show=lambda row: tied(row["Tied"] == row["Compared"])),
)
COMPARISONS = (
    Column("Scope", "Scope"),
    Column("Currency", "Currency"),
    Column("Expected", "Expected", "money", "Currency"),
    Column("Actual", "Actual", "money", "Currency"),
    Column("Difference", "Difference", "difference", "Currency"),
    Column("", "IsTied", "html", show=lambda row: tied(row["IsTied"])),
    Column("Note", "Note"),
)
RULES = (
    Column("Rule", "RuleId", "html", show=lambda row: rule_state(row)),
    Column("In", "View", show=lambda view: {"buy": "charges", "sell": "bills"}[view]),
    Column("Where", "Places", secondary=True),
    Column("Rows", "Violations", "count"),
    Column("Waived, because", "WaivedBy"),
    Column("Example", "Example", secondary=True),
)
COVERAGE = (
    Column("Provider", "x_Provider", show=provider_name),
    Column("Disposition", "Disposition", "html", show=lambda row: disposition(row)),
    Column("Reason", "Reason", secondary=True),
    Column("Charge lines", "LineCount", "count", secondary=True),
    Column("Currency", "BillingCurrency", secondary=True),
    Column("Provider cost", "BilledCost", "money", "BillingCurrency"),
)


def sentence_case(name: str) -> str:
    """A check's name as people write it."""
    return name[:1].upper() + name[1:].replace("_", " ")


def tied(yes: bool) -> str:
    """Whether figures tie, as a badge."""
    return parts.badge("ties", "clear") if yes else parts.badge("does not tie", "refused")


def disposition(row: Row) -> str:
    """Where cost went, as a badge; on a phone the reason moves under it."""
    name = str(row["Disposition"])
    reason = f'<small class="rb-phone">{escape(str(row["Reason"] or ""))}</small>'
    return parts.badge(name, {"billed": "clear", "quarantined": "held"}.get(name, "plain")) + reason


def headline(evidence: Evidence, published: int) -> None:
    """The verdict and the four figures everyone asks for first."""
    largest = evidence.largest_difference()
    state = evidence.state
    st.html(parts.banner(state, *month.sentence(evidence, period, published)))
    proof = parts.difference(largest, None) if largest is not None else parts.NIL
    tied_note = (
        f"{figures.count(evidence.compared - evidence.untied)} of {figures.plural(evidence.compared, 'comparison')} tie"
    )
    st.html(
        parts.facts(
            [
                ("Bills published", figures.count(published), "previews until the month is approved"),
                ("Bills held", figures.count(len(evidence.held_edges)), "kept back until their remedy is done"),
                ("Largest proof difference", proof, tied_note),
                ("Charge lines accounted for", figures.count(evidence.line_count), "each in exactly one disposition"),
            ]
        )
    )


def hold_card(hold: Hold, names: dict[str, str]) -> str:
    """One hold: who, what it blocks, how much, what to do."""
    row = hold.row
    held = row["HeldTenantId"]
    title = names.get(held, held) if held else "Operator"
    effect = (
        "Holds " + ", ".join(f"{names.get(seller, seller)} → {names.get(buyer, buyer)}" for seller, buyer in hold.edges)
        if hold.edges
        else "Holds no bill, but keeps the period from closing"
    )
    scope = f"{provider_name(row['x_Provider'])} · {str(row['ScopeType']).replace('_', ' ')} {row['ScopeId'] or ''}"
    amount = parts.money(row["BilledCost"], row["BillingCurrency"])
    return (
        f'<article class="rb-hold"><div><h4>{escape(str(title))}</h4>{parts.badge(str(row["Reason"]), "held")}</div>'
        f"<p>{escape(effect)}</p><p class=rb-scope>{escape(scope)}</p>"
        f'<p class="rb-amount">{escape(str(row["BillingCurrency"] or ""))} {amount}'
        f"<small>{figures.plural(row['LineCount'], 'charge line')}</small></p>"
        f'<p class="rb-remedy"><strong>To do</strong>{escape(str(row["Remedy"] or "look into it"))}</p></article>'
    )


def holds(evidence: Evidence) -> None:
    """All holds, if any."""
    if not evidence.holds:
        return
    st.html(parts.section("Holds", "What keeps a bill or the period back, and the way out."))
    cards = "".join(hold_card(hold, evidence.names) for hold in evidence.holds)
    st.html(f'<div class="rb-holds">{cards}</div>')


def problems(evidence: Evidence) -> None:
    """What the run itself complained about, if anything."""
    if evidence.problems:
        st.html(parts.section("What the run refused", "Every problem found, with its remedy."))
        columns = [Column("Where", "file", secondary=True), Column("What", "what"), Column("Remedy", "remedy")]
        st.html(parts.table([dict(item) for item in evidence.problems], columns, label="Problems"))


def warnings(evidence: Evidence) -> None:
    """What the gate lets pass and wants known, if anything."""
    if evidence.warnings:
        st.html(parts.section("Worth knowing", "The gate lets these pass."))
        columns = [
            Column("Check", "name", show=sentence_case),
            Column("Scope", "scope"),
            Column("Measured", "measured"),
        ]
        st.html(parts.table([dict(item) for item in evidence.warnings], columns, label="Warnings"))


def proof(reader: Reader, evidence: Evidence) -> None:
    """The proof by check, and each comparison on demand."""
    st.html(
        parts.section("Proof", "Each figure compared with the one it must equal, at full precision. Tolerance is zero.")
    )
    if not evidence.proof or evidence.evidence is None:
        st.html(parts.empty("No proof yet", "The run ended before the proof was made."))
        return
    st.html(parts.table(evidence.proof, PROOF, label="Proof by check"))
    with st.expander("The comparisons, one by one", expanded=bool(evidence.untied)):
        check = pick(
            "Check",
            sorted({row["CheckName"] for row in evidence.proof}),
            "check",
            sentence_case,
        )
        rows = reader.proof_rows(evidence.evidence, check, SHOWN_COMPARISONS)
        st.html(parts.table(rows, COMPARISONS, label="Comparisons"))
        st.caption(f"At most {SHOWN_COMPARISONS} are listed, those that do not tie first. The file holds all of them.")


def rule_state(row: Row) -> str:
    """A FOCUS rule with what its violations mean, as a badge."""
    if row["WaivedBy"]:
        badge = parts.badge("waived", "plain")
    else:
        badge = parts.badge("blocks", "refused") if row["Severity"] == "fail" else parts.badge("warns", "held")
    return f"{escape(row['RuleId'])} {badge}"


def focus_rules(evidence: Evidence) -> None:
    """What breaks a FOCUS rule in charges and bills, and the waivers that let it pass."""
    if not evidence.rules_kept and not evidence.focus_rules:
        return
    kept = figures.plural(evidence.rules_kept, "rule")
    said = f"Money rules of FOCUS, held against charges and bills. {kept} without exception."
    st.html(parts.section("FOCUS rules", said))
    if evidence.focus_rules:
        with st.expander("What breaks a rule", expanded=any(not row["WaivedBy"] for row in evidence.focus_rules)):
            st.html(parts.table(evidence.focus_rules, RULES, label="FOCUS rules"))


def coverage(evidence: Evidence, look: dict[str, Any]) -> None:
    """The coverage ledger as a chart and as figures."""
    if not evidence.coverage:
        return
    st.html(
        parts.section(
            "Coverage", "Where every unit of the providers' cost went: billed, absorbed, excluded or quarantined."
        )
    )
    show_chart(charts.coverage(evidence.coverage, look), "coverage")
    st.html(parts.table(evidence.coverage, COVERAGE, label="Coverage"))


reader, period, look = open_page("Month", "What the gate says, and what to do next.")
evidence = month.gather(reader, period)
bundles = reader.bundle_count(period)
released = month.edges_of(evidence.parties) - evidence.held_edges
published = len(released) if evidence.parties else bundles
headline(evidence, published)
problems(evidence)
holds(evidence)
proof(reader, evidence)
focus_rules(evidence)
warnings(evidence)
coverage(evidence, look)
