"""No number moves on its way from a provider's file to a bill: long, tiny, signed, doubled and half-cent ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine import RunReport
from pipelines.lake import Lake, connect
from pipelines.ledger import SLICES
from tests.integration.desk import Desk
from tests.integration.small import write_config, write_control
from tests.unit.providers.drops import PARENT, PAYER, aws_line, cur, cur2, gcp, gcp_row

pytestmark = pytest.mark.slow
PARTNER = "0e195b37-4574-4539-bc42-0e3a2e5a0001"
INVOICE = "G100000001"
GRID = Decimal("1e-12")
CENT = Decimal("0.01")
WIDE = Context(prec=80)  # Python's own 28 digits would round the sums that this file is about
# As they stand in the JSON file, without quotes: 20 digits, 15 and 16 decimals, exponents, negative zeros.
JSON_NUMBERS = (
    "12345678901.123456789", "98765432.109876543211", "-1234567.8901234567891", "0.123456789012345",
    "-0.9999999999995", "0.1234567890123456", "1.5E3", "-2.5e-7", "1E-12", "4E-13", "-0", "-0.0", "-0.000E0", "4.35",
    "1.005", "0.1", "100000000.000000000001",
)  # fmt: skip
# Parquet doubles: cents above ten thousand, exponents, the classic 0.1 + 0.2, negative zero.
DOUBLES = (
    123456789.12, 10000.01, 98765.43, -123456.78, 1e-7, 1.5e5, 0.1 + 0.2, -0.0, 1234567890123.45, 1e-13, 4503599627.37,
)  # fmt: skip
TIES = (
    "0.125", "0.135", "-0.125", "-0.135", "0.005", "-0.005", "0.015", "2.675", "-2.665", "0.014999999999",
    "0.005000000001", "-0.004999999999", "1000000.005", "-1000000.015", "0.004", "-0.009",
)  # fmt: skip
MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
ACCOUNTS = {"half_up": "100000000001", "half_even": "100000000002", "down": "100000000003"}
TRAPS = "100000000009"
CUSTOMER = "11111111-aaaa-4bbb-8ccc-000000000001"


def usage_line(number: str, row: int) -> str:
    """One daily usage row as Microsoft writes it: the number unquoted, exactly as given."""
    fields = {
        "PartnerId": PARTNER, "CustomerId": CUSTOMER, "InvoiceNumber": INVOICE, "ProductId": "P", "SkuId": "0001",
        "AvailabilityId": "A", "ProductName": "Machines", "PublisherName": "Microsoft", "SubscriptionId": "plan-1",
        "ChargeType": "New", "PricingCurrency": "USD", "UnitType": "1 Hour", "UsageDate": "2026-10-05T00:00:00Z",
        "MeterCategory": f"json {row:02d}", "MeterId": "m", "MeterName": "m", "ResourceLocation": "West Europe",
        "ConsumedService": "Microsoft.Compute", "ResourceGroup": "rg", "ResourceURI": f"/vm/{row}", "Tags": "",
        "BillingCurrency": "USD", "EntitlementId": "S-1", "EntitlementDescription": "Shop", "BenefitId": "",
    }  # fmt: skip
    plain = ("UnitPrice", "Quantity", "EffectiveUnitPrice", "PCToBCExchangeRate")
    zero = ("PartnerEarnedCreditPercentage", "CreditPercentage")
    numbers = dict.fromkeys(plain, "1") | dict.fromkeys(zero, "0")
    # The public price is the number too: the difference to it is rounding, and no part of a price.
    # What comes back has a negative quantity: no price is negative.
    price, count = (number[1:], "-1") if number.startswith("-") else (number, "1")
    numbers |= {"UnitPrice": price, "Quantity": count, "BillingPreTaxTotal": number, "PricingPreTaxTotal": number}
    texts = [f"{json.dumps(key)}:{json.dumps(value)}" for key, value in fields.items()]
    return "{" + ",".join([*texts, *(f'"{key}":{value}' for key, value in numbers.items())]) + "}"


def azure(root: Path, numbers: Sequence[str]) -> None:
    """An invoice of one customer with a row per number."""
    folder = root / "azure" / INVOICE / "usage"
    folder.mkdir(parents=True)
    text = "".join(usage_line(number, row) + "\n" for row, number in enumerate(numbers))
    (folder / "part-0.json.gz").write_bytes(gzip.compress(text.encode()))
    record = {"id": INVOICE, "billingPeriodStartDate": "2026-10-01T00:00:00Z", "currencyCode": "USD"}
    (folder.parent / "invoice.json").write_text(json.dumps(record | {"totalCharges": "1"}), encoding="utf-8")
    manifest = {
        "id": "usage", "eTag": "tag", "createdDateTime": "2026-11-07T04:12:17.12Z", "partnerTenantId": PARTNER,
        "rootDirectory": "usage/v1/Fragment=full", "blobCount": 1, "blobs": [{"name": "part-0.json.gz"}],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def aws_rows(costs: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    """One usage row per (account, service): cost."""
    return [
        aws_line(cost=cost, line_item_usage_account_id=account, line_item_product_code=service,
                 line_item_resource_id=f"r{number}")
        for number, ((account, service), cost) in enumerate(costs.items())
    ]  # fmt: skip


def total(numbers: Iterable[str | float | Decimal]) -> Decimal:
    result = Decimal(0)
    for number in numbers:
        result = WIDE.add(result, Decimal(str(number)))
    return result


def kept(number: str | float) -> Decimal:
    """A row's amount at 12 decimals, half away from zero."""
    return Decimal(str(number)).quantize(GRID, ROUND_HALF_UP, WIDE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("exact"))
    drop = desk.deliveries
    costs = {(account, f"tie {n:02d}"): tie for account in ACCOUNTS.values() for n, tie in enumerate(TIES)}
    costs |= {(TRAPS, f"double {n:02d}"): repr(value) for n, value in enumerate(DOUBLES)}
    rows = aws_rows(costs)
    # Two halves of a tie: rounded once per line, not once per row.
    halves = [line for account in ACCOUNTS.values() for line in aws_rows({(account, "halves"): "0.0625"}) * 2]
    cur2(drop, [*rows, *halves])
    net = total([*costs.values(), *["0.0625"] * len(halves)])
    write_control(drop, "aws", ("INV1", PAYER, format(net, "f")))
    azure(drop, JSON_NUMBERS)
    write_control(drop, "azure", (INVOICE, PARTNER, format(total(JSON_NUMBERS), "f")))
    gcp(drop, [gcp_row(value, currency="USD", service={"id": "s", "description": f"google {n:02d}"},
                       billing_account_id="SUB001") for n, value in enumerate(DOUBLES)])  # fmt: skip
    write_control(drop, "gcp", ("777", PARENT, format(total(DOUBLES), "f")))
    links = [("aws", "sub_account", account, mode) for mode, account in ACCOUNTS.items()]
    links += [("aws", "sub_account", TRAPS, "traps"), ("azure", "customer", CUSTOMER, "traps"),
              ("gcp", "customer", "SUB001", "traps")]  # fmt: skip
    write_config(desk.config, {**{mode: mode for mode in MODES}, "traps": "half_up"}, links)
    return desk


