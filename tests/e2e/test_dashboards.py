"""The app in a real browser: every page opens and shows the published Parquet's figures, digit for digit.

What is expected is read with pyarrow, not through the app's own reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlparse

import pyarrow.parquet as pq
import pytest

from pipelines.money import ZERO, Decimal

pytestmark = pytest.mark.browser
WIDTHS = {"wide": 1280, "phone": 390}
PATHS = {"month": "/", "margin": "/margin", "bill": "/bill", "commitments": "/commitments", "credits": "/credits"}
READY = ".rb-banner, .rb-facts, .rb-sheet, .rb-empty"
PAGE_LINES = 25


def version(folder: Path) -> Path | None:
    pointer = folder / "current.json"
    return folder / f"version={json.loads(pointer.read_text())['version']}" if pointer.is_file() else None


def rows(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.fixture(scope="session")
def month(lake: Path) -> Path:
    """The newest month with published bills."""
    months = sorted((lake / "published").glob("period=*"), reverse=True)
    return next(path for path in months if (path / "operator/current.json").is_file())


@pytest.fixture(scope="session")
def operator(month: Path) -> Path:
    found = version(month / "operator")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def invoice(operator: Path) -> dict[str, Any]:
    """The largest published invoice of an edge that has only this one."""
    listed = [row for row in rows(operator / "invoices.parquet") if not row["IsHeld"]]
    edges = [(row["SellerTenantId"], row["BuyerTenantId"]) for row in listed]
    single = [row for row, edge in zip(listed, edges, strict=True) if edges.count(edge) == 1]
    return max(single, key=lambda row: row["BilledCost"])


@pytest.fixture(scope="session")
def context(browser: Any) -> Iterator[Any]:
    """One browser profile, so that the app's own scripts are loaded once."""
    opened = browser.new_context(accept_downloads=True)
    yield opened
    opened.close()


@pytest.fixture
def visit(context: Any, app: str) -> Iterator[Any]:
    """Open a page of the app at a width; requests to any other host fail the test."""
    pages, strangers = [], []

    def open_page(path: str, width: int = 1280, **query: str) -> Any:
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.on("request", lambda request: strangers.append(request.url) if is_stranger(request.url) else None)
        page.goto(f"{app}{path}?{urlencode(query)}")
        settle(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert strangers == []


def is_stranger(url: str) -> bool:
    return urlparse(url).scheme in ("http", "https", "ws", "wss") and urlparse(url).hostname != "127.0.0.1"


def settle(page: Any) -> None:
    """Wait until the page is drawn and the script has ended."""
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached", timeout=60_000)
    page.wait_for_timeout(800)  # charts draw after the script has ended
    assert page.locator('[data-testid="stException"]').count() == 0


def figures(page: Any) -> set[Decimal]:
    """Every figure on the page as a number, from the text a person reads."""
    return {Decimal(text.replace(",", "")) for text in page.locator(".rb-num").all_text_contents() if text}


def shoot(page: Any, path: Path) -> None:
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(height + 20, 4000)})
    page.wait_for_timeout(600)
    page.screenshot(path=path)


def test_month_shows_the_published_evidence(visit: Any, month: Path, operator: Path) -> None:
    page = visit("/", period=month.name.removeprefix("period="))
    listed = rows(operator / "invoices.parquet")
    published = {(row["SellerTenantId"], row["BuyerTenantId"]) for row in listed if not row["IsHeld"]}
    shown = figures(page)
    status = version(month / "status") or operator
    coverage: dict[tuple[Any, ...], Decimal] = {}
    for row in rows(status / "coverage.parquet"):
        key = (row["x_Provider"], row["BillingCurrency"], row["Disposition"], row["Reason"])
        coverage[key] = coverage.get(key, ZERO) + row["BilledCost"]
    assert set(coverage.values()) <= shown
    assert {row["BilledCost"] for row in rows(status / "holds.parquet")} <= shown
    assert page.locator(".rb-fact", has_text="Bills published").locator("dd").inner_text() == f"{len(published):,d}"
    largest = page.locator(".rb-fact", has_text="Largest proof difference").locator("dd").inner_text()
    proof = rows(status / "proof.parquet")
    assert (largest == "0") == all(row["Difference"] == 0 for row in proof)
    assert page.locator("canvas, .vega-embed svg").count() >= 1


def test_margin_shows_the_published_figures(visit: Any, month: Path, operator: Path) -> None:
    page = visit("/margin", period=month.name.removeprefix("period="))
    margin = rows(operator / "margin.parquet")
    edges = {(row["SellerTenantId"], row["BuyerTenantId"]) for row in margin}
    sellers, buyers = {seller for seller, _ in edges}, {buyer for seller, buyer in edges if buyer != seller}
    top = sorted(sellers - buyers)[0]
    own = [row for row in margin if row["SellerTenantId"] == top]
    shown = figures(page)
    for name in ("Revenue", "Cost", "Margin"):
        assert sum((row[name] for row in own), ZERO) in shown
        for buyer in {row["BuyerTenantId"] for row in own}:
            assert sum((row[name] for row in own if row["BuyerTenantId"] == buyer), ZERO) in shown


