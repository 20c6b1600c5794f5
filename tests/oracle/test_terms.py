"""The oracle by hand: currencies, line grain, credits, links by tag, moves, cost centres, margin."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.generator.truth_margin import price_effect
from pipelines.generator.truth_model import Truth
from tests.oracle.worlds import Record, chain, row, rule

LIST = rule("list", "discount", basis="list", percent="0")
DOWN = rule("down", "pass_through")


def exact(truth: Truth) -> dict[str, Decimal]:
    return {buyer: edge.exact for (_, buyer, _), edge in truth.edges.items()}


def usd(cost: str, **values: str | None) -> dict[str, str | None]:
    return row(cost, BillingCurrency="USD", **values)


def test_an_agreed_rate_with_a_markup(tmp_path: Path) -> None:
    """R12(0.75 x 1.02) = 0.765 for prices; tax at the plain 0.75; the table says 0.80."""
    rows = [usd("100"), usd("100", ChargeCategory="Tax")]
    terms = {"fx_markup": "2", "tax": "at_cost"}
    agreed = {"contract": "C1", "from_currency": "USD", "rate": "0.75", "source": "deal", "valid_to": "2026-10-02"}
    later = agreed | {"rate": "0.5", "valid_from": "2026-10-02", "valid_to": ""}
    world = chain([LIST], rows=rows, c1=terms, more={"contract_rates": [agreed, later]})
    truth = world.truth(tmp_path)
    assert {key.category: line.exact for key, line in truth.lines.items()} == {"Usage": Decimal("76.5"), "Tax": 75}
    [margin] = truth.margin.values()
    assert (margin.revenue, margin.cost, margin.fx) == (Decimal("151.5"), 160, Decimal("-8.5"))
    assert (margin.rounding, price_effect(margin)) == (0, 0)


@pytest.mark.parametrize(
    ("values", "price"),
    [
        ({"PricingCurrency": "EUR", "x_ExchangeRate": "1.6"}, "62.5"),
        ({"PricingCurrency": "EUR", "x_ExchangeRate": "0"}, "80"),
        ({"PricingCurrency": "EUR"}, "80"),
        ({"PricingCurrency": "USD", "x_ExchangeRate": "1.6"}, "80"),
    ],
)
def test_the_providers_own_rate(tmp_path: Path, values: dict[str, str], price: str) -> None:
    truth = chain([LIST], rows=[usd("100", **values)], c1={"fx": "provider"}).truth(tmp_path)
    assert exact(truth) == {"cus": Decimal(price)}


def test_yen_and_dinar(tmp_path: Path) -> None:
    """Yen have no decimals, dinar three; the reseller's rate is the opposite of 3, inverted once."""
    world = chain([LIST], [DOWN], rows=[row("1.005")], c1={"currency": "JPY"}, c2={"currency": "KWD"})
    world.records["fx_rates"].append(
        {"billing_period": "2026-10", "from_currency": "KWD", "to_currency": "JPY", "rate": "480"}
    )
    billed = {key.buyer: (line.exact, line.billed) for key, line in world.truth(tmp_path).lines.items()}
    assert billed["res"] == (Decimal("160.8"), 161)
    assert billed["cus"] == (Decimal("0.333333333280") * Decimal("1.005"), Decimal("0.335"))


@pytest.mark.parametrize(
    ("grain", "lines"), [("sku", 5), ("service", 4), ("account", 3), ("provider", 2), ("customer", 1)]
)
def test_line_grain(tmp_path: Path, grain: str, lines: int) -> None:
    """Rounded once per line: five rows of 0.004 are 0 each, or 0.02 together."""
    rows = [
        row("0.004"),
        row("0.004", SkuId="SKU-2"),
        row("0.004", ServiceName="Storage"),
        row("0.004", SubAccountId="acc-2"),
        row("0.004", x_Provider="aws"),
    ]
    world = chain([LIST], rows=rows, c1={"line_grain": grain})
    for provider, account in (("azure", "acc-2"), ("aws", "acc-cus")):
        link = {"provider": provider, "scope": "sub_account", "scope_id": account, "tenant": "cus"}
        world.records["account_links"].append(link)
    truth = world.truth(tmp_path)
    assert len(truth.lines) == lines
    assert sum(edge.billed for edge in truth.edges.values()) == {1: Decimal("0.02"), 2: Decimal("0.02")}.get(
        lines, Decimal("0.01") if lines in (3, 4) else Decimal(0)
    )


