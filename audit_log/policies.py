"""A policy: how one model is audited, made from what was said about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from django.db import models

from audit_log import conf
from audit_log.identity import key_text, secret_key_text, text_of, type_of

OPTIONS = frozenset(
    {
        "bulk",
        "exclude",
        "m2m",
        "mask",
        "noun",
        "references",
        "tenant",
        "transitions",
        "unmask",
        "verbs",
    }
)
VERBS = ("create", "update", "delete")
BULK = ("rows", "summary", "off")

# Policies of models that other packages ship, where the default would tell a secret.
BUILT_IN: dict[str, dict[str, Any]] = {
    "authtoken.token": {"mask": ["key"]},
    "auth.group": {"m2m": {"permissions": ("add_permission", "remove_permission")}},
}


class PasswordChange:
    """The verb of an update of a user's password, ``None`` where only its hash is a newer one."""

    verbs = ("change_password",)

    def __call__(self, user: Any, old: str | None = None) -> str | None:
        return None if upgrades_hash(user, old) else "change_password"


# What a security reviewer looks for, of the fields and relations that the user model has.
OF_USERS: dict[str, dict[str, Any]] = {
    "transitions": {
        "is_superuser": {True: "make_superuser", False: "unmake_superuser"},
        "is_staff": {True: "make_staff", False: "unmake_staff"},
        "is_active": {True: "activate", False: "deactivate"},
        "password": PasswordChange(),
    },
    "m2m": {
        "groups": ("add_to_group", "remove_from_group"),
        "user_permissions": ("add_permission", "remove_permission"),
    },
}


def upgrades_hash(user: Any, old: str | None = None) -> bool:
    """Whether saving a user's password only stores a newer hash of the old password.

    So ``check_password()`` does at log in: it takes back the raw password that
    ``set_password()`` leaves on the instance until it is saved. The same is left by a password
    that was saved before; then ``old``, the hash that was stored, needs no newer one.
    """
    if user.__dict__.get("_password", "") is not None:
        return False
    return old is None or _is_outdated(old)


def _is_outdated(encoded: str) -> bool:
    from django.contrib.auth.hashers import get_hasher, identify_hasher, is_password_usable

    if not is_password_usable(encoded):
        return False
    try:
        hasher, preferred = identify_hasher(encoded), get_hasher()
    except ValueError:  # no hash that anybody could log in with
        return False
    return bool(hasher.algorithm != preferred.algorithm or preferred.must_update(encoded))


Transition = str | Mapping[Any, str] | Callable[[Any], str | None]
"""Verb of any change of a field; verbs by its new value; or ``f(instance) -> verb or None``."""


