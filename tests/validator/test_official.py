"""The official FOCUS validator over a billed month in FOCUS 1.2: exactly the reviewed failures, no more, no fewer."""

from __future__ import annotations

import pytest

from pipelines.providers.registry import PROVIDERS
from tests.validator.conftest import Validated
from tests.validator.damage import DAMAGES
from tests.validator.subjects import KINDS, TO_CUSTOMER, TO_DIRECT, TO_RESELLER
from tests.validator.verdicts import FAULTS, differences, expected, reviewed

pytestmark = pytest.mark.slow

BUNDLES = (TO_RESELLER, TO_DIRECT, TO_CUSTOMER, *KINDS.values())


def test_only_what_is_reviewed_fails(validated: Validated) -> None:
    found: dict[str, dict[str, str]] = {}
    for subject, verdict in validated.subjects:
        found.setdefault(subject.name, {}).update(verdict.failed)
    lines = differences(found, expected(list(found), reviewed()["failures"]))
    assert not lines, "tests/validator/expected.yml and the validator differ:\n" + "\n".join(lines)


def test_every_room_and_every_kind_of_bundle_is_validated(validated: Validated) -> None:
    """The room of FOCUS files by public files of several vendors: the generated month has none."""
    names = [subject.name for subject, _ in validated.subjects]
    assert set(names) == {*PROVIDERS, *BUNDLES}
    assert len([name for name in names if name in BUNDLES]) >= 5


def test_no_rule_stops_being_run(validated: Validated) -> None:
    wanted = reviewed()["validator"]
    ran = {(verdict.rules, verdict.skipped) for _, verdict in validated.subjects}
    assert ran == {(wanted["rules"], wanted["never_run"])}


@pytest.mark.parametrize("name", DAMAGES)
def test_harmed_rows_are_reported(validated: Validated, name: str) -> None:
    new = differences({"azure": validated.harmed.failed}, {"azure": set(validated.whole.failed)})
    assert any(f"new failure {DAMAGES[name].rule}" in line for line in new), new


def test_the_list_says_why_and_whose_fault() -> None:
    rooms_and_bundles = {*PROVIDERS, *BUNDLES}
    entries = reviewed()["failures"]
    rules = [entry["rule"] for entry in entries]
    assert len(set(rules)) == len(rules)
    for entry in entries:
        assert set(entry) == {"rule", "where", "fault", "why", "reference"}, entry
        assert entry["fault"] in FAULTS, entry
        assert set(entry["where"]) <= rooms_and_bundles, entry
        assert entry["why"].strip().endswith("."), entry