def test_commitments_show_the_published_figures(visit: Any, month: Path, operator: Path) -> None:
    listed = rows((version(month / "status") or operator) / "commitments.parquet")
    page = visit("/commitments", period=month.name.removeprefix("period="))
    if not listed:
        assert page.locator(".rb-empty").count() == 1
        return
    shown = figures(page)
    assert {row["Used"] for row in listed} | {row["Unused"] for row in listed} <= shown
    assert {row["Saving"] for row in listed if row["IsCostKnown"]} <= shown
    assert page.locator("canvas, .vega-embed svg").count() >= 1


def test_credits_show_the_published_figures(visit: Any, month: Path, operator: Path) -> None:
    listed = rows((version(month / "status") or operator) / "partner_benefits.parquet")
    page = visit("/credits", period=month.name.removeprefix("period="))
    for currency in {row["BillingCurrency"] for row in listed}:
        own = [row for row in listed if row["BillingCurrency"] == currency]
        for name in ("EarnedAmount", "MissedAmount", "SharedAmount"):
            assert sum((row[name] for row in own), ZERO) in figures(page)


def test_bill_shows_the_published_figures(visit: Any, month: Path, invoice: dict[str, Any]) -> None:
    seller, buyer = invoice["SellerTenantId"], invoice["BuyerTenantId"]
    page = visit("/bill", period=month.name.removeprefix("period="), seller=seller, buyer=buyer)
    bundle = version(month / f"seller={seller}/buyer={buyer}")
    assert bundle is not None
    lines = rows(bundle / "invoice_detail.parquet")
    total = page.locator(".rb-total .rb-num").text_content()
    assert Decimal(total.replace(",", "")) == invoice["BilledCost"] == sum((row["BilledCost"] for row in lines), ZERO)
    assert invoice["InvoiceId"] in page.locator(".rb-sheet").inner_text()
    assert page.locator(".rb-stamp").inner_text().lower() == "preview"
    largest = sorted((abs(row["BilledCost"]) for row in lines), reverse=True)[:PAGE_LINES]
    shown = page.locator("[aria-label='Invoice lines'] tbody .rb-num").all_text_contents()
    assert [abs(Decimal(text.replace(",", ""))) for text in shown] == largest


@pytest.mark.parametrize("name", ["invoice_detail.csv", "invoice_detail.parquet", "daily_costs.parquet"])
def test_downloads_are_the_published_bytes(name: str, visit: Any, month: Path, invoice: dict[str, Any]) -> None:
    seller, buyer = invoice["SellerTenantId"], invoice["BuyerTenantId"]
    page = visit("/bill", period=month.name.removeprefix("period="), seller=seller, buyer=buyer)
    bundle = version(month / f"seller={seller}/buyer={buyer}")
    assert bundle is not None
    with page.expect_download(timeout=60_000) as waiting:
        page.locator(f".st-key-download_{name.replace('.', '-')} button").click()
    assert Path(waiting.value.path()).read_bytes() == (bundle / name).read_bytes()
    assert waiting.value.suggested_filename.endswith(name)


def test_the_menu_leads_everywhere_and_keeps_the_month(visit: Any, lake: Path) -> None:
    oldest = min(path.name.removeprefix("period=") for path in (lake / "published").glob("period=*"))
    page = visit("/", period=oldest)
    for title in ("Margin", "Bills", "Commitments", "Credits", "Month"):
        page.get_by_role("link", name=title).click()
        page.wait_for_selector(f".rb-head h1:text-is('{title}')", timeout=60_000)
        settle(page)
        assert f"period={oldest}" in page.url
    assert not page.get_by_test_id("stMainMenu").is_visible()
    assert page.get_by_text("Deploy", exact=True).count() == 0


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", PATHS)
def test_pages_fit_their_screen(
    name: str, size: str, visit: Any, month: Path, invoice: dict[str, Any], shots: Path
) -> None:
    query = {"period": month.name.removeprefix("period=")}
    if name == "bill":
        query |= {"seller": invoice["SellerTenantId"], "buyer": invoice["BuyerTenantId"]}
    page = visit(PATHS[name], WIDTHS[size], **query)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= WIDTHS[size]
    shoot(page, shots / f"e2e_{name}_{size}.png")


def test_a_month_without_bills_says_why(visit: Any, lake: Path) -> None:
    months = [path for path in (lake / "published").glob("period=*") if not (path / "operator/current.json").is_file()]
    for path in months:
        period = path.name.removeprefix("period=")
        assert visit("/", period=period).locator(".rb-banner.rb-refused").count() == 1
        for page in ("/margin", "/bill"):
            assert visit(page, period=period).locator(".rb-empty").count() == 1


@pytest.mark.parametrize("name", PATHS)
def test_an_empty_lake_says_what_to_do(name: str, context: Any, empty_app: str, shots: Path) -> None:
    page = context.new_page()
    page.goto(empty_app + PATHS[name])
    settle(page)
    assert "rebill run" in page.locator(".rb-empty code").inner_text()
    shoot(page, shots / f"e2e_empty_{name}.png")
    page.close()
