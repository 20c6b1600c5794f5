"""SQL that the allow-list calls by name, because it needs to know what only the rooms of providers know."""

from __future__ import annotations

import duckdb

from pipelines.publishing.metadata import tag_prefixes


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Create `without_provider_tags(tags)`: the tags that no provider set itself, as JSON; null if none is left."""
    own = " or ".join(f"starts_with(entry.key, '{prefix}')" for prefix in tag_prefixes()) or "false"
    entries = "map_entries(cast(cast(tags as json) as map(varchar, json)))"
    kept = f"to_json(map_from_entries(list_filter({entries}, lambda entry: not ({own}))))"
    con.execute(f"create or replace macro without_provider_tags(tags) as nullif(cast({kept} as varchar), '{{}}')")
