"""YAML as text: every scalar stays what was written, and every mapping knows its line.

YAML's own typing would turn `0.1` into a float and `NO` into a boolean; tags, anchors and aliases would
let a value differ from what the line says. So the parser's events are read, and nothing is resolved.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from pipelines.config.records import Place, Record, Unreadable, Value
from pipelines.errors import Problem

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: ten times faster
BLANK = ("", "~", "null", "Null", "NULL")


def read_yaml(text: str, name: str, problems: list[Problem]) -> Value:
    """One YAML document as records, lists and text. Raises Unreadable when the syntax is broken."""
    try:
        events = list(yaml.parse(text, Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"broken YAML: {error.problem or error.context}"
        problem = Problem(name, what, "check indentation, colons and quotes here", mark.line + 1 if mark else None)
        raise Unreadable(problem) from error
    except yaml.YAMLError as error:
        raise Unreadable(Problem(name, f"broken YAML: {error}", "remove characters that are not text")) from error
    starts = [event for event in events if isinstance(event, yaml.DocumentStartEvent)]
    if len(starts) > 1:
        line = _line(starts[1])
        raise Unreadable(Problem(name, "the file holds two YAML documents", "split it at `---`", line))
    reader = _YamlEvents(iter(events[2:]), name, problems)
    return reader.value(next(reader.events)) if starts else None


class _YamlEvents:
    """Builds values from parser events: a third of the time that composing nodes takes."""

    def __init__(self, events: Iterator[yaml.Event], name: str, problems: list[Problem]) -> None:
        self.events = events
        self.name = name
        self.problems = problems

    def value(self, event: yaml.Event) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_magic(event)
            blank = event.implicit[0] and event.value in BLANK
            return None if blank else event.value.strip() or None
        if isinstance(event, yaml.MappingStartEvent):
            self._refuse_magic(event)
            return self._mapping(event)
        if isinstance(event, yaml.SequenceStartEvent):
            self._refuse_magic(event)
            items = []
            while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
                items.append(self.value(item))
            return items
        self._report(event, "a YAML alias", "write the value out again")
        return None

    def _mapping(self, event: yaml.Event) -> Record:
        values: dict[str, Value] = {}
        lines: dict[str, int] = {}
        while not isinstance(key_event := next(self.events), yaml.MappingEndEvent):
            key = self.value(key_event)
            value = self.value(next(self.events))
            if not isinstance(key, str):
                self._report(key_event, "a field name that is not text", "write `name: value`")
            elif key in values:
                self._report(key_event, f"field {key!r} stands twice in one record", "keep one of them", key)
            else:
                values[key] = value
                lines[key] = _line(key_event)
        return Record(Place(self.name, _line(event)), values, lines)

    def _refuse_magic(self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            self._report(event, f"the YAML tag {event.tag!r}", "write the plain value; its field says what it is")
        if event.anchor is not None:
            self._report(event, f"the YAML anchor &{event.anchor}", "write the value out where it is needed")

    def _report(self, event: yaml.Event, what: str, remedy: str, column: str | None = None) -> None:
        self.problems.append(Problem(self.name, what, remedy, _line(event), column))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
