"""A commitment bought, on the month of conftest.py: Ben's usage on demand lists at 30 on the 5th and 12 on the 6th.

Unless a case says otherwise 0.50 an hour (12 a day) are committed at 40 % off list from the 5th for one month. On the
5th 30 less 40 % = 18 are needed and 12 are there, so 20 of the list cost is covered; on the 6th all 12 for 7.20.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines import engine
from pipelines.config import load
from pipelines.errors import BadConfig, RebillError
from pipelines.lake import Lake
from pipelines.ledger import Ledger
from pipelines.money import CONTEXT, Decimal
from pipelines.period import BillingPeriod
from pipelines.schemas import ROOT
from pipelines.simulation import offer as offers
from pipelines.simulation.bought import buy
from pipelines.simulation.changes import read_changes
from pipelines.simulation.commitment_charges import DIVISIBLE
from pipelines.simulation.offer import payments, read_offer
from pipelines.simulation.scratch import picture, scratch_lake
from pipelines.simulation.slices import Slices
from tests.support.slices import add_slice
from tests.unit.simulation.conftest import NEEDED, WhatIf, amounts, write_config
from tests.unit.simulation.test_simulation import pair

OFFER = {
    "provider": "azure",
    "kind": "Savings plan",
    "owner": "ben",
    "hourly": "0.50",
    "percent": "40",
    "currency": "EUR",
    "term": "1",
    "starts": "2026-10-05",
    "match": "{service: Virtual Machines}",
}


def offer(folder: Path, **changes: str | None) -> Path:
    """A file with the offer, some of its fields changed or left out."""
    path = folder / "plan.yaml"
    fields = {name: value for name, value in (OFFER | changes).items() if value is not None}
    path.write_text("".join(f"{name}: {value}\n" for name, value in fields.items()), encoding="utf-8")
    return path


def test_no_upfront(what_if: WhatIf, tmp_path: Path) -> None:
    """27 days of 12 are the fee; on demand stay 10 of the list cost, sold at 9. Billed less are 20 + 12."""
    report = what_if(f"bought={offer(tmp_path)}")
    assert amounts(report) == {
        "anna": pair("100", "100"),
        "ben": pair("37.8", "333"),
        "margin op": pair("-4.2", "-1"),
        "azure": pair("142", "434"),
    }
    assert report.notes == (
        "simulated-plan: recurring fee of 324.000000000000 EUR",
        "simulated-plan: 304.800000000000 EUR of it are unused",
        "simulated-plan: covers 2 charges of 1 accounts (acc-b) day by day, 1 of them partly",
    )


def test_amortized(what_if: WhatIf, tmp_path: Path) -> None:
    """Amortized, the 324 are Ben's too: 19.20 used and 304.80 unused. 50 is what he uses of ri-1, 9 stay on demand."""
    found = amounts(what_if(f"bought={offer(tmp_path)}", "basis=amortized"))
    assert found["ben"] == pair("37.8", "383")


@pytest.mark.parametrize(
    ("changes", "bill"),
    [
        ({"payment": "all_upfront"}, "381"),  # 31 days to November 5th at once
        ({"payment": "partial_upfront"}, "357"),  # half of that, and half of 27 days
        ({"payment": "partial_upfront", "upfront_percent": "25"}, "345"),
        ({"payment": "all_upfront", "starts": "2026-09-01", "term": "12"}, "9"),  # paid in September
        ({"starts": "2026-10-06"}, "339"),  # 26 days; the 30 of the 5th stay on demand
        ({"hourly": None, "quantity": "0.5", "percent": None, "rate": "1"}, "324"),  # 12 units a day cover all
        ({"hourly": None, "quantity": "0.25"}, "302.4"),  # 27 days of 6 at 1.80; 4 of 10 stay on demand at 2.70
    ],
)
def test_terms_of_an_offer(what_if: WhatIf, tmp_path: Path, changes: dict[str, str | None], bill: str) -> None:
    found = amounts(what_if(f"bought={offer(tmp_path, **changes)}"))
    assert found["ben"] == pair("37.8", bill)


