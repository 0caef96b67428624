"""The quick forms do just what Django's do."""

from __future__ import annotations

from django.utils.functional import lazystr
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from audit_log.reading.html import escaped, filled, joined, safe

TEXTS = st.text(alphabet=st.sampled_from("a<>&\"' é{}%\u202e")) | st.text()
VALUES = st.one_of(
    TEXTS, TEXTS.map(SafeString), TEXTS.map(lazystr), st.integers(), st.none(), st.booleans()
)


@given(VALUES)
def test_escaped(value):
    assert escaped(value) == conditional_escape(value)
    assert (safe(value), type(safe(value))) == (conditional_escape(value), SafeString)


@given(st.lists(VALUES, min_size=2, max_size=2), VALUES)
def test_filled(values, named):
    template = '<i title="{}">{}{name}</i>'
    found = filled(template, *values, name=named)
    assert found == format_html(template, *values, name=named)
    assert isinstance(found, SafeString)


@given(TEXTS | TEXTS.map(SafeString), st.lists(st.tuples(VALUES, VALUES), max_size=3))
def test_joined(separator, rows):
    found = joined(separator, "<b>{}</b>{}", rows)
    assert found == format_html_join(separator, "<b>{}</b>{}", rows)
    assert isinstance(found, SafeString)


def test_what_is_escaped_is_not_escaped_again():
    assert filled("{}{}", safe("<"), "<") == "&lt;&lt;"
