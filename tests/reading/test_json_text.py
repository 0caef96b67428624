"""JSON that does not tell where it was stored."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log.reading.json_text import json_text, uniform

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
numbers = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
)


def spelled(value: object) -> str:
    """JSON as anybody may have written it."""
    if isinstance(value, dict):
        items = " ,".join(f"{json.dumps(key)}:{spelled(item)}" for key, item in value.items())
        return f"{{{items}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(spelled, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


documents = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(text, children, max_size=4),
    max_leaves=12,
).map(spelled)


@given(st.text() | st.text(st.characters(categories=["Cs", "Lu"]), max_size=5))
def test_json_is_readable_and_always_encodable(text: str) -> None:
    written = json_text({"text": text})
    written.encode()
    # Two halves side by side are a character to JSON.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert json.loads(written) == {"text": whole}
    assert json_text("Zürich ❤") == '"Zürich ❤"'


@given(documents)
def test_nothing_is_lost(document: str) -> None:
    def exact(text: str) -> object:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)

    assert exact(uniform(document)) == exact(document)
    assert uniform(uniform(document)) == uniform(document)


@pytest.mark.postgres
@pytest.mark.django_db
@hypothesis_settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(documents)
@example('{"bb":1, "a":1, "é":1, "ab":2, "":0}')
@example("[1e3, 1E-3, -0, -0.0, 0.0, 1.10, 1e21, 0e5, 0.00]")
@example('["\\u00e9\\u2028\\ud83d\\ude00\\u001f\\u007f\\/\\"\\\\"]')
def test_it_is_what_postgresql_makes_of_it(document: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [document])
        assert uniform(document) == cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ('{"old":1,"new":2}', '{"new": 2, "old": 1}'),
        ('{"b":[{"y":1,"x":[]}],"aa":null}', '{"b": [{"x": [], "y": 1}], "aa": null}'),
        ("[1e3, 1.10, 1E-3, -0.0]", "[1000, 1.10, 0.001, 0.0]"),
        ('"\\u00e9"', '"é"'),
        ('"\\ud800"', '"\\ud800"'),
    ],
)
def test_examples(stored: str, written: str) -> None:
    assert uniform(stored) == written
