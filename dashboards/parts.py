"""The pieces pages are built from, as HTML: tables, figures, verdict banner, empty states. All text is escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from dashboards import figures
from dashboards.data import Row

NIL = '<span class="rb-nil">—</span>'
FIGURES = ("money", "difference", "count")
Kind = Literal["text", "money", "difference", "count", "html"]


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading, where the value is, how it is shown."""

    heading: str
    key: str
    kind: Kind = "text"
    currency: str = ""  # key of the row's currency, for minor units
    show: Callable[[Any], str] | None = None  # text of the value; for "html" already safe HTML
    secondary: bool = False  # left out on a phone
    right: bool = False  # set right, as figures are


def money(value: Any, currency: str | None, tail_width: int = 0) -> str:
    """An exact amount; digits beyond the minor unit are set small, and padded so that points line up."""
    if value is None:
        return NIL
    main, tail = figures.split(value, currency)
    sign = " rb-neg" if value < 0 else ""
    width = f' style="min-width:{tail_width}ch"' if tail_width else ""
    end = f'<span class="rb-tail"{width}>{tail}</span>' if tail or tail_width else ""
    return f'<span class="rb-num{sign}">{main}{end}</span>'


def difference(value: Any, currency: str | None, tail_width: int = 0) -> str:
    """A difference at full precision: nothing at all is a bare 0, so that nobody takes it for a rounded one."""
    return '<span class="rb-num">0</span>' if value == 0 else money(value, currency, tail_width)


def _content(column: Column, row: Row, tail_width: int) -> str:
    value = row.get(column.key)
    currency = row.get(column.currency) if column.currency else None
    if column.kind == "money":
        return money(value, currency, tail_width)
    if column.kind == "difference":
        return difference(value, currency)
    if column.kind == "count":
        return f'<span class="rb-num">{"" if value is None else figures.count(value)}</span>'
    if column.kind == "html":
        return column.show(row) if column.show else ""
    if value in (None, ""):
        return NIL
    return escape(column.show(value) if column.show else str(value))


def _classes(column: Column) -> str:
    names = ["rb-r"] * (column.kind in FIGURES or column.right) + ["rb-2nd"] * column.secondary
    return f' class="{" ".join(names)}"' if names else ""


def _tail_width(column: Column, rows: Sequence[Row]) -> int:
    if column.kind != "money":
        return 0
    values = ((row[column.key], row.get(column.currency)) for row in rows if row.get(column.key) is not None)
    return max((len(figures.split(value, currency)[1]) for value, currency in values), default=0)


def table(rows: Sequence[Row], columns: Sequence[Column], *, label: str, total: Row | None = None) -> str:
    """A table; `total` is one more row, already summed where the rows come from."""
    everything = [*rows, total] if total else list(rows)
    widths = [_tail_width(column, everything) for column in columns]
    classes = [_classes(column) for column in columns]
    head = "".join(
        f'<th scope="col"{style}>{escape(column.heading)}</th>' for column, style in zip(columns, classes, strict=True)
    )

    def line(row: Row, blank: str) -> str:
        cells = (
            f"<td{style}>{_content(column, row, width) if column.key in row else blank}</td>"
            for column, style, width in zip(columns, classes, widths, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    body = "".join(line(row, NIL) for row in rows)
    foot = f"<tfoot>{line(total, '')}</tfoot>" if total else ""
    return (
        f'<div class="rb-scroll" role="region" aria-label="{escape(label)}" tabindex="0">'
        f'<table class="rb-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>'
    )


def badge(text: str, tone: str) -> str:
    """A small coloured word; tone is one of the verdict states, preview or plain."""
    return f'<span class="rb-badge rb-{escape(tone)}">{escape(text)}</span>'


def banner(state: str, headline: str, detail: str) -> str:
    """The verdict of the month: one sentence to act on."""
    return (
        f'<section class="rb-banner rb-{escape(state)}" role="status"><span class="rb-icon" aria-hidden="true"></span>'
        f"<div><h2>{escape(headline)}</h2><p>{escape(detail)}</p></div></section>"
    )


def facts(items: Sequence[tuple[str, str, str]]) -> str:
    """A row of headline figures: (label, safe HTML of the figure, note)."""
    cards = "".join(
        f'<div class="rb-fact"><dt>{escape(label)}</dt><dd>{value}</dd><small>{escape(note)}</small></div>'
        for label, value, note in items
    )
    return f'<dl class="rb-facts">{cards}</dl>'


def section(title: str, note: str = "") -> str:
    """A heading within a page and the sentence that says what follows."""
    return f'<div class="rb-section"><h3>{escape(title)}</h3><p>{escape(note)}</p></div>'


def empty(title: str, text: str, command: str = "") -> str:
    """Nothing to show: why, and what to do about it."""
    code = f"<code>{escape(command)}</code>" if command else ""
    return (
        f'<section class="rb-empty"><span class="rb-icon" aria-hidden="true"></span><h2>{escape(title)}</h2>'
        f"<p>{escape(text)}</p>{code}</section>"
    )
