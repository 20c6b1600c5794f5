"""Moving tenants in bulk: what a move ends and begins, what is refused, and that nothing is written by halves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.authoring.move_files import portfolio, read_moves
from pipelines.authoring.moves import Move, Moved, MoveReport, move
from pipelines.errors import BadConfig

Edit = Callable[[str, str, str], None]
NOVEMBER = date(2026, 11, 1)


def direct_to_north(**more: str | None) -> Move:
    return Move("moves.csv:2", "direct", "north", NOVEMBER, **more)  # type: ignore[arg-type]


def content(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def refused(directory: Path, *moves: Move) -> list[str]:
    before = content(directory)
    with pytest.raises(BadConfig) as refusal:
        move(directory, moves, apply=True)
    assert content(directory) == before
    return [str(problem) for problem in refusal.value.problems]


@pytest.fixture
def sells_at_list(edit: Edit) -> None:
    """The plan of the operator's contracts holds no rule that only an operator may use."""
    edit("plans/wholesale.yaml", "    basis: cost\n", "    basis: list\n")


@pytest.mark.usefixtures("sells_at_list")
def test_a_move_ends_and_begins_tenant_and_contract(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "direct,Direct", "# our first customer\ndirect,Direct")
    tenants, contracts = ((directory / name).read_text() for name in ("tenants.csv", "contracts.csv"))
    report = move(directory, [direct_to_north()], apply=True)
    moved = Moved("direct", "dist", "north", NOVEMBER, ["d-direct"], ["north-direct"])
    assert report == MoveReport([moved], [], ["contracts.csv", "tenants.csv"], is_written=True)
    assert (directory / "tenants.csv").read_text() == tenants.replace(
        "direct,Direct Ltd,customer,dist,,,\n",
        "direct,Direct Ltd,customer,dist,,,2026-11-01\ndirect,Direct Ltd,customer,north,,2026-11-01,\n",
    )
    line = "dist,direct,EUR,wholesale,half_even,at_cost,pass,0,as_applied,as_invoiced,Net 14,PO-7,"
    assert (directory / "contracts.csv").read_text() == contracts.replace(
        f"d-direct,{line},\n",
        f"d-direct,{line},2026-11-01\nnorth-direct,{line.replace('dist', 'north')}2026-11-01,\n",
    )
    assert config.check(directory) == []


@pytest.mark.usefixtures("sells_at_list")
def test_without_apply_nothing_is_written(directory: Path) -> None:
    before = content(directory)
    report = move(directory, [direct_to_north()])
    assert (report.problems, report.is_written, report.files) == ([], False, ["contracts.csv", "tenants.csv"])
    assert content(directory) == before


def test_an_invalid_outcome_is_shown_and_never_written(directory: Path) -> None:
    before = content(directory)
    report = move(directory, [direct_to_north()], apply=True)
    (problem,) = report.problems
    assert "north does not see provider cost" in problem.what
    assert (problem.file, problem.line, report.is_written) == ("contracts.csv", 5, False)
    assert content(directory) == before


def test_terms_can_be_copied_from_a_template(directory: Path) -> None:
    wanted = direct_to_north(template="n-acme", contract="nd-1")
    assert move(directory, [wanted], apply=True).problems == []
    new = next(row for row in config.load(directory).contracts if row.contract == "nd-1")
    assert (new.plan, new.rounding, new.payment_terms, new.purchase_order) == ("retail", "half_up", "Net 30", None)
    assert (new.seller, new.buyer, new.valid_from) == ("north", "direct", NOVEMBER)


def test_a_term_can_be_named_beside_the_copy(directory: Path) -> None:
    wanted = Move("m:2", "direct", "north", NOVEMBER, terms=(("plan", "retail"), ("currency", "USD")))
    assert move(directory, [wanted], apply=True).problems == []
    new = next(row for row in config.load(directory).contracts if row.contract == "north-direct")
    assert (new.plan, new.currency, new.rounding, new.purchase_order) == ("retail", "USD", "half_even", "PO-7")


