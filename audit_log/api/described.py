"""What the API says of its parameters, as OpenAPI's parameter objects."""

from __future__ import annotations

from typing import Any, TypeAlias

from django.core.validators import BaseValidator
from django.db import models

from audit_log.api.selection import FIELDS
from audit_log.api.serializers import AuditEntrySerializer
from audit_log.catalogue import MAX_NAME_LENGTH
from audit_log.conf import settings
from audit_log.identity import MAX_ID_LENGTH
from audit_log.reading.fields import SearchField, key_of_users
from audit_log.reading.following import CURSOR
from audit_log.reading.pagination import MAX_PAGE_SIZE
from audit_log.vocabulary import EventType, Outcome

Described: TypeAlias = dict[str, Any]

# Text that every database takes.
_TEXT = {"type": "string", "pattern": "^[^\\x00]*$"}
_ID = {"type": "string", "format": "uuid"}
_MOMENT = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]
}
_ZONE = (
    "ISO 8601. A time without offset is read in the server's current time zone; one that the "
    "clocks there skip or show twice is refused. A `+` is written `%2B` in a URL."
)


def filter_parameters() -> list[Described]:
    """Return the filters of entries, those of the list and of the exports.

    Which actions and types of objects there are is not said here: who may not read the log
    may perhaps read this.
    """
    return [
        _query(
            "search",
            f"Words, up to {SearchField.MAX_WORDS}, that are all found somewhere in an entry.",
            _text(MAX_ID_LENGTH),
        ),
        _query(
            "occurred_after", f"From then on; of a date from its beginning on. {_ZONE}", _MOMENT
        ),
        _query("occurred_before", f"Up to then; of a date up to its end. {_ZONE}", _MOMENT),
        _query(
            "event_type",
            "Entries of that kind.",
            {"type": "string", "enum": list(EventType.values)},
        ),
        _query(
            "action",
            "One of `actions/`, or one of the past of which there are entries.",
            _text(MAX_NAME_LENGTH),
        ),
        _query(
            "outcome", "Entries of that outcome.", {"type": "string", "enum": list(Outcome.values)}
        ),
        _query(
            "target_type",
            "One of `target-types/`, or one of the past of which there are entries.",
            _text(201),
        ),
        _query("target_id", "The target's key, as text.", _text(MAX_ID_LENGTH)),
        _query(
            "object",
            "`app_label.model:id`: all that happened to that object, as target or as reference.",
            _text(201 + 1 + MAX_ID_LENGTH),
        ),
        _query("actor", "Key of the user who did it, also of one who is gone.", _user_key()),
        _query("tenant", "Entries of that tenant.", _text(100)),
        _query("correlation_id", "What one request, command or task did.", _text(64)),
        _query(
            "remote_addr",
            "The client's IP address, in any spelling.",
            {"anyOf": [{"type": "string", "format": form} for form in ("ipv4", "ipv6")]},
        ),
    ]


def page_parameters() -> list[Described]:
    """Return the two ways through the list: page by page, and from a cursor on."""
    number = {"type": "integer", "minimum": 1}
    largest = max(MAX_PAGE_SIZE, settings.PAGE_SIZE)
    return [
        _query("page", "Page number. Beyond the last: 404.", number | {"default": 1}),
        _query(
            "page_size",
            "Entries in an answer.",
            number | {"maximum": largest, "default": settings.PAGE_SIZE},
        ),
        _query("pin", "Id of the entry from which the listing was started, as in its links.", _ID),
        _query(
            "anchor",
            "Number and id of an entry near to the page, as in its links.",
            {
                "type": "string",
                "pattern": "^[0-9]{1,15}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            },
        ),
        _query(
            CURSOR,
            "Instead of `page`, `pin` and `anchor`: what comes after it, oldest first. Empty: "
            "from the first entry on.",
            _ID,
        ),
    ]


def fields_parameter() -> Described:
    """Return the parameter that says what is wanted of each entry."""
    names = {"type": "string", "enum": list(AuditEntrySerializer.Meta.fields)}
    return {
        **_query(
            FIELDS,
            "What is wanted of each entry, separated by commas: nothing else is answered.",
            {"type": "array", "items": names},
        ),
        "style": "form",
        "explode": False,
    }


def at_parameter() -> Described:
    """Return the parameter that says as of when an object is told."""
    text = f"As it was then; of a date, at its end. Left out or empty: now. {_ZONE}"
    return _query("at", text, {"anyOf": [*_MOMENT["anyOf"], {"type": "string", "maxLength": 0}]})


def _query(name: str, description: str, schema: Described) -> Described:
    return {
        "name": name,
        "in": "query",
        "required": False,
        # As forms send them: an empty one is none.
        "allowEmptyValue": True,
        "description": description,
        "schema": schema,
    }


def _text(limit: int) -> Described:
    return _TEXT | {"maxLength": limit}


def _user_key() -> Described:
    key = key_of_users()
    if isinstance(key, models.UUIDField):
        return _ID
    if not isinstance(key, models.IntegerField):
        return _text(MAX_ID_LENGTH)
    limits = {one.code: one.limit_value for one in key.validators if isinstance(one, BaseValidator)}
    names = {"min_value": "minimum", "max_value": "maximum"}
    return {"type": "integer"} | {names[code]: limits[code] for code in names if code in limits}
