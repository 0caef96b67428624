"""Arrays, ranges and hstore."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection

from tests.capture.helpers import entries, last

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="field types of PostgreSQL"),
]


def test_each_is_told_as_it_is_stored():
    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

    from tests.pgapp.models import Exotic

    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    exotic = Exotic.objects.create(
        tags=["a", "b"],
        matrix=[[1, 2], [3, 4]],
        attributes={"b": None, "a": "1"},
        span=NumericRange(1, 5, "[]"),
        prices=(Decimal("1.50"), None),
        during=DateTimeTZRange(start, start + datetime.timedelta(hours=1)),
    )
    assert {name: change["new"] for name, change in last().changes.items()} == {
        "tags": ["a", "b"],
        "matrix": [[1, 2], [3, 4]],
        "attributes": {"a": "1", "b": None},
        # PostgreSQL writes ranges of whole numbers in one way.
        "span": {"lower": 1, "upper": 6, "bounds": "[)"},
        "prices": {"lower": "1.50", "upper": None, "bounds": "[)"},
        "during": {
            "lower": "2020-01-01T00:00:00.000000Z",
            "upper": "2020-01-01T01:00:00.000000Z",
            "bounds": "[)",
        },
    }
    Exotic.objects.get().save()
    exotic.span = NumericRange(1, 6, "[)")
    exotic.attributes = {"a": "1", "b": None}
    exotic.save()
    assert len(entries()) == 1
    exotic.tags.append("c")
    exotic.span = NumericRange(empty=True)
    exotic.save()
    assert last().changes == {
        "tags": {"old": ["a", "b"], "new": ["a", "b", "c"]},
        "span": {"old": {"lower": 1, "upper": 6, "bounds": "[)"}, "new": {"empty": True}},
    }
    Exotic.objects.update(tags=["z"], span=None)
    assert last().changes == {
        "tags": {"old": ["a", "b", "c"], "new": ["z"]},
        "span": {"old": {"empty": True}, "new": None},
    }
    exotic.delete()
    assert last().changes["matrix"] == {"old": [[1, 2], [3, 4]], "new": None}