@pytest.fixture(scope="module")
def report(desk: Desk) -> RunReport:
    report = desk.run()
    assert report.exit_code == 0, report.problems
    return report


def lines(report: RunReport, buyer: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Service -> exact and rounded amount of a buyer's invoice lines."""
    assert report.build is not None
    path = report.build.directory / "marts_invoice_lines.parquet"
    with connect() as con:
        found = con.execute(
            f"select ServiceName, ExactCost, BilledCost from read_parquet('{path}', hive_partitioning = false) "
            "where BuyerTenantId = ? and ChargeCategory = 'Usage'",
            [buyer],
        ).fetchall()
    assert len({service for service, _, _ in found}) == len(found)
    return {service: (exact, rounded) for service, exact, rounded in found}


def raw_total(desk: Desk, provider: str) -> tuple[Decimal, Decimal]:
    """Net and the part beyond 12 decimals, as the slice states them."""
    (row,) = (row for row in desk.ledger(SLICES)["slices"] if row["provider"] == provider)
    folder = Lake(desk.lake).slice(provider, row["account"], row["period"], row["slice_id"])
    (raw,) = json.loads((folder / "slice.json").read_text(encoding="utf-8"))["RawTotals"]
    return Decimal(raw["Net"]), Decimal(raw["Beyond12"])


@pytest.mark.parametrize(("prefix", "numbers"), [("json", JSON_NUMBERS), ("double", DOUBLES), ("google", DOUBLES)])
def test_every_number_reaches_its_invoice_line(report: RunReport, prefix: str, numbers: Sequence[str | float]) -> None:
    found = lines(report, "traps")
    for row, number in enumerate(numbers):
        exact, rounded = found[f"{prefix} {row:02d}"]
        assert exact == kept(number), number
        assert rounded == kept(number).quantize(CENT, ROUND_HALF_UP), number
        assert not exact.is_signed() or exact < 0, "negative zero"


@pytest.mark.parametrize(("provider", "numbers"), [("azure", JSON_NUMBERS), ("gcp", DOUBLES)])
def test_the_exact_sum_is_kept_and_what_rounding_moved_is_stated(
    desk: Desk, report: RunReport, provider: str, numbers: Sequence[str | float]
) -> None:
    net, beyond = raw_total(desk, provider)
    assert report.build is not None
    assert net == total(numbers)
    assert beyond == WIDE.subtract(total(numbers), total(map(kept, numbers)))
    assert beyond != 0


@pytest.mark.parametrize("mode", MODES)
def test_half_cents_follow_the_contract(report: RunReport, mode: str) -> None:
    found = lines(report, mode)
    for number, tie in enumerate(TIES):
        assert found[f"tie {number:02d}"] == (Decimal(tie), Decimal(tie).quantize(CENT, MODES[mode])), tie
    assert found["halves"] == (Decimal("0.125"), Decimal("0.125").quantize(CENT, MODES[mode]))


def big_double(drop: Path) -> None:
    cur2(drop, aws_rows({("1", "s"): "10000000000000.0"}))


def big_negative(drop: Path) -> None:
    cur2(drop, aws_rows({("1", "s"): "-10000000000000.0"}))


def big_sum(drop: Path) -> None:
    cur2(drop, aws_rows({("1", f"s{n}"): "9000000000000.0" for n in range(40)}))


def big_exponent(drop: Path) -> None:
    cur2(drop, aws_rows({("1", "s"): "1e+22"}))


def big_csv(drop: Path) -> None:
    cur(drop, aws_rows({("1", f"s{n}"): "9E12" for n in range(40)}))


def big_json(drop: Path) -> None:
    azure(drop, ["99999999999999999999"])


def big_json_sum(drop: Path) -> None:
    azure(drop, ["9E12"] * 40)


def big_json_exponent(drop: Path) -> None:
    azure(drop, ["1E30"])


def big_google(drop: Path) -> None:
    gcp(drop, [gcp_row(1e13, currency="USD")])


def cancelling(drop: Path) -> None:
    """Two amounts out of range whose sum is nought."""
    cur2(drop, aws_rows({("1", "s1"): "20000000000000.0", ("1", "s2"): "-20000000000000.0"}))


BIG = [big_double, big_negative, big_sum, big_exponent, big_csv, big_json, big_json_sum, big_json_exponent, big_google,
       cancelling]  # fmt: skip
OUT_OF_RANGE = ("10^13", "out of range", "Overflow in HUGEINT", "to DECIMAL(38,24)", "can be kept exactly")


@pytest.mark.parametrize("deliver", BIG, ids=lambda value: value.__name__)
def test_amounts_out_of_range_are_refused_not_wrapped(tmp_path: Path, deliver: Callable[[Path], None]) -> None:
    desk = Desk(tmp_path)
    deliver(desk.deliveries)
    refused = desk.ingest()
    assert refused
    said = "\n".join(map(str, refused))
    assert any(word in said for word in OUT_OF_RANGE)
    assert INVOICE in said or PAYER in said or PARENT in said or "part-0.json.gz" in said
    assert desk.ledger(SLICES)["slices"] == []


def test_a_quantity_out_of_range_is_refused_like_an_amount(tmp_path: Path) -> None:
    """Bytes and requests are counted in large numbers: what cannot be summed is refused, never a crash."""
    desk = Desk(tmp_path)
    rows = [row | {"line_item_usage_amount": "20000000000000.0"} for row in aws_rows({("1", "s"): "1.0"})]
    cur2(desk.deliveries, rows)
    write_control(desk.deliveries, "aws", ("INV1", PAYER, "1"))
    write_config(desk.config, {"one": "half_up"}, [("aws", "sub_account", "1", "one")])
    report = desk.run()
    assert report.exit_code in (0, 2)
    assert report.exit_code == 0 or "10^13" in "\n".join(map(str, report.problems))
