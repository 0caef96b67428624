"""Pages fit together, whatever arrives meanwhile."""

from __future__ import annotations

import pickle
import re
import uuid
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log.models import AuditEntry
from audit_log.reading.counting import Count, Counter
from audit_log.reading.pagination import PARAMETERS, InvalidPage, Page, PageNotFound, paginate
from tests.reading.helpers import make, make_many

pytestmark = pytest.mark.django_db


def page_of(query: str = "", **options: int) -> Page:
    return paginate(AuditEntry.objects.all(), QueryDict(query), **options)


def error_of(query: str) -> InvalidPage:
    with pytest.raises(InvalidPage) as caught:
        page_of(query)
    return caught.value


def test_newest_first_twenty_on_a_page() -> None:
    entries = make_many(45)
    page = page_of()
    assert page.entries == entries[:20]
    assert (page.number, page.total_pages, page.count, page.page_size) == (1, 3, 45, 20)
    assert (page.has_previous, page.has_next) == (False, True)
    assert page.pin == entries[0].pk

    page = page_of("page=3")
    assert page.entries == entries[40:]
    assert (page.has_previous, page.has_next) == (True, False)


def test_an_empty_listing_has_one_empty_page() -> None:
    page = page_of()
    assert page == Page([], 1, 1, 0, None, 20, 20)
    assert (page.has_previous, page.has_next) == (False, False)
    assert page.query(1) == {"page": "1"}
    assert error_of("page=2").messages == ["There is no such page: the last one is 1."]


def test_what_arrives_meanwhile_neither_repeats_nor_hides_anything() -> None:
    entries = make_many(50)
    page = page_of("page_size=10")
    seen = list(page.entries)
    while page.has_next:
        make_many(7)
        query = page.query(page.number + 1)
        page = paginate(AuditEntry.objects.all(), query)
        assert (page.count, page.total_pages, page.page_size) == (50, 5, 10)
        seen += page.entries
    assert seen == entries
    # The way back too.
    assert paginate(AuditEntry.objects.all(), page.query(1)).entries == entries[:10]
    # Without a pin the listing starts anew.
    assert page_of().count == 50 + 4 * 7


def test_links_say_only_what_is_needed() -> None:
    newest = make_many(30)[0]
    assert page_of().query(2) == {"page": "2", "pin": str(newest.pk)}
    assert page_of("page_size=20").query(2) == {"page": "2", "pin": str(newest.pk)}
    assert page_of("page_size=5").query(2) == {
        "page": "2",
        "page_size": "5",
        "pin": str(newest.pk),
    }


def test_the_size_of_a_page() -> None:
    make_many(210)
    assert len(page_of("page_size=200").entries) == 200
    assert len(page_of(page_size=7).entries) == 7
    assert page_of("page_size=8", page_size=7).query(2)["page_size"] == "8"
    with override_settings(AUDIT_LOG={"PAGE_SIZE": 30}):
        assert len(page_of().entries) == 30


def test_empty_values_ask_nothing() -> None:
    make_many(3)
    assert page_of("page=&page_size=&pin=").count == 3


@pytest.mark.parametrize(
    "value", ["0", "-1", "+1", "1.0", "1e3", "x", " 1", "1_0", "٣", "1\x00", "000", "0x1", "\ud800"]
)
def test_what_is_no_number(value: str) -> None:
    make()
    for name, message in {
        "page": "page is a whole number from 1 on.",
        "page_size": "page_size is a whole number from 1 to 200.",
    }.items():
        with pytest.raises(InvalidPage) as caught:
            paginate(AuditEntry.objects.all(), {name: value})
        assert caught.value.field == name
        assert str(caught.value) == message
        assert not isinstance(caught.value, PageNotFound)


@pytest.mark.parametrize("value", ["201", "99999999999999999999", "9" * 6000])
def test_a_page_can_be_too_large(value: str) -> None:
    error = error_of(f"page_size={value}")
    assert (error.field, str(error)) == ("page_size", "page_size is a whole number from 1 to 200.")


