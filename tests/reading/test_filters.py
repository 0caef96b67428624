"""Every parameter finds what it says, and says what is wrong with it."""

from __future__ import annotations

import datetime
import uuid
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.http import QueryDict
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log.models import AuditEntry
from audit_log.reading import fields
from audit_log.reading.filters import AuditEntryFilter, target_types
from tests.reading.helpers import ask, found, make, make_many, wrong

pytestmark = pytest.mark.django_db

NAMES = [
    "search",
    "occurred_after",
    "occurred_before",
    "event_type",
    "action",
    "outcome",
    "target_type",
    "target_id",
    "object",
    "actor",
    "tenant",
    "correlation_id",
    "remote_addr",
]


def test_these_are_the_parameters_and_their_order() -> None:
    assert list(AuditEntryFilter.base_filters) == NAMES


def model_with_key(key: models.Field) -> SimpleNamespace:
    return SimpleNamespace(_meta=SimpleNamespace(pk=key))


def test_nothing_asked_finds_everything_and_empty_parameters_ask_nothing() -> None:
    entries = make_many(3)
    assert found("") == entries
    assert found("&".join(f"{name}=" for name in NAMES)) == entries


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("event_type", "update", "delete"),
        ("action", "user.update", "user.delete"),
        ("outcome", "failure", "success"),
        ("target_type", "auth.group", "auth.user"),
        ("target_id", "5", "55"),
        ("tenant", "acme", "ACME"),
        ("correlation_id", "a1", "a1b2"),
    ],
)
def test_an_exact_value(name: str, value: str, other: str) -> None:
    entry = make(**{name: value})
    make(**{name: other})
    assert found(urlencode({name: value})) == [entry]


def test_actor_by_key_also_of_a_user_who_is_gone() -> None:
    entry = make(actor_id=4711)
    make(actor_id=4712)
    assert found("actor=4711") == [entry]
    assert found("actor=0") == found("actor=-1") == []


@pytest.mark.parametrize(
    "value",
    ["x", "1.5", "1e3", "1_000", "٣", "9" * 19, "9" * 5000, "-" + "9" * 30, "7 or 1=1", "%"],
)
def test_an_actor_that_is_no_key(value: str) -> None:
    errors = wrong("actor=" + quote(value))
    assert list(errors) == ["actor"]
    if len(value) < 100:
        assert errors["actor"][0].startswith(f"“{value}” is no key of a user:")


def test_an_actor_is_a_key_of_the_projects_user_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_with_key(models.UUIDField(primary_key=True))
    monkeypatch.setattr(fields, "get_user_model", lambda: model)
    key = uuid.uuid4()
    assert fields.UserKeyField().clean(str(key)) == key
    with pytest.raises(Exception, match="is no key of a user"):
        fields.UserKeyField().clean("7")


def test_a_child_models_key_is_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_with_key(models.OneToOneField(User, models.CASCADE, primary_key=True))
    monkeypatch.setattr(fields, "get_user_model", lambda: model)
    assert fields.UserKeyField().clean("12") == 12


def test_object_finds_targets_and_references() -> None:
    target = make(target_type="auth.group", target_id="3")
    reference = make(references=[("auth.group", "3"), ("auth.group", "4")])
    make(target_type="auth.user", target_id="3")
    assert found("object=auth.group:3") == [reference, target]


def test_an_objects_key_may_hold_colons_and_spaces() -> None:
    key = " urn:isbn:1 "
    entry = make(target_id=key)
    assert found(urlencode({"object": f"auth.user:{key}"})) == [entry]
    assert found(urlencode({"target_id": key})) == [entry]


@pytest.mark.parametrize(
    "value", ["7", "auth.user", "auth.user:", ":7", ":", "auth.user:" + "x" * 256]
)
def test_an_object_that_is_none(value: str) -> None:
    assert "Write app_label.model:id" in wrong(urlencode({"object": value}))["object"][0]


