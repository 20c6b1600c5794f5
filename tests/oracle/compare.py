"""The engine's marts against the oracle's truth, to the last digit, as sentences a person can read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.generator.truth_amounts import WIDE, r12, text
from pipelines.generator.truth_margin import price_effect
from pipelines.generator.truth_model import LineKey, Truth
from tests.oracle import compare_reports

Row = dict[str, Any]
Key = tuple[object, ...]
Amounts = dict[Key, Decimal]
Reader = Callable[[str], list[Row]]
Check = tuple[str, Mapping[Any, Decimal], Mapping[Any, Decimal]]
ZERO = Decimal(0)
SHOWN = 12
LINE_COLUMNS = (
    "SellerTenantId",
    "BuyerTenantId",
    "BillingCurrency",
    "TenantId",
    "x_Provider",
    "SubAccountId",
    "ServiceName",
    "SkuId",
    "PricingUnit",
    "ChargeCategory",
    "ChargeClass",
    "x_CorrectedInvoiceId",
    "x_CustomLineId",
)
EDGE = ("SellerTenantId", "BuyerTenantId", "BillingCurrency")
COARSE = (*EDGE, "TenantId", "x_Provider", "ChargeCategory")
COVERAGE = ("Disposition", "Reason", "x_Provider", "InvoiceId", "BillingCurrency")
HOLD = ("HeldTenantId", "SellerTenantId", "BuyerTenantId", "Reason", "x_Provider", "BillingCurrency")
MARGIN = ("SellerTenantId", "BuyerTenantId", "TenantId", "x_Provider", "ServiceName")
# What a custom line's own columns say of a product (its name, its unit) is no part of what makes it one line.
OWN_WORDS = ("SubAccountId", "ServiceName", "SkuId", "PricingUnit")
# Lines that credit benefits and commitments: each side has its own names for them.
CREDITED = ("benefit", "commitment")


def read(marts: Path, table: str) -> list[Row]:
    """All rows of one mart."""
    rows: list[Row] = pq.ParquetFile(marts / f"{table}.parquet").read().to_pylist()
    return rows


def total(rows: Iterable[Row], columns: tuple[str, ...], amount: str) -> Amounts:
    """Σ amount by columns; null text is empty."""
    sums: Amounts = defaultdict(lambda: ZERO)
    for row in rows:
        sums[tuple(row[column] or "" for column in columns)] += Decimal(row[amount])
    return sums


def compare(truth: Truth, marts: Path, *, lines: bool = True) -> list[str]:
    """Every difference between the marts of one build and the truth; empty if both say the same.

    `lines=False` leaves out what depends on the texts of the invoice-line grain (lines and rounded totals).
    """

    def reader(table: str) -> list[Row]:
        return read(marts, table)

    with localcontext(WIDE):
        checks = [*_exact(truth, reader), *_coverage(truth, reader), *_holds(truth, reader)]
        if lines:
            checks += [*_lines(truth, reader), *_terms(truth, reader), *_margin(truth, reader)]
            checks += compare_reports.checks(truth.reports, reader)
        found = [sentence for check in checks for sentence in _differences(*check)]
        found += truth.reports.gaps()
        return found + _held(truth, reader) + (conservation(reader) if lines else [])


def proof_gaps(marts: Path) -> list[str]:
    """Rows of the engine's own proof that are not tied."""
    return [
        f"{row['CheckName']} {row['Scope']} {row['Currency']}: {row['Difference']} ({row['Note']})"
        for row in read(marts, "marts_reconciliation")
        if row["Difference"] != 0 or not row["IsTied"]
    ]


def _exact(truth: Truth, reader: Reader) -> list[Check]:
    """Unrounded totals per invoice, and per edge, end customer, provider and charge category."""
    invoices = total(reader("marts_invoices"), EDGE, "ExactCost")
    coarse = total(_line_rows(reader), COARSE, "ExactCost")
    expected: Amounts = defaultdict(lambda: ZERO)
    for key, line in truth.lines.items():
        expected[(*key[:4], key.provider or "", key.category)] += line.exact
    return [
        ("exact invoice total", invoices, {key: edge.exact for key, edge in truth.edges.items()}),
        ("exact amount", coarse, expected),
    ]


