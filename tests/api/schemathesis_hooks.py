"""What no description can say: which parameters exclude each other, and which words there are."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis import GenerationMode

KNOWN = {"action": "user.create", "target_type": "auth.user", "object": "auth.user:7"}


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Make sense of what is meant to; what is not stays as it is."""
    if "target_id" in case.path_parameters and not case.path_parameters["target_id"]:
        # Of an entry without a target.
        case.path_parameters["target_id"] = "7"
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    for name, word in KNOWN.items():
        if case.query.get(name):
            case.query[name] = word
    if case.query.get("search"):
        case.query["search"] = " ".join(case.query["search"].split()[:10])
    if "cursor" in case.query:
        for name in ("page", "pin", "anchor"):
            case.query.pop(name, None)
    if case.query.get("occurred_after"):
        case.query.pop("occurred_before", None)
