"""What the evidence means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboards import month
from dashboards.data import Reader


@pytest.mark.parametrize(
    ("period", "state", "headline"),
    [
        ("2026-08", month.CLEAR, "August 2026 is clear"),
        ("2026-09", month.REFUSED, "September 2026 is refused"),
        ("2026-10", month.HELD, "October 2026 is published, 2 bills held"),
    ],
)
def test_each_verdict_has_its_sentence(reader: Reader, period: str, state: str, headline: str) -> None:
    evidence = month.gather(reader, period)
    assert evidence.state == state
    assert month.sentence(evidence, period, 0)[0] == headline


def test_a_proof_that_does_not_tie_is_refused_whatever_the_verdict_says(reader: Reader) -> None:
    clear, refused = month.gather(reader, "2026-08"), month.gather(reader, "2026-09")
    assert replace(clear, proof=refused.proof).state == month.REFUSED


def test_an_earlier_publication_is_named_when_the_latest_run_is_refused(reader: Reader) -> None:
    evidence = month.gather(reader, "2026-09")
    assert "28 bills published by an earlier run stay" in month.sentence(evidence, "2026-09", 28)[1]


def test_a_hold_over_two_edges_is_one_hold(reader: Reader) -> None:
    evidence = month.gather(reader, "2026-10")
    assert [len(hold.edges) for hold in evidence.holds] == [2, 0]
    assert evidence.held_edges == {("kestrel", "granite-bank"), ("meridian", "kestrel")}


def test_a_month_that_passed_and_was_not_published_is_pending(reader: Reader) -> None:
    evidence = replace(month.gather(reader, "2026-08"), operator=None, parties=[])
    assert evidence.state == month.PENDING
    assert "rebill publish 2026-08" in month.sentence(evidence, "2026-08", 0)[1]


def test_a_run_that_ended_before_the_proof_is_refused(reader: Reader) -> None:
    evidence = replace(month.gather(reader, "2026-09"), proof=[], coverage=[])
    assert evidence.state == month.REFUSED
    assert "before anything could be proved" in month.sentence(evidence, "2026-09", 0)[1]


def test_names_and_sellers_come_from_the_invoices(reader: Reader) -> None:
    invoices = month.gather(reader, "2026-10").parties
    assert month.tenant_names(invoices)["lumen"] == "Lumen & Daughters"
    assert month.sellers(month.edges_of(invoices))[0] == "meridian"