def test_object_of_a_type_that_only_the_log_knows() -> None:
    entry = make(target_type="gone.thing", target_id="1")
    reference = make(references=[("gone.other", "1")])
    assert found("object=gone.thing:1") == [entry]
    assert found("object=gone.other:1") == [reference]
    assert "“gone.never” is not a known target type" in wrong("object=gone.never:1")["object"][0]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", " 192.0.2.7 "),
        ("2001:db8::7", "2001:DB8:0:0::7"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("::ffff:192.0.2.7", "::ffff:c000:207"),
    ],
)
def test_addresses_are_compared_not_texts(stored: str, asked: str) -> None:
    entry = make(remote_addr=stored)
    make(remote_addr="192.0.2.77")
    make(remote_addr=None)
    assert found(urlencode({"remote_addr": asked})) == [entry]


@pytest.mark.parametrize(
    "value", ["x", "192.0.2", "192.0.2.256", "1::2::3", "192.0.2.0/24", "fe80::1%eth0", "9" * 60]
)
def test_an_address_that_is_none(value: str) -> None:
    assert "192.0.2.7" in wrong(urlencode({"remote_addr": value}))["remote_addr"][0]


class TestSearch:
    def test_every_word_must_be_found_somewhere(self) -> None:
        entry = make(target_repr="Ann Smith", reason="ticket 811")
        make(target_repr="Ann Jones")
        assert found("search=smith+811") == [entry]
        assert found("search=smith+812") == []

    def test_wildcards_and_quotes_are_text(self) -> None:
        entry = make(target_repr="100% 'sure' \\ _x_")
        make(target_repr="100 sure")
        for text in ("100%", "'sure'", "\\", "_x_"):
            assert found(urlencode({"search": text})) == [entry], text

    def test_an_entry_with_many_references_is_found_once(self) -> None:
        entry = make(target_id="k1", references=[("auth.group", "k1"), ("auth.user", "k1")])
        assert found("search=k1") == [entry]

    def test_too_many_words(self) -> None:
        assert wrong("search=" + "+".join("abcdefghijk"))["search"] == [
            "Search for at most 10 words."
        ]


class TestWords:
    def test_an_unknown_event_type_is_told_all_there_are(self) -> None:
        assert wrong("event_type=updated") == {
            "event_type": ["“updated” is not a known event type. Near to it: update."]
        }
        assert wrong("event_type=x")["event_type"] == [
            "“x” is not a known event type. There are: create, update, delete, access, other."
        ]

    def test_an_unknown_action_is_told_which_are_near(self) -> None:
        assert "Near to it: user.create" in wrong("action=user.creat")["action"][0]
        assert "There are, among others: " in wrong("action=%21%21%21")["action"][0]

    @pytest.mark.parametrize("name", ["action", "target_type"])
    def test_a_word_that_left_the_catalogue_finds_its_history(self, name: str) -> None:
        entry = make(**{name: "gone.thing"})
        make()
        assert found(f"{name}=gone.thing") == [entry]
        assert f"{name}" in wrong(f"{name}=gone.never")

    def test_such_a_word_stays_chosen_in_the_form(self) -> None:
        make(action="gone.thing")
        filters = ask("action=gone.thing")
        assert filters.is_valid()
        assert ("gone.thing", "gone.thing") in list(filters.form.fields["action"].choices)
        assert '<option value="gone.thing" selected>' in str(filters.form["action"])

    def test_what_others_may_not_see_is_not_known_by_asking(self) -> None:
        make(action="gone.thing", tenant="theirs")
        ours = AuditEntry.objects.filter(tenant="ours")
        assert not ask("action=gone.thing", ours).is_valid()

    def test_known_words_cost_no_query(self, django_assert_num_queries) -> None:
        with django_assert_num_queries(0):
            assert ask("action=user.create&target_type=auth.user&object=auth.user:1").is_valid()

    def test_choices_come_from_catalogue_and_registry(self, django_assert_num_queries) -> None:
        make(action="gone.thing")
        with django_assert_num_queries(0):
            form = ask("").form
            actions = list(form.fields["action"].choices)
            types = list(form.fields["target_type"].choices)
        assert actions[0] == ("", "All actions")
        assert ("user.create", "User created") in actions
        assert types[0] == ("", "All types")
        assert ("auth.user", "User") in types

    def test_labels_are_in_the_readers_language(self) -> None:
        with translation.override("de"):
            assert ("auth.user", "Benutzer") in list(ask("").form.fields["target_type"].choices)

    def test_types_with_the_same_name_are_told_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apps.get_model("auth.group")._meta, "verbose_name", "user")
        names = target_types()
        assert names["auth.user"] == "User (auth.user)"
        assert names["auth.group"] == "User (auth.group)"

    def test_every_form_names_all_choices(self) -> None:
        form = ask("").form
        assert [value for value, _ in form.fields["event_type"].choices] == [
            "", "create", "update", "delete", "access", "other",
        ]  # fmt: skip
        assert [value for value, _ in form.fields["outcome"].choices] == ["", "success", "failure"]
        assert form.as_p().count("<select") == 4