@pytest.mark.parametrize(
    ("first", "second", "kind", "billed"),
    [
        ("sla;promotional", "pass", "sla", True),
        ("sla;promotional", "SLA", "sla", True),
        ("sla;promotional", "promotional", "sla", False),
        ("sla", "pass", None, False),
        ("pass", "pass", None, True),
    ],
)
def test_credits_by_kind(tmp_path: Path, first: str, second: str, kind: str | None, billed: bool) -> None:
    rows = [row("-3", ChargeCategory="Credit", x_CreditKind=kind)]
    truth = chain([LIST], [LIST], rows=rows, c1={"credits": first}, c2={"credits": second}).truth(tmp_path)
    assert exact(truth) == (dict.fromkeys(("res", "cus"), Decimal(-3)) if billed else {})


def tag_link(pair: str, tenant: str, within: str = "") -> Record:
    return {"provider": "azure", "scope": "tag", "scope_id": pair, "within": within, "tenant": tenant}


@pytest.mark.parametrize(
    ("links", "owner", "reason"),
    [
        ([tag_link("Env=PROD", "res")], "res", "priced"),
        ([tag_link("env=prod", "res")], "cus", "priced"),
        ([tag_link("Env=prod", "res"), tag_link("Team=x", "op", "ACC-cus")], None, "operator usage"),
        ([tag_link("Env=prod", "res"), tag_link("Team=x", "op", "other")], "res", "priced"),
        ([tag_link("Env=prod", "res"), tag_link("Team=x", "res")], "res", "priced"),
        ([tag_link("Env=prod", "res"), tag_link("Team=x", "op")], None, "ambiguous account link"),
    ],
)
def test_links_by_tag(tmp_path: Path, links: list[Record], owner: str | None, reason: str) -> None:
    rows = [row("1", Tags='{"Env": "prod", "Team": "X"}')]
    truth = chain([LIST], [DOWN], rows=rows, more={"account_links": links}).truth(tmp_path)
    assert {key.reason for key in truth.coverage} == {reason}
    assert {key.tenant for key in truth.lines} == ({owner} if owner else set())
    if reason.startswith("ambiguous"):
        assert {hold.tenant for hold in truth.holds} == {"cus"}


@pytest.mark.parametrize(
    ("proration", "left", "right"), [("daily", "3.333333333333", "6.666666666667"), ("whole", "10", None)]
)
def test_a_move_in_the_middle_of_a_row(tmp_path: Path, proration: str, left: str, right: str | None) -> None:
    """cus moves from res to op on the 11th; a month of 30 days has 10 with res. The last part takes the rest."""
    whole = {"ChargePeriodStart": "2026-10-01", "ChargePeriodEnd": "2026-10-31", "PricingQuantity": "-1"}
    world = chain([LIST], [LIST], rows=[row("10", **whole)], c2={"move_proration": proration, "valid_to": "2026-10-11"})
    world.records["tenants"][-1]["valid_to"] = "2026-10-11"
    moved = {"tenant": "cus", "name": "Cus", "kind": "customer", "parent": "op", "valid_from": "2026-10-11"}
    world.records["tenants"].append(moved)
    world.records["contracts"].append(
        {
            "contract": "C3",
            "seller": "op",
            "buyer": "cus",
            "currency": "EUR",
            "plan": "first",
            "valid_from": "2026-10-11",
        }
    )
    found = {key: edge.exact for key, edge in world.truth(tmp_path).edges.items()}
    expected = dict.fromkeys((("op", "res", "EUR"), ("res", "cus", "EUR")), Decimal(left))
    assert found == expected | ({("op", "cus", "EUR"): Decimal(right)} if right else {})


