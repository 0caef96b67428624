"""The history that is generated: two years of a company, always the same for a seed.

Some actors do much and some objects change often, as in life: the first of each are the busiest.
"""

from __future__ import annotations

import datetime
import random
import uuid
from base64 import b32hexencode
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from tests.benchmarks.reading.project.models import TYPES

ACTORS, OBJECTS, TENANTS = 200, 100_000, 40
END = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
SPAN = datetime.timedelta(days=730)

RARE, RARE_TIMES = "quetzalcoatl", 7
"""A word in the names of a few objects, and how many entries tell of them."""
FREQUENT = "standard"
"""A word in the names of every fifth object."""

FIRST = ("Ann", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jon")
LAST = ("Okoro", "Berg", "Silva", "Novak", "Haas", "Lind", "Costa", "Weiss", "Marsh", "Ito")
KINDS = ("standard", "express", "annual", "monthly", "trial")
PLACES = ("Porto", "Bergen", "Lyon", "Graz", "Turin", "Aarhus", "Ghent", "Brno", "Cork", "Split")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
EVENTS = ("update", "create", "delete", "access")
SHARES = (70, 20, 6, 4)


def actor_name(number: int) -> str:
    name = f"{FIRST[number % 10]} {LAST[number // 10 % 10]}"
    return f"{name} <{name.lower().replace(' ', '.')}{number}@example.com>"


def object_name(number: int) -> str:
    return f"{KINDS[number % 5]} {PLACES[number // 5 % 10]} {number}"


def cumulative(count: int) -> list[float]:
    """Return what `random.choices` takes for ``count`` things, each rarer than the one before."""
    return list(accumulate(1 / (rank + 20) for rank in range(count)))


def changes_of(event: str, chance: random.Random, name: str) -> dict[str, Any]:
    amount = chance.randrange(100_000)
    if event == "access":
        return {}
    if event == "update":
        return {
            "amount": {"old": amount, "new": amount + 1},
            "state": {"old": "open", "new": "closed"},
            "updated_at": {
                "old": "2025-03-01T08:30:00.000000Z",
                "new": "2025-03-02T09:31:00.000000Z",
            },
        }
    values = {"name": name, "amount": amount, "state": "open", "note": "as agreed by phone"}
    side = "new" if event == "create" else "old"
    other = "old" if event == "create" else "new"
    return {field: {side: value, other: None} for field, value in values.items()}


def entries(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the fields of ``count`` entries, oldest first; ``references`` are (type, id) pairs."""
    chance = random.Random(seed)
    actors, objects = cumulative(ACTORS), cumulative(OBJECTS)
    events = list(accumulate(SHARES))
    step = SPAN / count
    rare = {count * (2 * turn + 1) // (2 * RARE_TIMES) for turn in range(RARE_TIMES)}
    correlation, left = "", 0
    actor = 0
    for number in range(count):
        occurred_at = END - SPAN + step * number
        if not left:
            # A request changes up to four things.
            left = chance.choice((1, 1, 1, 2, 4))
            made = int(occurred_at.timestamp() * 1000).to_bytes(6, "big") + chance.randbytes(6)
            correlation = b32hexencode(made)[:20].decode().lower()
            actor = chance.choices(range(ACTORS), cum_weights=actors)[0]
        left -= 1
        thing = chance.choices(range(OBJECTS), cum_weights=objects)[0]
        event = chance.choices(EVENTS, cum_weights=events)[0]
        target_type = TYPES[thing % len(TYPES)]
        verb = {"access": "view"}.get(event, event)
        name = object_name(thing) if number not in rare else f"{RARE} {number}"
        milliseconds = int(occurred_at.timestamp() * 1000)
        references = []
        if thing % 4 == 0:
            references = [("reading.customer", str(TYPES.index("customer") + 30 * (thing % 1000)))]
        yield {
            "id": uuid.UUID(
                int=milliseconds << 80
                | 0x7 << 76
                | (number & 0xFFF) << 64
                | 0b10 << 62
                | chance.getrandbits(62)
            ),
            "occurred_at": occurred_at,
            "event_type": event,
            "action": f"{target_type}.{verb}",
            "outcome": "failure" if chance.random() < 0.01 else "success",
            "actor_id": 1 + actor,
            "actor_type": "user",
            "actor_repr": actor_name(1 + actor),
            "target_type": f"reading.{target_type}",
            "target_id": str(thing),
            "target_repr": name,
            "tenant": f"tenant-{thing % TENANTS}",
            "changes": changes_of(event, chance, name),
            "reason": "ticket 811" if chance.random() < 0.02 else "",
            "remote_addr": f"192.0.2.{1 + actor % 250}",
            "correlation_id": correlation,
            "metadata": {
                "method": "POST",
                "path": f"/{target_type}s/{thing}/",
                "user_agent": AGENT,
            },
            "salt": chance.randbytes(16),
            "references": references,
        }