def _lines(truth: Truth, reader: Reader) -> list[Check]:
    """Each invoice line (exact, rounded, amortized) and each invoice's rounded total."""
    rows = _line_rows(reader)
    lines = [(_line(key), line) for key, line in truth.lines.items()]
    billed = total(reader("marts_invoices"), EDGE, "BilledCost")
    charged = [row for row in rows if not row["x_CustomLineId"]]
    return [
        ("exact line", total(rows, LINE_COLUMNS, "ExactCost"), _sum((key, line.exact) for key, line in lines)),
        ("rounded line", total(rows, LINE_COLUMNS, "BilledCost"), _sum((key, line.billed) for key, line in lines)),
        (
            "amortized line",
            total(rows, LINE_COLUMNS, "EffectiveCost"),
            _sum((key, r12(line.amortized)) for key, line in lines),
        ),
        (
            "charges of line",
            total(charged, LINE_COLUMNS, "LineCount"),
            _sum((key, Decimal(line.charges)) for key, line in lines),
        ),
        (
            "list price of line",
            total(charged, LINE_COLUMNS, "ListCost"),
            _sum((key, r12(line.listed)) for key, line in lines),
        ),
        ("rounded invoice total", billed, {key: edge.billed for key, edge in truth.edges.items()}),
    ]


def _sum(amounts: Iterable[tuple[Key, Decimal]]) -> Amounts:
    sums: Amounts = defaultdict(lambda: ZERO)
    for key, amount in amounts:
        sums[key] += amount
    return sums


def _line(key: LineKey) -> Key:
    """What makes an invoice line one line; a line of credits goes by what kind of credit it is."""
    kind = (key.custom_line or "").split(" ")[0]
    return _texts(key._replace(custom_line=kind) if kind in CREDITED and key.provider else key)


def _line_rows(reader: Reader) -> list[Row]:
    """Invoice lines, without what custom lines say of a product."""
    rows = reader("marts_invoice_lines")
    return [row | dict.fromkeys(OWN_WORDS) | _named(row) if row["x_CustomLineId"] else row for row in rows]


def _named(row: Row) -> Row:
    kind = row["x_CustomLineId"].split(" ")[0]
    return {"x_CustomLineId": kind} if kind in CREDITED and row["x_Provider"] else {}


def _coverage(truth: Truth, reader: Reader) -> list[Check]:
    """Provider cost and partner benefit by disposition, reason, provider and invoice."""
    rows = reader("marts_coverage")
    ledger = truth.coverage.items()
    return [
        ("cost", total(rows, COVERAGE, "BilledCost"), {key: item.billed for key, item in ledger}),
        ("partner benefit", total(rows, COVERAGE, "PartnerBenefitAmount"), {key: item.benefit for key, item in ledger}),
        ("rows", total(rows, COVERAGE, "LineCount"), {key: Decimal(item.charges) for key, item in ledger}),
    ]


def _holds(truth: Truth, reader: Reader) -> list[Check]:
    """Held tenants and edges, with the money that holds them."""
    held = {_texts(hold): item.billed for hold, item in truth.holds.items()}
    return [("held cost", total(reader("marts_holds"), HOLD, "BilledCost"), held)]


def _held(truth: Truth, reader: Reader) -> list[str]:
    """Invoices that only one of the two holds."""
    engine = {tuple(row[column] for column in EDGE) for row in reader("marts_invoices") if row["IsHeld"]}
    oracle = {key for key, edge in truth.edges.items() if edge.held}
    found = [f"held by the engine only: {_name(edge)}" for edge in sorted(engine - oracle)]
    return found + [f"held by the oracle only: {_name(edge)}" for edge in sorted(oracle - engine)]