def test_a_later_move_is_kept(directory: Path) -> None:
    """acme is north's until 16 October, then gulf's: a move on the 10th lasts until then."""
    wanted = Move("m:2", "acme", "gulf", date(2026, 10, 10))
    report = move(directory, [wanted], apply=True)
    assert [row.parent for row in config.load(directory).tenants if row.tenant == "acme"] == ["north", "gulf", "gulf"]
    new = next(row for row in config.load(directory).contracts if row.contract == "gulf-acme")
    assert (new.valid_from, new.valid_to) == (date(2026, 10, 10), date(2026, 10, 16))
    assert report.moves[0].begun == ["gulf-acme"]


def test_what_begins_on_the_day_or_later_changes_its_seller(directory: Path) -> None:
    report = move(directory, [Move("m:2", "acme", "north", date(2026, 10, 16))], apply=True)
    (moved,) = report.moves
    assert (moved.ended, moved.begun, moved.changed) == ([], [], ["g-acme"])
    rows = [row for row in config.load(directory).tenants if row.tenant == "acme"]
    assert [(row.parent, row.valid_from) for row in rows] == [
        ("north", date(1900, 1, 1)),
        ("north", date(2026, 10, 16)),
    ]


def test_a_tenant_may_move_twice_in_one_file(directory: Path, edit: Edit) -> None:
    edit("plans/wholesale.yaml", "    basis: cost\n", "    basis: list\n")
    december = date(2026, 12, 1)
    moves = [Move("m:3", "direct", "gulf", december), direct_to_north()]
    report = move(directory, moves, apply=True)
    assert [moved.begun for moved in report.moves] == [["north-direct"], ["gulf-direct"]]
    rows = [row for row in config.load(directory).tenants if row.tenant == "direct"]
    assert [(row.parent, row.valid_to) for row in rows] == [
        ("dist", NOVEMBER), ("north", december), ("gulf", date(9999, 12, 31)),
    ]  # fmt: skip


def test_a_missing_contract_is_said(directory: Path, edit: Edit) -> None:
    edit("contracts.csv", "half_even,at_cost,pass,0,as_applied,as_invoiced,Net 14,PO-7,,", ",,,,,,,,,2026-10-04")
    report = move(directory, [direct_to_north()])
    assert report.moves[0].notes == ["no contract with north from 2026-11-01: its charges are held"]
    report = move(directory, [direct_to_north(template="n-acme")], apply=True)
    assert (report.problems, report.moves[0].begun) == ([], ["north-direct"])


def test_a_first_contract_lasts_until_the_next_move(directory: Path, edit: Edit) -> None:
    edit("contracts.csv", "n-acme,north,acme,EUR,retail,,,,,,,,,,2026-10-16\n", "")
    wanted = Move("m:2", "acme", "gulf", date(2026, 10, 10), template="g-acme")
    assert move(directory, [wanted], apply=True).problems == []
    new = next(row for row in config.load(directory).contracts if row.contract == "gulf-acme")
    assert (new.valid_from, new.valid_to, new.currency) == (date(2026, 10, 10), date(2026, 10, 16), "KWD")


@pytest.mark.usefixtures("sells_at_list")
def test_what_ends_with_the_contract_is_said(directory: Path, edit: Edit) -> None:
    edit("contract_rates.csv", "", "contract,from_currency,rate,source\nd-direct,USD,0.85,frame agreement\n")
    report = move(directory, [direct_to_north()])
    assert report.moves[0].notes == ["1 contract_rates name d-direct and end with it: north-direct has none of its own"]


@pytest.mark.parametrize(("wanted", "what"), [
    (Move("m:2", "nobody", "north", NOVEMBER), "unknown tenant 'nobody'"),
    (Move("m:2", "dist", "north", NOVEMBER), "dist is the root"),
    (Move("m:2", "direct", "dist", NOVEMBER), "direct already buys from dist"),
    (Move("m:2", "direct", "north", NOVEMBER, template="x"), "unknown template contract 'x'"),
    (Move("m:2", "direct", "north", NOVEMBER, contract="n-acme"), "'n-acme' is taken"),
])  # fmt: skip
def test_moves_that_cannot_be_worked_out(directory: Path, wanted: Move, what: str) -> None:
    (problem,) = refused(directory, wanted)
    assert problem.startswith("m:2: ")
    assert what in problem


