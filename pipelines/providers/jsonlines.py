"""JSON Lines, gzip or plain, to Parquet text, exactly: no number of the source passes through a double that moves it.

DuckDB reads an unquoted JSON number as a double even where text is asked for. A double gives back every
decimal of up to 15 significant digits, so only longer numbers are at risk: those are put in quotes before
DuckDB reads the file. What belongs to a provider (which columns, what they mean) is not known here.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.errors import BadDelivery, Problem
from pipelines.providers.staging import SCRATCH, identifier, literal

CHUNK = 1 << 22
LINE_BYTES_MAX = 1 << 24  # DuckDB's own limit for one JSON object
UNPACKED_BYTES_FREE = 1 << 28
UNPACKED_RATIO_MAX = 200  # billing lines shrink 10 to 60 times; far more is a decompression bomb
BOM = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"
NINES = bytes.maketrans(b"0123456789", b"9" * 10)
LONG_RUN = b"9" * 16
# A number written with 16 characters or more, after a colon. Kept simple: it runs over every byte of a month.
LONG_NUMBER = re.compile(rb":(\s*)(-?[0-9.]{16,}(?:[eE][+-]?[0-9]+)?)")


def stage_json_lines(con: duckdb.DuckDBPyConnection, source: Path, target: Path) -> tuple[str, ...]:
    """Write the objects of a JSON-Lines file, gzip by its name or plain, to `target`, one row per line in file order.

    Every key becomes a text column: strings as they are, numbers as their exact text (exponents are kept),
    nested values as JSON, absent keys and nulls as null. Returns the keys; an empty file gives none and
    writes nothing. Memory is bounded whatever the file's size. Raises BadDelivery for a damaged file,
    naming the line where a line is at fault.
    """
    plain = target.with_name(f"{target.stem}.jsonl")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        lines = unpack(source, plain)
        if not lines:
            return ()
        try:
            return _to_parquet(con, source, plain, target, lines)
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            _refuse_broken_lines(source, plain)
            raise BadDelivery(_damaged(source, str(error).splitlines()[0])) from error
    finally:
        plain.unlink(missing_ok=True)


def unpack(source: Path, plain: Path) -> int:
    """Decompress `source` to `plain` without a byte order mark, long numbers quoted; returns the line ends written.

    Raises BadDelivery when the file is missing, cut off, corrupt, or unpacks to more than is plausible.
    """
    lines = size = 0
    rest = b""
    try:
        limit = max(UNPACKED_BYTES_FREE, UNPACKED_RATIO_MAX * source.stat().st_size)
        opener = gzip.open if source.name.lower().endswith(".gz") else open
        with opener(source, "rb") as stream, plain.open("wb") as out:
            while chunk := stream.read(CHUNK):
                assert isinstance(chunk, bytes)
                chunk = chunk.removeprefix(BOM) if not size else chunk
                size += len(chunk)
                head, end, tail = chunk.rpartition(b"\n")
                if size > limit or len(rest) + len(tail) > LINE_BYTES_MAX:
                    raise BadDelivery(_damaged(source, f"it unpacks to more than {limit:,} bytes, or to endless lines"))
                if end:
                    block = rest + head + end
                    out.write(quote_long_numbers(block))
                    lines += block.count(b"\n")
                    rest = tail
                else:
                    rest += chunk
            if rest.strip(BLANK):
                out.write(quote_long_numbers(rest + b"\n"))
                lines += 1
    except (OSError, EOFError, zlib.error) as error:
        raise BadDelivery(_damaged(source, str(error))) from error
    return lines


def quote_long_numbers(block: bytes) -> bytes:
    """Put quotes around the long unquoted numbers that are values of a key: all of 16 or more significant digits.

    `block` holds whole lines. Text inside strings, escaped JSON included, is left alone.
    """
    # One translation and one search settle almost every block without looking at its fields.
    if LONG_RUN not in block.translate(NINES, b"."):
        return block
    return LONG_NUMBER.sub(_quoted, block)


def _quoted(match: re.Match[bytes]) -> bytes:
    if not _ends_key(match.string, match.start()):
        return match.group()
    return b":" + match[1] + b'"' + match[2] + b'"'


def _ends_key(block: bytes, colon: int) -> bool:
    """Is the colon the one after a key? In a string the quote before it would be escaped, or open a string.

    A key without escapes is the text between that quote and the one before, and follows `{` or a comma. Keys
    with escapes are never ours: they are left alone.
    """
    end = _back_over_blanks(block, colon) - 1
    if end < 0 or block[end : end + 1] != b'"':
        return False
    start = block.rfind(b'"', 0, end)
    key = block[start + 1 : end]
    if start < 0 or not key or b"\\" in key or key[0] in b",:{}[] \t\r\n":
        return False
    before = _back_over_blanks(block, start) - 1
    return before >= 0 and block[before] in b"{,"


def _back_over_blanks(block: bytes, position: int) -> int:
    while position > 0 and block[position - 1] in BLANK:
        position -= 1
    return position


def _to_parquet(con: duckdb.DuckDBPyConnection, source: Path, plain: Path, target: Path, lines: int) -> tuple[str, ...]:
    # Writers leave out nulls, so a key may first appear in the last line: all lines are asked.
    found = con.execute(
        f"select distinct unnest(json_keys(json)) as key "
        f"from read_json_objects({literal(plain)}, format = 'newline_delimited') order by key"
    ).fetchall()
    keys = tuple(str(row[0]) for row in found)
    if not keys:
        if _refuse_broken_lines(source, plain):
            raise BadDelivery(_damaged(source, "its lines hold no fields"))
        return ()
    _refuse_twins(source, keys)
    columns = ", ".join(f"{identifier(key)}: 'VARCHAR'" for key in keys)
    written = con.execute(
        f"copy (select * from read_json({literal(plain)}, format = 'newline_delimited', records = true, "
        f"columns = {{{columns}}})) to {literal(target)} {SCRATCH}"
    ).fetchone()
    if written is None or written[0] != lines:
        # Blank lines between objects are legal; anything else that lost or made a row is not.
        objects = _refuse_broken_lines(source, plain)
        if written is None or written[0] != objects:
            raise BadDelivery(_damaged(source, f"{objects} lines were read as {written and written[0]} rows"))
    return keys


def _refuse_twins(source: Path, keys: Sequence[str]) -> None:
    spellings: dict[str, list[str]] = {}
    for key in keys:
        spellings.setdefault(key.casefold(), []).append(key)
    twins = [names for names in spellings.values() if len(names) > 1]
    if twins:
        raise BadDelivery(
            [
                Problem(str(source), f"one field is spelled {' and '.join(names)}", "export it again with one spelling")
                for names in twins
            ]
        )


def _refuse_broken_lines(source: Path, plain: Path) -> int:
    """Find the lines that are not one JSON object each, the slow way; returns the number of objects if all are."""
    objects = 0
    with plain.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip(BLANK):
                continue
            try:
                value = json.loads(line, object_pairs_hook=_unique)
                if not isinstance(value, dict):
                    raise ValueError("not a JSON object")
            except ValueError as error:
                raise BadDelivery(_damaged(source, f"the line is not one JSON object: {error}", number)) from error
            objects += 1
    return objects


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field occurs twice")
    return fields


def _damaged(source: Path, what: str, line: int | None = None) -> Problem:
    return Problem(str(source), f"the file is damaged: {what}", "fetch this file again and ingest once more", line=line)
