"""The euro reference rates as the ECB publishes them: eurofxref, daily or historical, CSV, XML or a zip of one.

A rate is units of a currency per 1 euro. Nothing is fetched: the file is a local one.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

from pipelines.errors import Problem, RebillError
from pipelines.money import Decimal, parse

BYTES = 64 * 1024 * 1024
AGAIN = "download eurofxref (csv, xml or zip) from the ECB again"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WORDY = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")
NUMBER = re.compile(r"\d{1,15}(\.\d{1,12})?")
Days = dict[date, dict[str, Decimal]]


def read_days(path: Path) -> Days:
    """Rates by day and currency. Raises RebillError for a file that is not in one of the ECB's forms."""
    text = _text(path)
    days: Days = {}
    for day, currency, raw in _xml(path, text) if text.lstrip().startswith("<") else _csv(path, text):
        if not NUMBER.fullmatch(raw) or not (rate := parse(raw)) > 0:
            raise _problem(path, f"{raw!r} is no rate of {currency} on {day}")
        days.setdefault(day, {})[currency] = rate
    if not days:
        raise _problem(path, "the file holds no rate")
    return days


def _text(path: Path) -> str:
    try:
        if zipfile.is_zipfile(path):
            return _unpacked(path).decode("utf-8-sig")
        if path.stat().st_size > BYTES:
            raise _problem(path, f"the file is larger than {BYTES:,} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise RebillError(Problem(str(path), "no such file", "name the file downloaded from the ECB")) from error
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        raise _problem(path, f"the file cannot be read ({error})") from error


def _unpacked(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [item for item in archive.infolist() if item.filename.lower().endswith((".csv", ".xml"))]
        if len(members) != 1 or members[0].file_size > BYTES:
            raise _problem(path, f"the archive holds {len(members)} files of rates, or one that is too large")
        return archive.read(members[0])


def _csv(path: Path, text: str) -> Iterator[tuple[date, str, str]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip() for cell in next(rows, [])]
    if header[:1] != ["Date"] or not all(re.fullmatch("[A-Z]{3}", name) for name in header[1:] if name):
        raise _problem(path, "the first line is not `Date, USD, JPY, ...`")
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        day = _day(path, cells[0])
        for currency, raw in zip(header[1:], cells[1:], strict=False):
            if currency and raw not in ("", "N/A"):
                yield day, currency, raw


def _xml(path: Path, text: str) -> Iterator[tuple[date, str, str]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _problem(path, "the XML declares a document type, which the ECB's does not")
    try:
        root = ET.fromstring(text)  # noqa: S314 - entities need a document type, refused above
    except ET.ParseError as error:
        raise _problem(path, f"broken XML: {error}") from error
    for cube in root.iterfind(".//{*}Cube"):
        if (said := cube.get("time")) is not None:
            for quote in cube:
                yield _day(path, said), str(quote.get("currency")), str(quote.get("rate"))


def _day(path: Path, raw: str) -> date:
    """2026-10-30, or 30 October 2026 as the daily CSV says it."""
    found = WORDY.fullmatch(raw)
    try:
        if found and found[2] in MONTHS:
            return date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]))
        return date.fromisoformat(raw)
    except ValueError as error:
        raise _problem(path, f"{raw!r} is no date") from error


def _problem(path: Path, what: str) -> RebillError:
    return RebillError(Problem(str(path), what, AGAIN))