@pytest.mark.parametrize("value", ["4", "99999999999999999999", "9" * 6000, "0" * 50 + "4"])
def test_a_page_beyond_the_last_one(value: str) -> None:
    make_many(45)
    error = error_of(f"page={value}")
    assert isinstance(error, PageNotFound)
    assert (error.field, error.last) == ("page", 3)
    assert str(error) == "There is no such page: the last one is 3."


def test_leading_zeros_are_a_number() -> None:
    assert page_of("page=0001").number == 1


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "1",
        "{" + str(uuid.UUID(int=1)) + "}",
        "urn:uuid:" + str(uuid.UUID(int=1)),
        "0" * 33,
        "\x00",
    ],
)
def test_what_is_no_pin(value: str) -> None:
    with pytest.raises(InvalidPage, match="pin is the id of an entry") as caught:
        paginate(AuditEntry.objects.all(), {"pin": value})
    assert caught.value.field == "pin"


def test_a_pin_of_another_spelling_or_of_nobody() -> None:
    entries = make_many(3)
    pin = entries[1].pk
    for spelling in (str(pin), pin.hex, str(pin).upper()):
        assert page_of(f"pin={spelling}").entries == entries[1:]
    assert page_of(f"pin={uuid.UUID(int=0)}").entries == []


def test_pages_are_found_from_one_that_is_near() -> None:
    entries = make_many(100)
    listing = AuditEntry.objects.all()
    page = page_of("page=5&page_size=10")
    for number in range(2, 11):
        query = page.query(number)
        assert query["anchor"] == f"40-{entries[40].pk}"
        make_many(3)
        start = (number - 1) * 10
        near = paginate(listing, query)
        assert near.entries == entries[start : start + 10]
        assert (near.number, near.count, near.has_next) == (number, 100, number < 10)
        # It says how many entries are before it, whatever the size of a page.
        other_size = paginate(listing, {**query, "page_size": "7"})
        start = (number - 1) * 7
        assert other_size.entries == entries[start : start + 7]
    # The first page is near to its pin.
    assert "anchor" not in page.query(1)
    assert "anchor" not in paginate(listing, page.query(1)).query(2)
    with pytest.raises(PageNotFound):
        paginate(listing, page.query(11))


@pytest.mark.parametrize("value", ["x", "1", "-1-" + "0" * 32, "1-2", f"{'9' * 16}-{'0' * 32}"])
def test_what_is_no_anchor(value: str) -> None:
    with pytest.raises(InvalidPage, match="anchor is a number and the id of an entry") as caught:
        paginate(AuditEntry.objects.all(), {"anchor": value})
    assert caught.value.field == "anchor"


def test_a_deep_page_passes_over_few_entries(django_assert_num_queries) -> None:
    make_many(100)
    page = page_of("page=8&page_size=10")
    for number in (7, 8, 9):
        with django_assert_num_queries(2) as captured:
            paginate(AuditEntry.objects.all(), page.query(number))
        (offset,) = {
            int(found) for query in captured for found in re.findall(r"OFFSET (\d+)", query["sql"])
        } or {0}
        assert offset <= 10


def test_queries(django_assert_num_queries) -> None:
    make_many(45)
    with django_assert_num_queries(2):
        page = page_of()
    with django_assert_num_queries(2):
        paginate(AuditEntry.objects.all(), page.query(2))
    with django_assert_num_queries(2):
        page_of("page=2")
    # A page that is not full needs no count. PostgreSQL's planner was asked before.
    asked = connection.vendor == "postgresql"
    with django_assert_num_queries(1 + asked):
        paginate(AuditEntry.objects.all(), page.query(3))
    with django_assert_num_queries(1 + asked):
        assert page_of("page_size=50").count == 45
    with django_assert_num_queries(1 + asked):
        paginate(AuditEntry.objects.filter(tenant="x"), {})