@dataclass(frozen=True, eq=False)
class Policy:
    """How one model is audited. Made once per model, by :func:`policy_for`."""

    model: type[models.Model]
    noun: str
    verbs: Mapping[str, str]
    exclude: frozenset[str] = frozenset()
    mask: frozenset[str] = frozenset()
    transitions: Mapping[str, Transition] = field(default_factory=dict)
    m2m: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    tenant: str | Callable[[Any], Any] | None = None
    bulk: str = "rows"
    compiled: dict[str, Any] = field(default_factory=dict, repr=False)
    """What the capture has compiled for the model, by database alias."""

    @cached_property
    def target_type(self) -> str:
        """``"app_label.model"``, as stored."""
        return type_of(self.model)

    @cached_property
    def fields(self) -> tuple[models.Field[Any, Any], ...]:
        """The audited columns, parents' included."""
        return tuple(
            f
            for f in self.model._meta.concrete_fields
            if f.name not in self.exclude and not _is_automatic_key(f)
        )

    @cached_property
    def columns(self) -> tuple[models.Field[Any, Any], ...]:
        """What is read of a row: its key, the audited columns, the keys of references."""
        meta = self.model._meta
        generic = {f.name: (f.ct_field, f.fk_field) for f in meta.private_fields if _is_generic(f)}
        names = {name for name in self.references for name in generic.get(name, (name,))}
        needed = [f for f in meta.concrete_fields if f.name in names]
        keys = meta.pk_fields
        return tuple(dict.fromkeys([*keys, *self.fields, *needed]))

    @cached_property
    def file_fields(self) -> tuple[models.FileField, ...]:
        """The columns that hold the names of files, audited or not."""
        return tuple(f for f in self.model._meta.concrete_fields if isinstance(f, models.FileField))

    @cached_property
    def key_is_secret(self) -> bool:
        """Whether the primary key, or a part of it, is masked (an API token's, say)."""
        meta = self.model._meta
        return not self.mask.isdisjoint({meta.pk.name, *(f.name for f in meta.pk_fields)})

    def key_text(self, key: Any) -> str:
        """Return a primary key as ``target_id`` has it, however it is spelled."""
        if type(key) is int and self._has_number_as_key:
            return str(key)
        fields = self.model._meta.pk_fields
        if len(fields) == 1:
            key = _as_read(fields[0], key)
        elif isinstance(key, tuple | list):
            key = [_as_read(f, part) for f, part in zip(fields, key, strict=False)]
        return (secret_key_text if self.key_is_secret else key_text)(key)

    @cached_property
    def _has_number_as_key(self) -> bool:
        fields = self.model._meta.pk_fields
        module = type(fields[0]).__module__
        is_plain = isinstance(fields[0], models.IntegerField) and module.startswith("django.")
        return len(fields) == 1 and is_plain and not self.key_is_secret

    def text_of(self, obj: models.Model) -> str:
        """Return an object's text; not of one whose key is a secret, which it may well hold."""
        return str(self.model._meta.verbose_name) if self.key_is_secret else text_of(obj)

    def action(self, verb: str) -> str:
        """``noun.verb``; the three default verbs by the policy's names."""
        return f"{self.noun}.{self.verbs.get(verb, verb)}"

    def actions(self) -> Iterator[tuple[str, str, str]]:
        """Yield ``(verb, kind, event type)`` of all that can happen by itself.

        ``kind`` is ``create``, ``update`` or ``delete`` for the three default verbs,
        else empty.
        """
        for verb in VERBS:
            yield self.verbs[verb], verb, verb
        for verbs in self.transitions.values():
            if isinstance(verbs, str):
                yield verbs, "", "update"
            elif isinstance(verbs, Mapping):
                for verb in verbs.values():
                    yield verb, "", "update"
            else:
                for verb in getattr(verbs, "verbs", ()):
                    yield verb, "", "update"
        for pair in self.m2m.values():
            for verb in pair:
                yield verb, "", "update"


Options = Mapping[str, Any]
OptionsOf = Callable[[type[models.Model]], Options]


def of_users(model: type[models.Model]) -> dict[str, Any]:
    """Return the options that a user model has by itself; none for other models."""
    if model is not user_model():
        return {}
    names = {f.name for f in (*model._meta.concrete_fields, *model._meta.local_many_to_many)}
    return {
        option: {name: verbs for name, verbs in values.items() if name in names}
        for option, values in OF_USERS.items()
    }