def test_shared_by_an_owner_without_such_usage(what_if: WhatIf, tmp_path: Path) -> None:
    """Anna buys, Ben uses: she bears the fee, he pays what is left on demand."""
    found = amounts(what_if(f"bought={offer(tmp_path, owner='anna', scope='shared')}"))
    assert found["anna"] == pair("100", "424")
    assert found["ben"] == pair("37.8", "9")


def test_shared_but_sharing_is_off(what_if: WhatIf, tmp_path: Path) -> None:
    """Ben pays on demand for all he uses; Anna has it back for ri-1 (81) and for the new one (28.80)."""
    found = amounts(what_if("sharing=off", f"bought={offer(tmp_path, owner='anna', scope='shared')}"))
    assert found["ben"] == pair("37.8", "118.8")
    assert found["anna"] == pair("100", "314.2")


def test_an_expired_commitment_leaves_usage_to_be_covered(what_if: WhatIf, tmp_path: Path) -> None:
    """On the 5th 60 + 90 + 30 of list cost are on demand; all of Ben's 120 less 40 % are covered by 3 an hour."""
    found = amounts(what_if("expired=ri-1", f"bought={offer(tmp_path, hourly='3')}"))
    assert found["anna"] == pair("100", "54")
    assert found["ben"] == pair("37.8", "1944")


def test_in_an_account(what_if: WhatIf, tmp_path: Path) -> None:
    found = amounts(what_if(f"bought={offer(tmp_path, owner=None, account='acc-b')}"))
    assert found["ben"] == pair("37.8", "333")


def test_two_purchases(what_if: WhatIf, tmp_path: Path) -> None:
    """The second covers 6 of the 10 that the first leaves on the 5th at 40 % off; all for 27 x 12 and 27 x 6 + 0."""
    (tmp_path / "second").mkdir()
    second = offer(tmp_path / "second", hourly="0.15", commitment="another")
    found = amounts(what_if(f"bought={offer(tmp_path)}", f"bought={second}"))
    assert found["ben"] == pair("37.8", "424.8")  # 324 + 97.20 in fees; 10 less 3.60 / 0.6 = 4 on demand, sold at 3.60


def test_hour_by_hour(tmp_path: Path) -> None:
    """1 an hour at no discount covers 1 of the 2 in each of two hours, though 24 a day would cover both whole."""
    hours = [
        NEEDED | {
            "SubAccountId": "acc-b", "BilledCost": "2", "ChargePeriodStart": f"2026-10-05 0{hour}:00:00",
            "ChargePeriodEnd": f"2026-10-05 0{hour + 1}:00:00",
        }
        for hour in (0, 1)
    ]  # fmt: skip
    add_slice(Lake(tmp_path / "lake"), hours)
    config = write_config(tmp_path / "config")
    change = f"bought={offer(tmp_path, hourly='1', percent='0', payment='all_upfront', starts='2026-09-30')}"
    report = engine.simulate("2026-10", lake=tmp_path / "lake", config=config, changes=[change])
    assert amounts(report)["ben"] == pair("3.6", "1.8")
    assert report.notes == (
        "simulated-plan: no fee falls into this period",
        "simulated-plan: 694.000000000000 EUR of it are unused",  # 29 days of 24, less 2
        "simulated-plan: covers 2 charges of 1 accounts (acc-b) hour by hour, 2 of them partly",
    )