class TestRepeatedParameters:
    def test_different_values_are_refused(self) -> None:
        assert wrong("tenant=a&tenant=b") == {
            "tenant": ["tenant is given more than once: give one value."]
        }
        assert list(wrong("tenant=a&tenant=")) == ["tenant"]

    def test_the_same_value_twice_is_fine(self) -> None:
        entry = make(tenant="a")
        make(tenant="b")
        assert found("tenant=a&tenant=a") == [entry]

    def test_a_dict_will_do(self) -> None:
        entry = make(tenant="a")
        filters = AuditEntryFilter(data={"tenant": "a"}, queryset=AuditEntry.objects.all())
        assert list(filters.qs) == [entry]
        moment = {"occurred_after": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)}
        assert AuditEntryFilter(data=moment, queryset=AuditEntry.objects.all()).qs.count() == 1


def test_without_data_nothing_is_filtered() -> None:
    entry = make()
    assert list(AuditEntryFilter(queryset=AuditEntry.objects.all()).qs) == [entry]


def test_filters_add_up_and_narrow_what_they_are_given() -> None:
    entry = make(tenant="a", outcome="failure")
    make(tenant="a")
    make(tenant="b", outcome="failure")
    assert found("tenant=a&outcome=failure") == [entry]
    assert found("outcome=failure", AuditEntry.objects.filter(tenant="a")) == [entry]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["\x00", "a\x00b", "x" * 5000, "\ud800", "a\udfffb"])
def test_what_no_database_takes_is_an_error_of_its_field(name: str, value: str) -> None:
    filters = AuditEntryFilter(data={name: value}, queryset=AuditEntry.objects.all())
    assert not filters.is_valid()
    assert list(filters.errors) == [name]
    str(filters.errors).encode()


odd = st.one_of(
    st.text(max_size=300),
    st.text(st.sampled_from("0123456789-:.TZ+ %\\'\"_*?[]{}\x00"), max_size=40),
    st.from_regex(
        r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?([+-][0-9]{2}:[0-9]{2})?\Z"
    ),
    st.integers().map(str),
    st.uuids().map(str),
    st.ip_addresses().map(str),
    st.text(max_size=20).map(lambda key: f"auth.user:{key}"),
)


@hypothesis_settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(NAMES), odd, max_size=4))
def test_whatever_is_asked_there_is_an_answer_or_an_error(values: dict[str, str]) -> None:
    # By way of a query string, as any value arrives.
    query = QueryDict(urlencode({k: v.encode("utf-8", "replace") for k, v in values.items()}))
    filters = AuditEntryFilter(data=query, queryset=AuditEntry.objects.all())
    if filters.is_valid():
        list(filters.qs)
    else:
        assert set(filters.errors) <= set(values)
        assert str(filters.errors)
