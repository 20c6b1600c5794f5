"""Lines that no provider charged: fees, support, minimums, credit notes, prepaid balances, commitments to spend.

They act on rounded lines, each after the lines that its subtotal adds up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pipelines.generator.truth_amounts import ONE, WIDE, ZERO, divided, number, r12, round_minor
from pipelines.generator.truth_charges import CREDIT, PURCHASE
from pipelines.generator.truth_config import Config
from pipelines.generator.truth_fx import HUNDRED
from pipelines.generator.truth_model import Balance, InvoiceLine, LineKey, Truth
from pipelines.generator.truth_records import Record, records, span, text
from pipelines.generator.truth_terms import Contract

CHARGES = "charges"
UNNAMED = {"commitment": "Spend commitment"}
MATCHED = ("provider", "service", "sku", "sub_account")


class Custom:
    """The custom lines, subtotals and balances of one configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lines = {record["line"]: record for record in records(config.directory, "custom_lines")}
        self._balances = records(config.directory, "balances")
        self._subtotals = {record["subtotal"]: record for record in records(config.directory, "subtotals")}
        self._billed: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        """(custom line, contract) -> tenant -> amount."""
        self._drawn: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        """(subtotal, contract) -> what prepaid balances have paid of it."""

    def bill(self, truth: Truth) -> None:
        """Add every custom line of the month to the rounded charge lines, then the balances that act on all."""
        for name in self._in_order():
            record = self._lines[name]
            contract = self._config.contracts[record["contract"]]
            days = self._days(record, contract)
            if days:
                for tenant in self._tenants(truth, record, contract):
                    exact, moved = self._exact(truth, record, contract, tenant, days)
                    line = self._add(truth, contract, record, tenant, exact, credit=record["kind"] == "credit_note")
                    line.moved = moved
        for record in sorted(self._balances, key=lambda record: (span(record).end, record["balance"])):
            self._draw(truth, record)

    def _in_order(self) -> list[str]:
        """Custom lines, each after those that its subtotal names."""
        done: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in done:
                subtotal = self._subtotals.get(text(self._lines[name], "of"), {})
                for other in subtotal.get("lines") or ():
                    visit(other)
                done[name] = None

        for name in self._lines:
            visit(name)
        return list(done)

    def _days(self, record: Record, contract: Contract) -> int:
        """On how many days of the month a line is in force; a one-off line on one."""
        held = self._config.contract_days(contract)
        if text(record, "frequency") == "once":
            return int(held.covers(date.fromisoformat(record["on"])))
        return span(record).within(held).days

    def _tenants(self, truth: Truth, record: Record, contract: Contract) -> list[str]:
        wanted = text(record, "for") or "buyer"
        if wanted == "buyer":
            return [contract.buyer]
        if wanted == "each_customer":
            return sorted({key.tenant for key, _ in _charge_lines(truth, contract)})
        return [tenant.strip() for tenant in wanted.split(";")]

    def _exact(
        self, truth: Truth, record: Record, contract: Contract, tenant: str, days: int
    ) -> tuple[Decimal, Decimal]:
        """The amount of one line before its rounding, and what of it the contract's own rate makes."""
        kind, of = record["kind"], text(record, "of") or CHARGES
        only = None if (text(record, "for") or "buyer") == "buyer" else tenant
        towards = -ONE if kind == "credit_note" else ONE
        if text(record, "percent"):
            percent = r12(WIDE.divide(number(record["percent"]), HUNDRED))
            return towards * percent * self._subtotal(truth, contract, of, only), ZERO
        amount = number(record["amount"])
        if text(record, "prorate") == "daily":
            amount = divided(amount * days, Decimal(self._config.month.days))
        amount *= number(text(record, "quantity") or "1")
        currency, rates = text(record, "currency") or contract.currency, self._config.rates
        flat = r12(amount * rates.price(contract, currency))
        if kind == "minimum":
            return max(ZERO, flat - self._subtotal(truth, contract, of, only)), ZERO
        return towards * flat, towards * (flat - r12(amount * rates.table(currency, contract.currency)))

    def _subtotal(self, truth: Truth, contract: Contract, name: str, tenant: str | None) -> Decimal:
        """What a subtotal adds up on a contract's edge, of one tenant or of all."""
        subtotal = self._subtotals.get(name, {})
        match = {field: str(value).lower() for field, value in (subtotal.get("match") or {}).items()}
        total = ZERO
        if text(subtotal, "charges").lower() != "false":
            for key, line in _charge_lines(truth, contract):
                if tenant in (None, key.tenant) and _matches(match, key, line):
                    total += line.billed
        for other in subtotal.get("lines") or ():
            billed = self._billed[other, contract.id]
            total += sum(billed.values(), ZERO) if tenant is None else billed.get(tenant, ZERO)
        return total

    def _draw(self, truth: Truth, record: Record) -> None:
        """One balance's month. Raises ValueError if nothing says what it held before."""
        contract, term = self._config.contracts[record["contract"]], span(record)
        month, amount = self._config.month, number(record["amount"])
        if not (term.covers(month.start) and self._config.contract_days(contract).days):
            return
        prepaid, of = record["kind"] == "prepaid", text(record, "of") or CHARGES
        if text(record, "opening_period") == month.start.strftime("%Y-%m"):
            opening = number(record["opening"])
        elif term.start == month.start:
            opening = amount if prepaid else ZERO
        else:
            raise ValueError(f"balance {record['balance']}: nothing says what it held when the month began")
        subtotal = self._subtotal(truth, contract, of, None)
        if prepaid:
            moved = min(opening, max(ZERO, subtotal - self._drawn[of, contract.id]))
            self._drawn[of, contract.id] += moved
            truth.balances[record["balance"]] = Balance(opening, -moved, opening - moved)
            self._add(truth, contract, record, contract.buyer, -moved, credit=True).is_payment = True
            return
        moved = max(ZERO, subtotal)
        truth.balances[record["balance"]] = Balance(opening, moved, opening + moved)
        if term.end == month.end:
            self._add(truth, contract, record, contract.buyer, max(ZERO, amount - opening - moved))

    def _add(
        self, truth: Truth, contract: Contract, record: Record, tenant: str, exact: Decimal, *, credit: bool = False
    ) -> InvoiceLine:
        name = str(record.get("line") or record["balance"])
        key = LineKey(
            seller=contract.seller,
            buyer=contract.buyer,
            currency=contract.currency,
            tenant=tenant,
            provider=None,
            sub_account=None,
            service=None,
            sku=None,
            pricing_unit=None,
            category=CREDIT if credit else PURCHASE,
            charge_class=None,
            corrected_invoice=None,
            custom_line=name,
        )
        billed = round_minor(exact, contract.currency, contract.rounding)
        line = truth.lines[key] = InvoiceLine(exact=exact, billed=billed, amortized=exact, mode=contract.rounding)
        line.name = text(record, "name") or UNNAMED.get(record["kind"], name)
        self._billed[name, contract.id][tenant] = billed
        return line


def _charge_lines(truth: Truth, contract: Contract) -> Iterator[tuple[LineKey, InvoiceLine]]:
    """The lines of charges on a contract's edge."""
    edge = (contract.seller, contract.buyer, contract.currency)
    return ((key, line) for key, line in truth.lines.items() if key[:3] == edge and key.custom_line is None)


def _matches(match: dict[str, str], key: LineKey, line: InvoiceLine) -> bool:
    seen: dict[str, str | None] = {name: getattr(key, name) for name in MATCHED}
    seen["charge_category"] = key.category
    seen["service_category"] = _only(line.categories)
    seen["publisher"] = _only(line.publishers)
    return all((seen[name] or "").lower() == value for name, value in match.items())


def _only(values: set[str | None]) -> str | None:
    """What all rows of a line say; nothing if they differ."""
    return next(iter(values)) if len(values) == 1 else None