def test_a_divided_charge_adds_up(month: Path, tmp_path: Path) -> None:
    """Every column of the parts adds up to the charge, but for what the provider bills and what it amortizes."""
    (change,) = read_changes([f"bought={offer(tmp_path, hourly='0.137777777777')}"])
    lake, period = Lake(month / "lake"), BillingPeriod("2026-10")
    ledger = Ledger(lake)
    build = ledger.current_build(period.label)
    assert build is not None
    made = ("BilledCost", "EffectiveCost", "PricingCurrencyEffectiveCost", "CommitmentDiscountQuantity")
    names = [name for name in DIVISIBLE if name not in made]
    sums = ", ".join(f"sum({name})" for name in names)
    with scratch_lake(lake) as scratch:
        books = picture(lake, ledger, scratch, period)
        slices = Slices(scratch, books, period)
        query = f"select {sums} from charges where ChargeCategory = 'Usage' and SubAccountId = 'acc-b'"
        with slices.open() as con:
            before = con.execute(query).fetchall()
        database = scratch.work(f"build={build['build_id']}") / "work.duckdb"
        buy(slices, load(month / "config"), change, database, 1)
        with slices.open() as con:
            after = con.execute(query).fetchall()
            parts = con.execute(
                "select x_SourcePart, ListCost, EffectiveCost, CommitmentDiscountStatus, ChargeDescription "
                "from charges where ChargePeriodStart = '2026-10-05' and ListCost between 1 and 30 order by all"
            ).fetchall()
            unused = con.execute(
                "select count(*), sum(EffectiveCost) from charges where ResourceId = 'simulated-plan' "
                "and CommitmentDiscountStatus = 'Unused'"
            ).fetchall()
    assert after == before
    covered = CONTEXT.multiply(Decimal("0.137777777777"), Decimal(24))
    assert parts == [
        (0, Decimal("24.488888888920"), Decimal(30) - Decimal("5.511111111080"), None, None),
        (100, Decimal("5.511111111080"), covered, "Used", "Simulated: "),
    ]
    assert unused == [(25, CONTEXT.multiply(covered, Decimal(25)))]


def test_fees_of_a_year_add_up_to_the_whole(tmp_path: Path) -> None:
    """Upfront part and twelve months of fees are the hours of the term."""
    path = offer(tmp_path, term="12", starts="2026-03-31", payment="partial_upfront", upfront_percent="30")
    total = Decimal(0)
    for number in range(13):
        period = BillingPeriod(f"{2026 + (number + 2) // 12}-{(number + 2) % 12 + 1:02d}")
        found = read_offer(path, period)
        total += sum((item.amount for item in payments(found, period, Decimal("0.5"))), Decimal(0))
    assert total == Decimal(365 * 12)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"match": None}, "it is not said which usage it covers"),
        ({"match": "{}"}, "it covers nothing in particular"),
        ({"match": "{sku: none}"}, "none of ben's usage on demand in EUR"),
        ({"owner": None}, "give one of owner and account"),
        ({"account": "acc-b"}, "give one of owner and account"),
        ({"rate": "1"}, "give one of percent and rate"),
        ({"percent": "140"}, "140 percent"),
        ({"hourly": "0"}, "0 is no commitment"),
        ({"term": "0"}, "a term of 0 months"),
        ({"starts": "2026-11-01"}, "holds no day of 2026-10"),
        ({"owner": "carl"}, "unknown tenant 'carl'"),
        ({"owner": "anna"}, "none of anna's usage on demand"),
        ({"currency": "USD"}, "usage on demand in USD"),
        ({"kinds": "x"}, "unknown field 'kinds'"),
        ({"commitment": "ri-1"}, "the period has a commitment 'ri-1'"),
    ],
)
def test_refusals(what_if: WhatIf, tmp_path: Path, changes: dict[str, str | None], what: str) -> None:
    with pytest.raises(RebillError) as refused:
        what_if(f"bought={offer(tmp_path, **changes)}")
    assert what in str(refused.value)
    assert all(problem.remedy for problem in refused.value.problems)


def test_the_documented_file_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(provider: .*?)```", text, re.DOTALL)
    path = tmp_path / "plan.yaml"
    path.write_text(example, encoding="utf-8")
    found = read_offer(path, BillingPeriod("2026-10"))
    assert (found.owner, found.scope, found.term, found.match.service) == ("hanse", "shared", 12, "Amazon EC2*")
    assert set(re.findall(r"^(\w+):", example, re.MULTILINE)) < set(offers.OFFER.names)


def test_a_file_that_is_no_offer(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("- {}\n- {}\n", encoding="utf-8")
    with pytest.raises(BadConfig, match="it describes 2 commitments"):
        read_offer(path, BillingPeriod("2026-10"))