def build(model: type[models.Model], options_of: OptionsOf) -> Policy:
    """Make the policy of a model from its options; what is wrong there, the checks say."""
    options = options_of(model)
    meta = model._meta
    family = _family(model)
    exclude = {name for member in family for name in options_of(member).get("exclude") or ()}
    user = user_model()
    if user in family and "exclude" not in options_of(user):
        # Set at each log in, which leaves an entry of its own.
        exclude.add("last_login")
    inherited: dict[str, Any] = {}
    for member in reversed(family):
        inherited.update(options_of(member))
    # A field may be named by its column's attribute: "order_id" for "order".
    names = {f.attname: f.name for f in meta.concrete_fields}
    mask = _masked(family, options_of) | {
        f.name for f in meta.concrete_fields if _is_masked(f, model, options_of)
    }
    return Policy(
        model=model,
        noun=options.get("noun") or snake_case(meta.object_name or ""),
        verbs={verb: verb for verb in VERBS} | _mapping(options.get("verbs")),
        exclude=frozenset(names.get(name, name) for name in exclude),
        mask=frozenset(names.get(name, name) for name in mask),
        transitions=_mapping(options.get("transitions")),
        m2m={
            name: (pair[0], pair[1])
            for name, pair in _mapping(options.get("m2m")).items()
            if isinstance(pair, tuple | list) and len(pair) == 2
        },
        references=tuple(inherited.get("references") or ()),
        tenant=inherited.get("tenant"),
        bulk=options.get("bulk") or "rows",
    )


def _family(model: type[models.Model]) -> list[type[models.Model]]:
    # A child's entry tells its parents' columns too: what they hide stays hidden.
    return [model, *(parent for parent in model._meta.all_parents if not parent._meta.proxy)]


def _masked(family: Iterable[type[models.Model]], options_of: OptionsOf) -> set[str]:
    return {name for member in family for name in options_of(member).get("mask") or ()}


def _is_masked(f: models.Field[Any, Any], model: type[models.Model], options_of: OptionsOf) -> bool:
    family = _family(model)
    if not _masked(family, options_of).isdisjoint({f.name, f.attname}):
        return True
    unmask = {name for member in family for name in options_of(member).get("unmask") or ()}
    return f.name not in unmask and is_secret(f, options_of)


def _as_read(f: models.Field[Any, Any], value: Any) -> Any:
    # As the field gives it back: the hex of a UUID is a UUID.
    try:
        return f.to_python(value)
    except Exception:  # noqa: BLE001  # then as it is
        return value


def _mapping(value: Any) -> dict[Any, Any]:
    # What is none, the checks say.
    return dict(value) if isinstance(value, Mapping) else {}


def snake_case(name: str) -> str:
    """``"LicenseCustomField"`` → ``"license_custom_field"``, ``"APIKey"`` → ``"api_key"``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def looks_secret(name: str) -> bool:
    """Whether a field's name holds one of the words of ``MASK_FIELDS``, as whole words.

    Also as a plural or with a number: ``api_keys``, ``password2``.
    """
    return _secret_names(conf.settings.MASK_FIELDS).search(name) is not None


@lru_cache
def _secret_names(further: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(map(re.escape, (*conf.DEFAULT_MASKED, *further)))
    return re.compile(rf"(?:^|_)(?:{words})s?\d*(?:_|$)", re.IGNORECASE)


def is_secret(f: models.Field[Any, Any], options_of: OptionsOf) -> bool:
    """Whether a field is masked by default: by its name, if its values can be secret at all.

    ``password_changed_at`` cannot, and a foreign key only where the key that it holds is one.
    """
    if isinstance(f, models.ForeignKey):
        return _is_masked(f.target_field, f.remote_field.model, options_of)
    return looks_secret(f.name) and not isinstance(
        f, models.BooleanField | models.DateField | models.TimeField | models.DurationField
    )


def _is_generic(f: Any) -> bool:
    # A GenericForeignKey, of which no other module need be installed.
    return hasattr(f, "ct_field") and hasattr(f, "fk_field")


def _is_automatic_key(f: models.Field[Any, Any]) -> bool:
    # target_id says it already: numbers given by the database, and links to parents.
    if f.remote_field is not None and getattr(f.remote_field, "parent_link", False):
        return True
    return f.primary_key and isinstance(f, models.AutoField)


def user_model() -> type[models.Model] | None:
    """Return the project's user model; ``None`` where there is none."""
    from django.contrib.auth import get_user_model
    from django.core.exceptions import ImproperlyConfigured

    try:
        return get_user_model()
    except ImproperlyConfigured:
        return None
