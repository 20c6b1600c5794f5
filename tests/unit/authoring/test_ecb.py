"""The ECB's files in each of their forms, and what is refused."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from pipelines.authoring.ecb import read_days
from pipelines.errors import RebillError
from pipelines.money import Decimal

DAILY = "Date, USD, JPY, IDR, \n30 October 2026, 1.1702, 172.45, 19263.81, \n"
HISTORY = (
    "Date,USD,JPY,CYP,\n2026-10-30,1.1702,172.45,N/A,\n2026-10-29,1.1689,171.9,N/A,\n2005-01-03,1.3507,139,0.5795,\n"
)
CUBES = "<Cube time='2026-10-30'><Cube currency='USD' rate='1.1702'/><Cube currency='JPY' rate='172.45'/></Cube>"
XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
    'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n<gesmes:subject>Reference rates</gesmes:subject>'
    "<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>\n<Cube>{}</Cube></gesmes:Envelope>"
)
OLDER = '<Cube time="2026-10-29"><Cube currency="USD" rate="1.1689"></Cube></Cube>'
FRIDAY = {"USD": Decimal("1.1702"), "JPY": Decimal("172.45")}


def file_of(tmp_path: Path, text: str, name: str = "eurofxref.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_daily_csv(tmp_path: Path) -> None:
    assert read_days(file_of(tmp_path, DAILY)) == {date(2026, 10, 30): FRIDAY | {"IDR": Decimal("19263.81")}}


def test_the_historical_csv(tmp_path: Path) -> None:
    days = read_days(file_of(tmp_path, HISTORY))
    assert days[date(2026, 10, 30)] == FRIDAY
    assert days[date(2005, 1, 3)]["CYP"] == Decimal("0.5795")
    assert len(days) == 3


def test_the_xml(tmp_path: Path) -> None:
    days = read_days(file_of(tmp_path, XML.format(CUBES + OLDER), "eurofxref-hist.xml"))
    assert days == {date(2026, 10, 30): FRIDAY, date(2026, 10, 29): {"USD": Decimal("1.1689")}}


@pytest.mark.parametrize("name", ["eurofxref.csv", "eurofxref-hist.csv"])
def test_a_zip_of_the_csv(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "eurofxref.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, HISTORY)
    assert len(read_days(tmp_path / "eurofxref.zip")) == 3


@pytest.mark.parametrize(("text", "what"), [
    ("", "first line"), ("Datum;USD\n", "first line"), ("<html><body>blocked</body></html>", "no rate"),
    ("Date,USD\n2026-13-01,1.1\n", "no date"), ("Date,USD\n30 Oktober 2026,1.1\n", "no date"),
    ("Date,USD\n31 June 2026,1.1\n", "no date"), ("Date,USD\n2026-10-30,1.1e3\n", "no rate of USD"),
    ("Date,USD\n2026-10-30,0\n", "no rate of USD"), ("Date,USD\n2026-10-30,-1\n", "no rate of USD"),
    ("Date,USD\n2026-10-30,N/A\n", "holds no rate"), ("<Cube", "broken XML"),
    ('<!DOCTYPE x [<!ENTITY a "b">]><Cube/>', "document type"),
    ("<E><Cube time='2026-10-30'><Cube currency='USD'/></Cube></E>", "'None' is no rate of USD"),
])  # fmt: skip
def test_other_files_are_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(RebillError) as refusal:
        read_days(file_of(tmp_path, text))
    (problem,) = refusal.value.problems
    assert what in problem.what
    assert "ECB" in problem.remedy


def test_a_missing_file_and_a_strange_archive_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", DAILY)
        archive.writestr("b.csv", DAILY)
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfeDate")
    for name, what in (("none.csv", "no such file"), ("two.zip", "2 files"), ("latin.csv", "cannot be read")):
        with pytest.raises(RebillError, match=what):
            read_days(tmp_path / name)
