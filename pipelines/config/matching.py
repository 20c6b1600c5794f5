"""Match values: what a rule writes, how it compares, and the order of rules as one number.

A value is exact, `abc*` (starts with abc) or `*any` (has a value). Everything compares in lower case but
the key of a tag. Every home of the order of rules reads `specificity` from here or from the compiled
table that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from pipelines.config import fields
from pipelines.config.vocabulary import SEPARATOR

ANY = "*any"
EXACT = -1
UNUSED = "*"
FIELDS = (
    "provider",
    "service_category",
    "service",
    "sku",
    "sku_price",
    "region",
    "charge_category",
    "publisher",
    "commitment",
    "sub_account",
    "invoice_type",
    "pricing_unit",
    "tag",
)
# From the least to the most precise: a field is worth more than all fields before it together.
PRECISION = (
    "provider",
    "charge_category",
    "service_category",
    "pricing_unit",
    "region",
    "service",
    "invoice_type",
    "publisher",
    "commitment",
    "sub_account",
    "tag",
    "sku",
    "sku_price",
)
WORTH = tuple(1 << PRECISION.index(name) for name in FIELDS)


class Form(NamedTuple):
    """One value of a rule in lower case. `length`: EXACT, 0 for any value, else that of the prefix `text`.

    `key` is the tag key, for a tag only.
    """

    text: str
    length: int
    key: str | None = None

    @property
    def pattern(self) -> str:
        """The value as it stands in MatchValue."""
        return self.text if self.length == EXACT else ANY if self.length == 0 else f"{self.text}*"


Forms = tuple[Form | None, ...]


def value_or_form(raw: str) -> str:
    """A value to match: exact, `abc*` or `*any`."""
    if raw == "*":
        raise fields.Unfit("'*' is no value to match", f"leave the field out to match anything, or write {ANY}")
    if raw != ANY and "*" in raw[:-1]:
        what = f"{raw[:40]!r} has a star that does not stand at its end"
        raise fields.Unfit(what, f"write the exact value, the beginning and one star (abc*), or {ANY}")
    return fields.text(raw)


def exact_text(raw: str) -> str:
    """A value without wildcards."""
    if "*" in raw:
        raise fields.Unfit(f"{raw[:40]!r} has a star, but this value is exact", "write the whole value")
    return fields.text(raw)


def tag_condition(raw: str) -> str:
    """`key=value`, `key=val*` or `key=*any`; the key ends at the first equals sign."""
    key, equals, value = (part.strip() for part in fields.text(raw).partition("="))
    if not (key and equals and value):
        raise fields.Unfit(f"{raw[:40]!r} names no tag key and value", f"write key=value, key=val* or key={ANY}")
    if value == "*":
        raise fields.Unfit("'*' is no value to match", f"write {key}={ANY} for any value of the tag")
    return f"{key}={value_or_form(value)}"


def forms(values: Iterable[str | None]) -> Forms:
    """The 13 values of a match in their order as they compare; None where the rule does not look."""
    *plain, tag = values
    return (*(_form(value) for value in plain), _tag_form(tag))


@cache
def _form(raw: str | None, key: str | None = None) -> Form | None:
    if raw is None:
        return None
    if raw == ANY:
        return Form("", 0, key)
    text = raw.lower()
    return Form(text[:-1], len(text) - 1, key) if text.endswith("*") else Form(text, EXACT, key)


def _tag_form(raw: str | None) -> Form | None:
    if raw is None:
        return None
    key, _, value = raw.partition("=")
    return _form(value, key)


def match_value(wanted: Forms) -> str:
    """The values of a rule as one text, the key that charges are compared with."""
    return SEPARATOR.join(form.pattern if form else UNUSED for form in wanted)


def specificity(wanted: Forms) -> int:
    """Everything about a match that orders rules of one priority, as one number; more wins.

    In this order: how many fields; which of them (the most precise field that only one of two rules has
    decides); how many exact values; the total length of the prefixes.
    """
    used = [form for form in wanted if form]
    worth = sum(worth for worth, form in zip(WORTH, wanted, strict=True) if form)
    exact = sum(form.length == EXACT for form in used)
    prefixes = sum(form.length for form in used if form.length > 0)
    return (((len(used) << len(FIELDS) | worth) << 4 | exact) << 16) | prefixes


def accepts(part: str, length: int | None, value: str) -> bool:
    """Whether a charge's value (lower case, empty for none) fits one part of a MatchValue of this length."""
    if length is None:
        return True
    if not value:
        return False
    return value == part if length == EXACT else length == 0 or f"{value[:length]}*" == part


def why_more_specific(winner: int, loser: int) -> str | None:
    """What decides between two specificities, for a person; None if they are equal."""
    one, other = _unpacked(winner), _unpacked(loser)
    if one[0] != other[0]:
        return f"less specific: {other[0]} match fields against {one[0]}"
    if one[1] != other[1]:
        decisive = PRECISION[(one[1] ^ other[1]).bit_length() - 1]
        return f"less specific: as many match fields, but {decisive} is more precise and only the winner has it"
    if one[2] != other[2]:
        return f"less specific: {other[2]} exact values against {one[2]}"
    if one[3] != other[3]:
        return f"less specific: prefixes of {other[3]} characters together against {one[3]}"
    return None


def _unpacked(number: int) -> tuple[int, int, int, int]:
    """Fields, worth of the fields, exact values, length of prefixes."""
    fields_and_worth, exact, prefixes = number >> 20, number >> 16 & 15, number & 65535
    return fields_and_worth >> len(FIELDS), fields_and_worth & (1 << len(FIELDS)) - 1, exact, prefixes