def _terms(truth: Truth, reader: Reader) -> list[Check]:
    """Cost centres' parts of each line, and each balance's month."""
    line_of = {row["InvoiceDetailId"]: tuple(row[name] or "" for name in LINE_COLUMNS) for row in _line_rows(reader)}
    parts: Amounts = defaultdict(lambda: ZERO)
    for row in reader("marts_cost_centres"):
        parts[(*line_of[row["InvoiceDetailId"]], row["CostCentreId"])] += row["BilledCost"]
    centres = _sum(((*_line(key), name), amount) for (key, name), amount in truth.centres.items())
    balances = reader("marts_balances")
    checks: list[Check] = [("cost centre", parts, centres)]
    for column, name in (("Opening", "opening"), ("Movement", "moved"), ("Closing", "closing")):
        expected = {(balance,): getattr(item, name) for balance, item in truth.balances.items()}
        checks.append((f"balance {name}", total(balances, ("BalanceId",), column), expected))
    return checks


def _margin(truth: Truth, reader: Reader) -> list[Check]:
    """Revenue, cost and the three effects, per seller, buyer, end customer, provider and service."""
    rows = reader("marts_margin")
    expected: dict[str, Amounts] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for key, item in truth.margin.items():
        for column, amount in (
            ("Revenue", item.revenue),
            ("Cost", item.cost),
            ("Margin", item.revenue - item.cost),
            ("PartnerBenefit", item.benefit),
            ("SharedBenefit", item.shared),
            ("FxEffect", item.fx),
            ("RoundingEffect", item.rounding),
            ("PriceEffect", price_effect(item)),
        ):
            expected[column][_texts(key)] += amount
    return [(f"margin {column}", total(rows, MARGIN, column), amounts) for column, amounts in expected.items()]


def conservation(reader: Reader) -> list[str]:
    """What a buyer pays upstream is what the seller booked as revenue: the engine's own figures on both sides.

    What is drawn from a prepaid balance pays for other lines and is neither. Where seller and buyer state their
    margins in the invoice's own currency, both must be its rounded lines.
    """
    margin = reader("marts_margin")
    homes = {row["SellerTenantId"]: row["HomeCurrency"] for row in margin}
    prepaid = {row["BalanceId"] for row in reader("marts_balances") if row["BalanceKind"] == "prepaid"}
    lines = [row for row in reader("marts_invoice_lines") if row["x_CustomLineId"] not in prepaid]

    def foreign(row: Row, party: str) -> bool:
        return bool(row["BillingCurrency"] != homes.get(row[party]))

    found: list[str] = []
    for name, by, party in (("Revenue", EDGE[:2], "SellerTenantId"), ("Cost", EDGE[1:2], "BuyerTenantId")):
        billed = total(lines, by, "BilledCost")
        booked = total(margin, tuple("SellerTenantId" if column == party else column for column in by), name)
        other = {tuple(row[column] for column in by) for row in lines if foreign(row, party)}
        own = {key: amount for key, amount in billed.items() if key not in other}
        found += _differences(f"conserved {name}", {key: booked.get(key, ZERO) for key in own}, own)
    return found


def _texts(key: tuple[object, ...]) -> Key:
    return tuple("" if part is None else part for part in key)


def _differences(what: str, engine: Mapping[Any, Decimal], oracle: Mapping[Any, Decimal]) -> list[str]:
    """Sentences for the keys whose amounts differ, largest first; a key that one side lacks counts as 0."""
    gaps = {key: engine.get(key, ZERO) - oracle.get(key, ZERO) for key in {*engine, *oracle}}
    worst = sorted((key for key, gap in gaps.items() if gap), key=lambda key: (-abs(gaps[key]), str(key)))
    sentences = [
        f"{what} {_name(key)}: engine {_amount(engine, key)}, oracle {_amount(oracle, key)}, "
        f"difference {text(gaps[key])}"
        for key in worst[:SHOWN]
    ]
    more = f"{what}: {len(worst) - SHOWN} more differ, {text(sum((gaps[key] for key in worst), ZERO))} in all"
    return sentences + ([more] if len(worst) > SHOWN else [])


def _amount(side: Mapping[Any, Decimal], key: Key) -> str:
    return text(side[key]) if key in side else "nothing"


def _name(key: Key) -> str:
    return " | ".join(str(part) or "-" for part in key)
