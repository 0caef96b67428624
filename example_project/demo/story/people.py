"""Who takes part in the story, in all four systems. Every name and address is made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

PASSWORD = "demo"  # noqa: S105 (for the demonstration, on the loopback address alone)


@dataclass(frozen=True)
class Person:
    """Somebody; ``addresses`` are those of the office, of home, of travels."""

    username: str
    first_name: str
    last_name: str
    addresses: tuple[str, ...]
    domain: str = field(kw_only=True)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name}@{self.domain}".lower()


# As whom a visitor can log in.
MAY_LOG_IN = ("admin", "support", "tess", "mara", "wanda", "nils", "signe", "finn", "olga")


@cache
def password_hash() -> str:
    """Return the hash of the password: made once, for it is slow on purpose."""
    return make_password(PASSWORD)


def account_of(username: str) -> Any:
    """Return somebody's account."""
    return get_user_model()._default_manager.get(username=username)