def test_what_arrives_between_the_queries_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    make_many(40)
    count = Counter.count

    def count_later(self: Counter, *args: Any, **options: Any) -> Count:
        make()
        return count(self, *args, **options)

    monkeypatch.setattr(Counter, "count", count_later)
    page = page_of()
    assert (page.count, page.total_pages, page.pin) == (40, 2, page.entries[0].pk)


def test_ids_are_in_the_same_order_in_the_database_and_in_python() -> None:
    # Native UUIDs on PostgreSQL and MariaDB, text on SQLite.
    entries = make_many(300)
    in_database = list(AuditEntry.objects.order_by("id").values_list("id", flat=True))
    assert in_database == sorted(in_database)
    assert in_database == [entry.pk for entry in entries[::-1]]
    for position in (0, 1, 150, 299):
        pin = in_database[position]
        assert AuditEntry.objects.filter(pk__lte=pin).count() == position + 1
        assert AuditEntry.objects.filter(pk__lt=pin).count() == position
        assert AuditEntry.objects.filter(pk__gt=pin).count() == 299 - position


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.one_of(
            st.text(max_size=40),
            st.integers().map(str),
            st.uuids().map(str),
            st.builds("{}-{}".format, st.integers(0), st.uuids()),
        ),
    )
)
def test_whatever_is_asked_there_is_a_page_or_an_error(params: dict[str, str]) -> None:
    with suppress(InvalidPage):
        page = paginate(AuditEntry.objects.all(), params)
        assert page.number <= page.total_pages


OF_OBJECTS = [
    ("testapp.place", "1"),
    ("testapp.restaurant", "1"),
    ("testapp.cafe", "1"),
    ("a.b", "1"),
]


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(OF_OBJECTS), st.sets(st.sampled_from(OF_OBJECTS))), max_size=12
    ),
    st.integers(1, 5),
)
def test_the_history_of_an_object_is_what_a_plain_search_finds(
    told: list[tuple[tuple[str, str], set[tuple[str, str]]]], size: int
) -> None:
    """Also of one with parents, whose entries are its own and refer to it besides."""
    AuditEntry.references.rel.related_model.objects.all()._raw_delete("default")
    AuditEntry.objects.all()._raw_delete("default")
    for (target_type, target_id), references in told:
        others = sorted(references - {(target_type, target_id)})
        make(target_type=target_type, target_id=target_id, references=others)
    parents = {"testapp.restaurant": ["testapp.place"]}
    parents["testapp.cafe"] = ["testapp.restaurant", "testapp.place"]
    for target_type, target_id in OF_OBJECTS:
        types = [target_type, *parents.get(target_type, [])]
        mine = AuditEntry.objects.filter(target_type__in=types, target_id=target_id)
        referring = AuditEntry.objects.filter(
            references__target_type__in=types, references__target_id=target_id
        )
        expected = sorted({*mine, *referring}, key=lambda entry: entry.pk, reverse=True)
        listing = AuditEntry.objects.for_target(target_type, target_id)
        page = paginate(listing, {}, size)
        found = list(page.entries)
        assert page.count == len(expected)
        while page.has_next:
            page = paginate(listing, page.query(page.number + 1), size)
            found += page.entries
        assert found == expected
        # A further filter is none that the history itself knows.
        created = paginate(listing.filter(action="no.such"), {}, size)
        assert created.entries == []


def test_the_query_of_a_history_is_kept_as_a_query(django_assert_num_queries) -> None:
    entry = make(target_type="a.b", target_id="1")
    listing = AuditEntry.objects.for_target("a.b", "1")
    with django_assert_num_queries(0):
        kept = pickle.dumps(listing.query)
    again = AuditEntry.objects.all()
    again.query = pickle.loads(kept)  # made above
    assert list(again) == paginate(again, {}).entries == [entry]
