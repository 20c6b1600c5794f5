from __future__ import annotations

import re

from pipelines.generator.dice import Dice


def test_a_draw_depends_on_seed_and_name_only() -> None:
    dice = Dice("seven")
    first = dice.integer("seats", 1, low=3, high=9)
    dice.guid("anything")
    assert dice.integer("seats", 1, low=3, high=9) == first
    assert {Dice(f"{seed}").integer("seats", 1, low=3, high=9) for seed in range(200)} == set(range(3, 10))


def test_ids_have_their_forms() -> None:
    dice = Dice("seven")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", dice.guid("a"))
    assert re.fullmatch(r"[1-9]\d{11}", dice.digits(12, "a"))
    assert re.fullmatch(r"[0-9A-Z]{16}", dice.code(16, "a"))
    assert dice.pick(["only"], "a") == "only"
    assert not any(dice.chance("never", number, percent=0) for number in range(50))
