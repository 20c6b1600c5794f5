"""Charges cut by moves: which ones, at which days, and every part to the last digit."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines import config
from pipelines.facts import write_facts
from pipelines.lake import Lake, connect
from pipelines.money import Decimal
from pipelines.period import BillingPeriod
from pipelines.proration import charges_source, find_cuts, last_day
from tests.support.slices import add_slice

CONFIG = {
    "operator.yaml": "operator: dist\nhome_currency: EUR\n",
    "tenants.csv": """\
tenant,name,kind,parent,home_currency,valid_from,valid_to
dist,Distributor,operator,,EUR,,
north,North,reseller,dist,,,
south,South,reseller,dist,,,
acme,Acme,customer,north,,,2026-10-11
acme,Acme,customer,south,,2026-10-11,
stays,Stays,customer,north,,,
""",
    "account_links.csv": """\
provider,scope,scope_id,tenant,covers,valid_from,valid_to
azure,sub_account,account-1,acme,,,
azure,sub_account,account-2,stays,,,
azure,resource_group,account-2/rg,acme,,2026-10-21,
azure,tag,team=blue,stays,,,2026-10-06
azure,tag,team=blue,acme,,2026-10-06,
""",
    "contracts.csv": """\
contract,seller,buyer,currency,plan,move_proration,valid_from,valid_to
d-n,dist,north,EUR,list,,,
d-s,dist,south,EUR,list,,,
n-a,north,acme,EUR,list,daily,,2026-10-11
s-a,south,acme,EUR,list,,2026-10-11,
n-s,north,stays,EUR,list,daily,,
""",
    "plans/list.yaml": "plan: list\nrules:\n  - {rule: all, action: discount, basis: list, percent: 0}\n",
}
MONTH = {"ChargePeriodStart": "2026-10-01", "ChargePeriodEnd": "2026-11-01"}
OCTOBER = BillingPeriod("2026-10")


def directory(lake: Lake) -> Path:
    return lake.slice("azure", "payer-1", "2026-10", "INV-1")


def compiled(lake: Lake, files: Mapping[str, str] = CONFIG) -> Path:
    root = lake.root / "config"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    made = config.compile_config(
        config.load(root), lake, period=OCTOBER, charge_min=date(2026, 10, 1), charge_max=last_day([directory(lake)]),
        billing_currencies=["EUR"],
    )  # fmt: skip
    return made.path


def cut(lake: Lake, rows: Sequence[Mapping[str, str]], columns: str, files: Mapping[str, str] = CONFIG) -> list[Any]:
    add_slice(lake, rows)
    keys = ["team"]
    found = find_cuts(lake, "INV-1", directory(lake), compiled(lake, files), keys)
    with connect() as con:
        query = (
            f"select {columns} from {charges_source(directory(lake), found, keys)} order by x_SourceRow, x_SourcePart"
        )
        return con.execute(query).fetchall()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def days(*numbers: int) -> list[datetime]:
    return [datetime(2026, 11, 1) if number == 32 else datetime(2026, 10, number) for number in numbers]


def test_a_month_is_cut_at_the_move(lake: Lake) -> None:
    found = cut(lake, [MONTH | {"BilledCost": "31"}], "ChargePeriodStart, ChargePeriodEnd, x_SourcePart, BilledCost")
    assert found == [(*days(1, 11), 0, Decimal(10)), (*days(11, 32), 1000, Decimal(21))]


def test_the_last_part_takes_what_truncation_leaves(lake: Lake) -> None:
    row = MONTH | {"BilledCost": "-0.000000000100", "PricingQuantity": "10", "x_SourcePart": "2"}
    assert cut(lake, [row], "BilledCost, PricingQuantity, x_SourcePart") == [
        (Decimal("-0.000000000032"), Decimal("3.225806451612"), 2),
        (Decimal("-0.000000000068"), Decimal("6.774193548388"), 1002),
    ]


def test_what_no_daily_contract_or_no_move_touches_stays_whole(lake: Lake) -> None:
    rows = [
        MONTH | {"SubAccountId": "account-2"},  # never moves
        MONTH | {"ChargePeriodStart": "2026-10-11"},  # begins at the move
        MONTH | {"ChargePeriodStart": "2026-10-12"},  # its contract divides nothing
        {"ChargePeriodStart": "2026-10-10", "ChargePeriodEnd": "2026-10-11"},  # one day
        {"ChargePeriodStart": "2026-10-10T12:00:00", "ChargePeriodEnd": "2026-10-11T11:00:00"},  # not even a day
        MONTH | {"SubAccountId": "account-9"},  # belongs to nobody
        MONTH | {"SubAccountId": "null"},  # the operator's own
    ]
    assert cut(lake, rows, "x_SourceRow, x_SourcePart") == [(number, 0) for number in range(len(rows))]


def test_a_narrower_link_that_begins_moves_its_charges_only(lake: Lake) -> None:
    rows = [
        MONTH | {"SubAccountId": "account-2", "x_ResourceGroup": "RG"},
        MONTH | {"SubAccountId": "account-2", "x_ResourceGroup": "other"},
    ]
    assert cut(lake, rows, "x_SourceRow, ChargePeriodStart") == [(0, *days(1)), (0, *days(21)), (1, *days(1))]


def test_tags_move_their_charges_through_every_change(lake: Lake) -> None:
    rows = [MONTH | {"SubAccountId": "account-2", "Tags": '{"team":"Blue"}', "BilledCost": "0.000000000031"}]
    found = cut(lake, rows, "x_SourcePart, ChargePeriodStart, ChargePeriodEnd, BilledCost")
    amounts = [Decimal("0.000000000005"), Decimal("0.000000000005"), Decimal("0.000000000021")]
    assert found == [
        (part, *span, amount)
        for part, span, amount in zip([0, 1000, 2000], [days(1, 6), days(6, 11), days(11, 32)], amounts, strict=True)
    ]


def test_an_end_inside_a_day_covers_that_day(lake: Lake) -> None:
    row = {"ChargePeriodStart": "2026-10-09T00:00:00", "ChargePeriodEnd": "2026-10-12T23:59:59", "BilledCost": "4"}
    found = cut(lake, [row], "BilledCost, ChargePeriodEnd")
    assert found == [(Decimal(2), datetime(2026, 10, 11)), (Decimal(2), datetime(2026, 10, 12, 23, 59, 59))]


def test_parts_add_up_in_every_column_to_the_last_digit(lake: Lake) -> None:
    dice = random.Random(20261122)
    columns = (
        "ListCost", "ContractedCost", "BilledCost", "EffectiveCost", "x_PartnerBenefitAmount", "PricingQuantity",
        "ConsumedQuantity", "CommitmentDiscountQuantity", "PricingCurrencyEffectiveCost",
    )  # fmt: skip
    rows = []
    for _ in range(200):
        start, length = dice.randint(1, 28), dice.randint(1, 40)
        end = date.fromordinal(date(2026, 10, start).toordinal() + length)
        amounts = {
            name: f"{dice.choice(['', '-'])}{dice.randrange(10 ** dice.randint(1, 12))}.{dice.randrange(10**12):012d}"
            for name in columns
        }
        tagged = dice.choice([{}, {"Tags": '{"team":"blue"}'}])
        rows.append({"ChargePeriodStart": f"2026-10-{start:02d}", "ChargePeriodEnd": str(end)} | amounts | tagged)
    parts = cut(lake, rows, f"x_SourceRow, date_diff('day', ChargePeriodStart, ChargePeriodEnd), {', '.join(columns)}")
    assert len(parts) > len(rows) + 50
    for number, row in enumerate(rows):
        own = [part for part in parts if part[0] == number]
        total = sum(part[1] for part in own)
        for place, name in enumerate(columns, start=2):
            amount = Decimal(row[name])
            units = int(amount * 10**12)
            for part in own[:-1]:
                share = abs(units) * part[1] // total * (1 if units >= 0 else -1)
                assert part[place] == Decimal(share).scaleb(-12), (row, name)
            assert sum(part[place] for part in own) == amount


def test_what_is_not_an_amount_stands_on_every_part(lake: Lake) -> None:
    row = MONTH | {"ListUnitPrice": "0.5", "x_ExchangeRate": "1.25", "PricingQuantity": "null", "ResourceId": "vm"}
    found = cut(lake, [row], "ListUnitPrice, x_ExchangeRate, PricingQuantity, ResourceId, x_SourceFile")
    assert found == [(Decimal("0.5"), Decimal("1.25"), None, "vm", 1)] * 2


def test_without_a_daily_contract_nothing_is_cut_or_read(lake: Lake) -> None:
    add_slice(lake, [MONTH])
    tables = compiled(lake, CONFIG | {"contracts.csv": CONFIG["contracts.csv"].replace("daily", "")})
    (directory(lake) / "charges.parquet").unlink()
    assert find_cuts(lake, "INV-1", directory(lake), tables, ["team"]) is None
    assert charges_source(directory(lake), None, ["team"]).startswith("read_parquet(")


def test_facts_of_other_cuts_are_another_cache(lake: Lake) -> None:
    add_slice(lake, [MONTH | {"BilledCost": "31"}])
    tables, boundaries = compiled(lake), [date(2026, 10, 11)]
    cuts = find_cuts(lake, "INV-1", directory(lake), tables, [])
    assert find_cuts(lake, "INV-1", directory(lake), tables, []) == cuts
    whole = write_facts(lake, "INV-1", directory(lake), boundaries)
    parts = write_facts(lake, "INV-1", directory(lake), boundaries, (), cuts)
    assert whole != parts
    with connect() as con:
        query = "select SegmentStart, LineCount, BilledCost from '{}' order by all"
        assert con.execute(query.format(whole)).fetchall() == [(date(1900, 1, 1), 1, Decimal(31))]
        assert con.execute(query.format(parts)).fetchall() == [
            (date(1900, 1, 1), 1, Decimal(10)),
            (date(2026, 10, 11), 1, Decimal(21)),
        ]
