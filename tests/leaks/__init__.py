"""An attacker with one buyer's bundle. It shares no code with the publisher and knows formats, not its rules.

`bundle` is what the attacker holds, `secrets` what the operator knows of it, `terms` what the contract tells anyway.
The attacks return sentences: what they found, where. None means that the bundle told nothing.
"""
