"""Cost centres: what a customer's own divisions weigh in its invoice lines, and their parts of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pipelines.generator.truth_amounts import ONE, ZERO, minor_units, number, r12, share_money
from pipelines.generator.truth_charges import ChargeKey
from pipelines.generator.truth_model import InvoiceLine, Truth
from pipelines.generator.truth_records import Span, records, span, text
from pipelines.generator.truth_tags import tags


class Centre(NamedTuple):
    """One cost centre of a customer: a percent, the value of a tag, or what is left."""

    span: Span
    id: str
    percent: Decimal | None
    tag: str
    is_rest: bool


class Centres:
    """The cost centres of all customers for one month."""

    def __init__(self, directory: Path, month: Span) -> None:
        self._month = month
        self._of: dict[str, list[Centre]] = {}
        for record in records(directory, "cost_centres"):
            percent = number(record["percent"]) if text(record, "percent") else None
            rest = text(record, "default").lower() == "true"
            centre = Centre(span(record), record["cost_centre"], percent, text(record, "tag"), rest)
            self._of.setdefault(record["tenant"], []).append(centre)
        for centres in self._of.values():
            centres.sort(key=lambda centre: centre.id.encode())

    def weigh(self, tenant: str, key: ChargeKey, line: InvoiceLine, price: Decimal) -> None:
        """Add one row's exact price to the centres that bear it."""
        for centre, part in self._portions(tenant, key):
            line.centres[centre] += price * part

    def divide(self, truth: Truth) -> None:
        """Divide each line that a customer itself receives among its centres, in minor units."""
        for key, line in truth.lines.items():
            if key.buyer != key.tenant or key.tenant not in self._of:
                continue
            weights = {name: r12(weight) for name, weight in line.centres.items()}
            if key.custom_line or not sum(weights.values()):
                weights = {name: part for name, part in self._by_default(key.tenant) if part}
            if not weights:
                continue
            names = sorted(weights, key=str.encode)
            units = minor_units(key.currency)
            parts = share_money(line.billed, [weights[name] for name in names], units)
            truth.centres |= {(key, name): part for name, part in zip(names, parts, strict=True)}

    def _portions(self, tenant: str, key: ChargeKey) -> Iterable[tuple[str, Decimal]]:
        """Which centres bear a row: all by their percents, or the first whose tag it carries, or the rest."""
        centres = [centre for centre in self._of.get(tenant, ()) if centre.span.covers(key.day)]
        if any(centre.percent is not None for centre in centres):
            return [(centre.id, centre.percent or ZERO) for centre in centres]
        carried = {name: value.lower() for name, value in tags(key.tags).items()}
        for centre in centres:
            name, _, value = centre.tag.partition("=")
            if centre.tag and carried.get(name) == value.lower():
                return [(centre.id, ONE)]
        return [(centre.id, ONE) for centre in centres if centre.is_rest]

    def _by_default(self, tenant: str) -> list[tuple[str, Decimal]]:
        """The percents of the month's last day that has any, or the centre that takes the rest."""
        day = self._month.end
        while day > self._month.start:
            day -= timedelta(days=1)
            found = [centre for centre in self._of[tenant] if centre.span.covers(day)]
            if any(centre.percent is not None for centre in found):
                return [(centre.id, centre.percent or ZERO) for centre in found]
            if any(centre.is_rest for centre in found):
                return [(centre.id, ONE) for centre in found if centre.is_rest]
        return []