def centre(name: str, **fields: str) -> Record:
    return {"cost_centre": name, "name": name, "tenant": "cus", "percent": "", "tag": "", "default": ""} | fields


def parts(truth: Truth) -> dict[str, Decimal]:
    return {name: amount for (_, name), amount in truth.centres.items()}


def test_cost_centres_by_percent(tmp_path: Path) -> None:
    """10 in the first half at 50:50, 20 in the second at 25:75: weights 10 and 20 of 30, plus a fee at 25:75."""
    rows = [row("10"), row("20", ChargePeriodStart="2026-10-20")]
    centres = [
        centre("a", percent="50", valid_to="2026-10-16"),
        centre("b", percent="50", valid_to="2026-10-16"),
        centre("a", percent="25", valid_from="2026-10-16"),
        centre("b", percent="75", valid_from="2026-10-16"),
    ]
    fee = {"line": "fee", "contract": "C1", "name": "Fee", "kind": "fee", "amount": "0.01"}
    world = chain([LIST], rows=rows, more={"cost_centres": centres, "custom_lines": [fee]})
    truth = world.truth(tmp_path)
    assert {(key.custom_line, name): amount for (key, name), amount in truth.centres.items()} == {
        (None, "a"): 10,
        (None, "b"): 20,
        ("fee", "a"): 0,
        ("fee", "b"): Decimal("0.01"),
    }


def test_cost_centres_by_tag(tmp_path: Path) -> None:
    rows = [row("1", Tags='{"Team": "A"}'), row("1", Tags='{"Team": "b"}'), row("1.01")]
    centres = [centre("z", tag="Team=a"), centre("y", tag="Team=B"), centre("x", default="true")]
    assert parts(chain([LIST], rows=rows, more={"cost_centres": centres}).truth(tmp_path)) == {
        "z": 1,
        "y": 1,
        "x": Decimal("1.01"),
    }


def test_lines_that_weigh_nothing_go_by_the_last_percents(tmp_path: Path) -> None:
    rows = [row("1"), row("-1", ChargePeriodStart="2026-10-06"), row("0.02", SkuId="half")]
    centres = [
        centre("a", percent="100", valid_to="2026-10-06"),
        centre("b", percent="50", valid_from="2026-10-06"),
        centre("c", percent="50", valid_from="2026-10-06"),
    ]
    truth = chain([LIST], rows=rows, more={"cost_centres": centres}).truth(tmp_path)
    found = {(key.sku, name): amount for (key, name), amount in truth.centres.items()}
    # a has +1, b and c -0.5 each: they add up to nothing, and so does the line.
    assert found == {("SKU-1", "b"): 0, ("SKU-1", "c"): 0, ("half", "a"): Decimal("0.02")}


def test_margin_down_the_chain(tmp_path: Path) -> None:
    """100 USD at 0.80 is 80 EUR of cost; sold at 0.816 for 81.6 and on in USD at the table's 1.25, plus 10 %."""
    down = [rule("ten", "markup", basis="parent", percent="10")]
    world = chain([LIST], down, rows=[usd("100.003")], c1={"fx_markup": "2"}, c2={"currency": "USD"})
    margin = {key.seller: value for key, value in world.truth(tmp_path).margin.items()}
    assert margin["op"].revenue - margin["op"].cost == Decimal("81.60") - Decimal("80.0024")
    # exact 81.602448; at the table 80.0024
    assert (margin["op"].fx, margin["op"].rounding) == (Decimal("1.600048"), Decimal("-0.002448"))
    assert price_effect(margin["op"]) == 0
    # The reseller sells 1.1 x 1.25 x 81.602448 = 112.203366 USD for 112.20, worth 89.76; it pays 81.60.
    assert margin["res"].revenue - margin["res"].cost == Decimal("8.16")
    # its FX effect: revenue 2.200066 USD x 0.8, less what its own cost moved
    assert margin["res"].fx == Decimal("2.200066") * Decimal("0.8") - Decimal("1.600048")
    assert margin["res"].rounding == Decimal("-0.003366") * Decimal("0.8") + Decimal("0.002448")
