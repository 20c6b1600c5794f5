"""Whatever valid rows a FOCUS file of any version holds, the same BilledCost comes out, per invoice and currency."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pipelines.lake import Lake, connect
from pipelines.ledger import Ledger
from pipelines.money import CONTEXT, Decimal
from pipelines.period import BillingPeriod
from pipelines.progress import silent
from pipelines.providers import intake
from pipelines.schemas import dataset
from tests.unit.providers import drops

PERIOD = BillingPeriod("2026-10")
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
WORDS = {column.id: column.values for column in dataset("cost_and_usage") if column.values}
ROWS = 150


def amount(dice: random.Random) -> str:
    """A decimal of up to 12 decimals in one of the spellings that files use."""
    digits = dice.choice((1, 3, 9, 11))
    value = Decimal(dice.randrange(-(10**digits), 10**digits)).scaleb(-dice.randint(0, 12))
    return dice.choice((f"{value:f}", f"{value:f}", f"{value:E}"))


def spelled(dice: random.Random, word: str) -> str:
    return dice.choice((word, word, word.lower(), word.upper().replace(" ", "_")))


def row(dice: random.Random, version: str) -> dict[str, Any]:
    """One valid row: required columns always, the others sometimes, nulls and words as vendors spell them."""
    day = dice.randint(1, 30)
    values: dict[str, Any] = {
        **drops.focus_row(amount(dice)),
        **{name: amount(dice) for name in ("EffectiveCost", "ListCost", "ContractedCost")},
        "BillingCurrency": dice.choice(("USD", "usd")),
        "BillingPeriodEnd": dice.choice(("2026-11-01T00:00:00Z", "2026-11-01", "2026-10-31", "11/1/26")),
        "ChargePeriodStart": f"2026-10-{day:02}T00:00:00Z",
        "ChargePeriodEnd": f"2026-10-{day:02}T{dice.randint(0, 22):02}:00:00+00:00",
        "ChargeCategory": spelled(dice, dice.choice(WORDS["ChargeCategory"])),
        "ServiceCategory": spelled(dice, dice.choice((*WORDS["ServiceCategory"], "Anything"))),
        "ChargeClass": dice.choice((None, None, "NULL", "Correction")),
        "PricingQuantity": dice.choice((None, amount(dice))),
        "ListUnitPrice": dice.choice((None, amount(dice))),
        "Tags": dice.choice((None, "{}", '{"a": "b,\n\\"c\\""}', '"a": 1', "loose")),
        "SkuId": dice.choice((None, "0012", "NULL", "a|b")),
        "x_Own": dice.choice((None, "1", "NULL")),
    }
    if version in ("1.0", "1.1"):
        del values["InvoiceId"]
    else:
        values["InvoiceId"] = dice.choice(("I-1", "I-2", None, "NULL"))
    if version == "1.4":
        values["ServiceProviderName"] = values.pop("ProviderName")
    if version != "1.0":
        values["ServiceSubcategory"] = dice.choice((None, spelled(dice, dice.choice(WORDS["ServiceSubcategory"]))))
        values["CommitmentDiscountStatus"] = dice.choice((None, "Used", "unused"))
    return values


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_billed_cost_comes_out(version: str, tmp_path: Path) -> None:
    dice = random.Random(f"focus {version}")
    rows = [row(dice, version) for _ in range(ROWS)]
    drops.focus(tmp_path, rows, focusVersion=version, kind=dice.choice(("csv", "csv.gz", "parquet")))
    lake = Lake(tmp_path / "lake")
    report = intake.ingest(lake, Ledger(lake), tmp_path, PERIOD, ["focus"], silent)
    assert report.refusals == ()
    stated: dict[str | None, Decimal] = defaultdict(lambda: Decimal(0))
    for given in rows:
        invoice = given.get("InvoiceId")
        stated[None if invoice == "NULL" else invoice] += CONTEXT.create_decimal(given["BilledCost"])
    (current,) = Ledger(lake).current_slices(PERIOD.label)
    folder = lake.slice("acme", "ACCOUNT-1", PERIOD.label, current["slice_id"])
    with connect() as con:
        charges = f"read_parquet('{folder / 'charges.parquet'}', hive_partitioning = false)"
        booked = dict(con.execute(f"select InvoiceId, sum(BilledCost) from {charges} group by InvoiceId").fetchall())
        repairs = con.execute(f"select x_SourceRow, x_Repairs from {charges} order by x_SourceRow").fetchall()
    assert booked == dict(stated)
    for number, text in repairs:
        for name, entry in json.loads(text or "{}").items():
            given = rows[number].get(name)
            assert entry["was"] == given, (number, name)
            assert entry["why"]