@pytest.mark.parametrize(("wanted", "what"), [
    (Move("m:2", "north", "north", NOVEMBER), "tenant loop: north -> north"),
    (Move("m:2", "direct", "nowhere", NOVEMBER), "unknown parent 'nowhere'"),
    (Move("m:2", "direct", "acme", NOVEMBER), "is a customer and sells to nobody"),
])  # fmt: skip
@pytest.mark.usefixtures("sells_at_list")
def test_loops_and_orphans_are_refused_by_the_check(directory: Path, wanted: Move, what: str) -> None:
    report = move(directory, [wanted], apply=True)
    assert any(what in problem.what for problem in report.problems)
    assert not report.is_written


def test_a_new_parent_that_ends_is_refused(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "gulf,Gulf Cloud,reseller,dist,KWD,,\n",
         "gulf,Gulf Cloud,reseller,dist,KWD,,\nlate,Late IT,reseller,dist,,2026-12-01,\n")  # fmt: skip
    report = move(directory, [Move("m:2", "acme", "late", NOVEMBER)])
    assert any("acme is an orphan" in problem.what for problem in report.problems)


def test_two_parents_on_one_day_are_refused(directory: Path) -> None:
    (problem,) = refused(directory, direct_to_north(), Move("moves.csv:3", "direct", "gulf", NOVEMBER))
    assert "moves.csv:3: direct moves twice on 2026-11-01, first in moves.csv:2" in problem


def test_records_in_yaml_are_not_edited(directory: Path, edit: Edit) -> None:
    text = (directory / "tenants.csv").read_text().replace("direct,Direct Ltd,customer,dist,,,\n", "")
    (directory / "tenants.csv").unlink()
    edit("tenants/all.csv", "", text)
    edit("tenants/direct.yaml", "", "- {tenant: direct, name: Direct Ltd, kind: customer, parent: dist}\n")
    (problem,) = refused(directory, direct_to_north())
    assert "only CSV files are edited" in problem
    assert "tenants/direct.yaml:1" in problem


def test_an_invalid_configuration_is_not_edited(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "reseller,dist,EUR", "resellr,dist,EUR")
    assert "tenants.csv:3" in refused(directory, direct_to_north())[0]


def test_two_portfolios_become_one(directory: Path, edit: Edit) -> None:
    edit("tenants.csv", "direct,Direct Ltd,customer,dist,,,\n",
         "direct,Direct Ltd,customer,dist,,,\nsoon,Soon AG,customer,gulf,,2026-12-01,\n")  # fmt: skip
    moves = portfolio(directory, "gulf", "north", NOVEMBER)
    assert [(wanted.tenant, wanted.day) for wanted in moves] == [("acme", NOVEMBER), ("soon", date(2026, 12, 1))]
    report = move(directory, moves, apply=True)
    assert report.problems == []
    assert [moved.ended for moved in report.moves] == [["g-acme"], []]
    assert not [row for row in config.load(directory).tenants if row.parent == "gulf" and row.valid_to > NOVEMBER]
    with pytest.raises(BadConfig, match="nobody buys from gulf"):
        portfolio(directory, "gulf", "north", NOVEMBER)


def test_moves_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "moves.csv"
    path.write_text("tenant,new_parent,date,template,plan\n# merger\nacme,north,2026-11-01,,retail\n")
    assert read_moves(path) == [Move("moves.csv:3", "acme", "north", NOVEMBER, None, None, (("plan", "retail"),))]


@pytest.mark.parametrize(("text", "what"), [
    ("tenant,new_parent,date\n", "holds no move"), ("tenant,new_parent\nacme,north\n", "lacks date"),
    ("tenant,new_parent,date\nacme,north,1.11.2026\n", "is not a date"),
    ("tenant,new_parent,date,seller\nacme,north,2026-11-01,x\n", "unknown field 'seller'"),
    ("tenant,new_parent,date,currency\nacme,north,2026-11-01,EURO\n", "is not a currency"),
])  # fmt: skip
def test_moves_that_cannot_be_read(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "moves.csv"
    path.write_text(text)
    with pytest.raises(BadConfig, match=what):
        read_moves(path)
    with pytest.raises(BadConfig, match="no such file"):
        read_moves(tmp_path / "none.csv")
