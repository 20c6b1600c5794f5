"""Tag values of a charge: the values of the tag keys that the configuration mentions, as one text.

Facts and charges take the text from one SQL expression, so that both find the same rule for a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.lake import connect

SEPARATOR = 31  # unit separator: no tag is written with it


def declared_keys(config_tables: Path) -> list[str]:
    """The tag keys of a compiled configuration, in the order of their TagNo; none if it names none."""
    path = config_tables / "tag_keys.parquet"
    if not path.exists():
        return []
    with connect() as con:
        query = f"select TagKey from read_parquet('{path}', hive_partitioning = false) order by TagNo"
        return [str(row[0]) for row in con.execute(query).fetchall()]


def values_expression(keys: Sequence[str], column: str = "Tags") -> str:
    """SQL giving x_TagValues: the row's values of `keys` in their order, with a unit separator between them.

    A value that is no string counts by its JSON text, null and a key that the row lacks as empty text. Without
    keys it is a constant, and no tag is read.
    """
    if not keys:
        return "''"
    values = [f"replace({_value(column, key)}, chr({SEPARATOR}), ' ')" for key in keys]
    nothing = f"repeat(chr({SEPARATOR}), {len(keys) - 1})"
    return f"case when json_valid({column}) then concat_ws(chr({SEPARATOR}), {', '.join(values)}) else {nothing} end"


def _value(column: str, key: str) -> str:
    pointer = key.replace("~", "~0").replace("/", "~1").replace("'", "''")
    return f"coalesce(json_extract_string({column}, '/{pointer}'), '')"
