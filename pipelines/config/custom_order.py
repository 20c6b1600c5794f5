"""In which order the custom lines of a contract are worked out: after the lines that their subtotals hold.

A contract's lines and subtotals form a graph without cycles. Level 0 needs no other custom line; level n
needs lines of levels below n only. dbt_project unrolls as many levels as LEVELS says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipelines.config.custom import CustomLine, Subtotal

LEVELS = 6  # equals the variable custom_line_levels of dbt_project
Graph = Mapping[str, frozenset[str]]  # line id -> ids of the lines in its subtotal


def graphs(lines: Iterable[CustomLine], subtotals: Iterable[Subtotal]) -> dict[str, Graph]:
    """Contract -> its custom lines with those they need."""
    named = {row.subtotal: frozenset(row.lines) for row in subtotals}
    found: dict[str, dict[str, frozenset[str]]] = {}
    for row in lines:
        graph = found.setdefault(row.contract, {})
        graph[row.line] = graph.get(row.line, frozenset()) | named.get(row.of or "", frozenset())
    return {name: {line: needs & graph.keys() for line, needs in graph.items()} for name, graph in found.items()}


def cycles(graph: Graph) -> Iterator[list[str]]:
    """Each cycle once, as a path that ends where it began."""
    done: set[str] = set()
    for start in sorted(graph):
        path: list[str] = []
        yield from _walk(start, graph, path, done)


def _walk(line: str, graph: Graph, path: list[str], done: set[str]) -> Iterator[list[str]]:
    if line in path:
        yield [*path[path.index(line) :], line]
    elif line not in done:
        path.append(line)
        for need in sorted(graph[line]):
            yield from _walk(need, graph, path, done)
        path.pop()
        done.add(line)


def levels(graph: Graph) -> dict[str, int]:
    """Line id -> level, for a graph without cycles."""
    found: dict[str, int] = {}

    def level(line: str) -> int:
        if line not in found:
            found[line] = max((level(need) + 1 for need in graph[line]), default=0)
        return found[line]

    for line in graph:
        level(line)
    return found
