"""From scanned charges to findings: rows by their bits, sums by their queries, waivers applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from pipelines.conformance.findings import Finding
from pipelines.conformance.rules import BUY, ROW, SCOPES, SELL, SUM, Rule, rules
from pipelines.conformance.scan import COSTS
from pipelines.conformance.waivers import Waiver, conditions
from pipelines.money import CONTEXT, ZERO, Decimal

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Source:
    """Where charges come from: a slice, with what its rows are called by."""

    provider: str
    unit: str
    kinds: tuple[str, ...]
    files: tuple[str, ...] = ()


@dataclass
class _Count:
    violations: int = 0
    amount: Decimal = ZERO
    locators: list[Any] = field(default_factory=list)

    def add(self, rows: int, amount: Decimal, locator: Any) -> None:
        self.violations += rows
        self.amount = CONTEXT.add(self.amount, amount)
        self.locators.append(locator)


def judge(
    con: duckdb.DuckDBPyConnection,
    view: str,
    sources: Mapping[int, Source],
    waivers: Sequence[Waiver],
    locate: Callable[[Source | None, Any], str | None],
) -> list[Finding]:
    """The findings on a view whose scan is the table `charges` of `con`, and whose invoices are `invoices`.

    Every rule of the view has at least one finding; ordered by rule, then scope.
    """
    found = _row_findings(con, view, sources, waivers, locate) + _sum_findings(con, view, sources, waivers)
    broken = {item.rule for item in found}
    total = _count(con)
    kept = [
        Finding(view, rule.id, rule.severity(view), checked=total)
        for rule in rules(view)
        if rule.id not in broken and rule.grain in (ROW, SUM)
    ]
    places = {rule.id: number for number, rule in enumerate(rules())}
    return sorted([*found, *kept], key=lambda item: (places[item.rule], item.place, item.waived_by or ""))


def _count(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("select coalesce(sum(RowCount), 0) from charges").fetchone()
    return int(row[0]) if row else 0


def _row_findings(
    con: duckdb.DuckDBPyConnection,
    view: str,
    sources: Mapping[int, Source],
    waivers: Sequence[Waiver],
    locate: Callable[[Source | None, Any], str | None],
) -> list[Finding]:
    edge = ("SellerTenantId", "BuyerTenantId") if view == SELL else ("null", "null")
    groups = ["SliceNo", *edge, "BillingCurrency"]
    names = ", ".join(f"{name} as g{number}" for number, name in enumerate(groups))
    checked: dict[Key, int] = {
        key: int(count)
        for *parts, count in con.execute(f"select {names}, sum(RowCount) from charges group by all").fetchall()
        for key in [tuple(parts)]
    }
    sums = ", ".join(f"coalesce(sum({cost}), 0)" for cost in COSTS)
    patterns = con.execute(
        f"select {names}, Broken, Met, sum(RowCount), min(Locator), {sums} from charges where Broken <> 0 "
        "group by all order by all"
    ).fetchall()
    listed = rules(view, ROW)
    placed = {text: place for place, text in enumerate(conditions(waivers, view))}
    counts: dict[tuple[Rule, Key, str | None], _Count] = {}
    for *key, broken, met, rows, locator, billed, effective, listed_cost, contracted in patterns:
        amounts = dict(zip(COSTS, (billed, effective, listed_cost, contracted), strict=True))
        source = sources.get(key[0])
        for place, rule in enumerate(listed):
            if broken >> place & 1:
                waiver = _waiver(rule, view, source, waivers, placed, met)
                count = counts.setdefault((rule, tuple(key), waiver), _Count())
                count.add(int(rows), Decimal(amounts[rule.amount]), locator)
    return [
        Finding(
            view,
            rule.id,
            rule.severity(view),
            provider=source.provider if source else None,
            unit=source.unit if source and view == BUY else None,
            seller=key[1],
            buyer=key[2],
            currency=key[3],
            checked=checked[key],
            violations=count.violations,
            waived_by=waiver,
            amount=count.amount,
            example=locate(source, min(count.locators, key=str)),
        )
        for (rule, key, waiver), count in counts.items()
        for source in [sources.get(key[0])]
    ]


def _waiver(
    rule: Rule, view: str, source: Source | None, waivers: Sequence[Waiver], placed: Mapping[str, int], met: int
) -> str | None:
    """The first waiver that lets a row pass."""
    if source is None:
        return None
    for waiver in waivers:
        if waiver.rule != rule.id or not waiver.covers(view, source.provider, source.kinds):
            continue
        if waiver.where is None or met >> placed[waiver.where] & 1:
            return waiver.name
    return None


def _sum_findings(
    con: duckdb.DuckDBPyConnection, view: str, sources: Mapping[int, Source], waivers: Sequence[Waiver]
) -> list[Finding]:
    found: list[Finding] = []
    kinds: dict[str, set[str]] = {}
    for source in sources.values():
        kinds.setdefault(source.provider, set()).update(source.kinds)
    for rule in rules(view, SUM):
        columns = SCOPES[view].split(", ")
        query = f"select {SCOPES[view]}, GroupKey, Amount from ({rule.on(view)}) order by all"
        groups: dict[Key, list[tuple[str, Decimal]]] = {}
        for *scope, group, amount in con.execute(query).fetchall():
            groups.setdefault(tuple(scope), []).append((str(group), Decimal(amount)))
        for scope_key, broken in groups.items():
            said = dict(zip(columns, scope_key, strict=True))
            provider = said.get("x_Provider")
            finding = Finding(
                view,
                rule.id,
                rule.severity(view),
                provider=provider,
                seller=said.get("SellerTenantId"),
                buyer=said.get("BuyerTenantId"),
                currency=said["BillingCurrency"],
                checked=_count(con),
                violations=len(broken),
                amount=_total(amount for _, amount in broken),
                example=min(group for group, _ in broken),
            )
            covering = [
                waiver.name
                for waiver in waivers
                if waiver.rule == rule.id and provider and waiver.covers(view, provider, kinds.get(provider, ()))
            ]
            found.append(replace(finding, waived_by=covering[0] if covering else None))
    return found


def _total(amounts: Any) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = CONTEXT.add(total, amount)
    return total
