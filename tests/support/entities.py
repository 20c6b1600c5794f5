"""A generated configuration in which some sellers sell under their own name, in every combination along the chain."""

from __future__ import annotations

import csv
from itertools import cycle
from pathlib import Path

import yaml

Edge = tuple[str, str]


def sell_under_names(config: Path) -> dict[Edge, str]:
    """Give some contracts of contracts.csv `entities` and `focus_versions`; returns the entities of every edge.

    The operator sells to its second reseller under white label, to its first direct customer managed; below that
    reseller every kind is there, the first one sells to its first customer under white label.
    """
    path = config / "contracts.csv"
    comment, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines))
    operator = str(yaml.safe_load((config / "operator.yaml").read_text(encoding="utf-8"))["operator"])
    sellers = list(dict.fromkeys(row["seller"] for row in rows if row["seller"] != operator))
    first, second = (reseller for reseller in sellers if (operator, reseller) in {_edge(row) for row in rows})
    direct = next(row["buyer"] for row in rows if row["seller"] == operator and row["buyer"] not in sellers)
    below = cycle(("resale", "managed", "white_label"))
    named = {(operator, second): "white_label", (operator, direct): "managed"}
    named |= {edge: next(below) for edge in dict.fromkeys(_edge(row) for row in rows) if edge[0] == second}
    named[next(_edge(row) for row in rows if row["seller"] == first)] = "white_label"
    for row in rows:
        row["entities"] = named.get(_edge(row), "")
        row["focus_versions"] = "1.2" if row["entities"] else ""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"{comment}\n")
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return {_edge(row): row["entities"] or "resale" for row in rows}


def _edge(row: dict[str, str]) -> Edge:
    return row["seller"], row["buyer"]
