"""Attack on everything written: ids, names and amounts looked for in every text and number of a bundle."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tests.leaks.bundle import Bundle
from tests.leaks.secrets import Known

# Words that only somebody says who has a partner's benefit.
WORDS = re.compile(r"\b(PEC|SPP|EDP|PRIVATE_RATE|RESELLER_MARGIN|Spp[A-Z]\w*|Edp[A-Z]\w*|PrivateRate\w*|margin)\b")
PARTS = re.compile(r"[/:,|\s\"]+")


def unaccounted(bundle: Bundle) -> list[str]:
    """Channels beside the columns: metadata of files, another billing period than the bundle's."""
    notes = [(place, text) for text, place in bundle.texts.items() if place.endswith(" metadata")]
    found = [f"{bundle.label}: {place} holds {text}" for place, text in notes]
    start = datetime.fromisoformat(f"{bundle.period}-01")
    own = {start, (start + timedelta(days=31)).replace(day=1)}
    bounds = {row[name] for row in bundle.charges for name in ("BillingPeriodStart", "BillingPeriodEnd")}
    found += [f"{bundle.label}: a billing period with {bound}" for bound in bounds - own - {None}]
    return found


def said(bundle: Bundle, known: Known) -> list[str]:
    """Secret texts and amounts that stand in the bundle."""
    found = []
    blob = "\n".join(bundle.texts)
    for secret in sorted(known.ids):
        if secret in blob:
            place = next(place for text, place in bundle.texts.items() if secret in text)
            found.append(f"{bundle.label}: {place} says {secret!r}")
    wholes = dict(bundle.texts)
    for text, place in bundle.texts.items():
        for part in PARTS.split(text) if len(text) < 4_096 else ():
            wholes.setdefault(part, place)
    found += [f"{bundle.label}: {wholes[text]} says {text!r}" for text in sorted(known.values & wholes.keys())]
    for text, place in bundle.texts.items():
        if not known.shared and (word := WORDS.search(text)):
            found.append(f"{bundle.label}: {place} says {word.group()!r}")
    numbers = bundle.numbers
    found += [f"{bundle.label}: {numbers[n]} is the secret amount {n}" for n in sorted(known.amounts & numbers.keys())]
    return found
