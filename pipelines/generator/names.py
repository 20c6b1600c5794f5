"""Invented names of companies, systems and places."""

from __future__ import annotations

PREFIXES = (
    "alpine", "amber", "aurora", "baltic", "birch", "blue", "bright", "castle", "cedar", "clear", "copper", "coral",
    "delta", "eagle", "ember", "falcon", "fjord", "garden", "golden", "granite", "green", "harbor", "heron", "iron",
    "ivory", "juniper", "lake", "lunar", "maple", "marble", "meadow", "north", "oak", "ocean", "olive", "orchid",
    "pacific", "pearl", "pine", "polar", "prime", "quartz", "river", "sierra", "silver", "solar", "stone", "summit",
)  # fmt: skip
TRADES = (
    "analytics", "apparel", "aviation", "bakery", "bank", "biotech", "brewing", "broadcast", "capital", "ceramics",
    "chemicals", "clinics", "coffee", "design", "dental", "dynamics", "energy", "engineering", "farms", "foods",
    "freight", "furniture", "games", "glass", "health", "hotels", "insurance", "kitchens", "labs", "legal", "logistics",
    "media", "mobility", "motors", "optics", "packaging", "paper", "pharma", "print", "rail", "robotics", "schools",
    "shipping", "sports", "steel", "textiles", "travel", "water",
)  # fmt: skip
RESELLERS = (
    "Rheinland Systemhaus", "Thames Cloud Partners", "Lumen IT Services", "Oresund Managed Cloud", "Iberia Cloudworks",
    "Tatra Data Services", "Lombardia Digitale", "Hanse Netzwerk", "Bretagne Informatique", "Clyde Technologies",
    "Danube Cloud House", "Flandria Online", "Helvetia IT", "Aegean Systems", "Nordic Compute", "Moravia Software",
)  # fmt: skip
SYSTEMS = (
    "web", "shop", "erp", "crm", "data", "analytics", "identity", "mobile", "backup", "ci", "portal", "billing",
    "search", "mail", "iot", "archive",
)  # fmt: skip
STAGES = ("prod", "prod", "prod", "test", "dev")
# Country of a customer, the currency it wants to be billed in, and the currency of its CSP invoice.
COUNTRIES = (
    ("DE", "EUR", "EUR"), ("GB", "GBP", "USD"), ("FR", "EUR", "EUR"), ("NL", "EUR", "EUR"), ("JP", "JPY", "USD"),
    ("DE", "EUR", "EUR"), ("AT", "EUR", "EUR"), ("US", "USD", "USD"), ("ES", "EUR", "EUR"), ("DE", "EUR", "EUR"),
    ("IT", "EUR", "EUR"), ("GB", "GBP", "USD"),
)  # fmt: skip


def company(number: int) -> str:
    """The number-th company name; never the same twice."""
    first, rest = number % len(PREFIXES), number // len(PREFIXES)
    trade = TRADES[(rest + first * 7) % len(TRADES)]
    repeat = rest // len(TRADES)
    return f"{PREFIXES[first].title()} {trade.title()}" + (f" {repeat + 1}" if repeat else "")


def reseller(number: int) -> str:
    """The number-th reseller name; never the same twice."""
    repeat, index = divmod(number, len(RESELLERS))
    return RESELLERS[index] + (f" {repeat + 1}" if repeat else "")


def slug(name: str) -> str:
    """A name as an identifier: lower case, words joined by hyphens."""
    return "-".join(name.lower().split())
