"""What every role sees of every entry on every surface.

A cell has a sign for each entry: of this workspace, of another, of none.

    +  it is shown
    .  the page is there, without a trace of it
    4  404
    3  403
    >  sent elsewhere: to log in, or to the admin's first page
"""

from __future__ import annotations

from tests.roles.surfaces import SURFACES
from tests.roles.world import ROLES

BY_PERMISSION = {"RETENTION": 10}
BY_TENANT = {"RETENTION": 10, "VISIBILITY": "example_project.visibility.visible"}
MODES = {"by permission": BY_PERMISSION, "by tenant": BY_TENANT}

_TABLES = {
    "by permission": """
    superuser auditor reader exporter staff staff_here admin_here admin_there member anonymous
    admin:audit_log_auditentry_changelist          +++ +++ +++ 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_changelist searched +++ +++ +++ 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_change              +++ +++ +++ 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_export              +++ +++ 333 +++ 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_export_expiring     +++ +++ 333 +++ 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_add                 333 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_delete              333 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_history             444 444 444 444 444 444 >>> >>> >>> >>>
    admin:audit_log_auditentry/<path:object_id>/   >>> >>> >>> >>> >>> >>> >>> >>> >>> >>>
    admin:audit_log_audithold_changelist           ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_add                  ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_change               ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_release              ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_delete               333 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_history              ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold/<path:object_id>/    >>> >>> >>> >>> >>> >>> >>> >>> >>> >>>
    *_change                                       +++ +++ +++ ... ... ... >>> >>> >>> >>>
    *_history                                      +++ +++ +++ 333 333 333 >>> >>> >>> >>>
    *_history deleted                              +++ +++ +++ 333 333 333 >>> >>> >>> >>>
    panel                                          +++ +++ +++ ... ... ... ... ... ... ...
    panel as of                                    +++ +++ +++ ... ... ... ... ... ... ...
    audit_log:entries                              +++ +++ +++ 333 333 333 333 333 333 >>>
    audit_log:entries searched                     +++ +++ +++ 333 333 333 333 333 333 >>>
    audit_log:entry                                +++ +++ +++ 333 333 333 333 333 333 >>>
    audit_log:object                               +++ +++ +++ 333 333 333 333 333 333 >>>
    audit_log:object as of                         +++ +++ +++ 333 333 333 333 333 333 >>>
    audit_log:export                               +++ +++ 333 +++ 333 333 333 333 333 >>>
    audit_log:expiring                             +++ +++ 333 +++ 333 333 333 333 333 >>>
    audit_log_api:entries                          +++ +++ +++ 333 333 333 333 333 333 333
    audit_log_api:entries searched                 +++ +++ +++ 333 333 333 333 333 333 333
    audit_log_api:entries followed                 +++ +++ +++ 333 333 333 333 333 333 333
    audit_log_api:entry                            +++ +++ +++ 333 333 333 333 333 333 333
    audit_log_api:object                           +++ +++ +++ 333 333 333 333 333 333 333
    audit_log_api:export-csv                       +++ +++ 333 +++ 333 333 333 333 333 333
    audit_log_api:export-jsonl                     +++ +++ 333 +++ 333 333 333 333 333 333
    audit_log_api:actions                          ... ... ... 333 333 333 333 333 333 333
    audit_log_api:target-types                     ... ... ... 333 333 333 333 333 333 333
    """,
    "by tenant": """
    superuser auditor reader exporter staff staff_here admin_here admin_there member anonymous
    admin:audit_log_auditentry_changelist          +++ +++ +++ ... ... +.. >>> >>> >>> >>>
    admin:audit_log_auditentry_changelist searched +++ +++ +++ ... ... +.. >>> >>> >>> >>>
    admin:audit_log_auditentry_change              +++ +++ +++ 444 444 +44 >>> >>> >>> >>>
    admin:audit_log_auditentry_export              +++ +++ +++ ... ... +.. >>> >>> >>> >>>
    admin:audit_log_auditentry_export_expiring     +++ +++ +++ ... ... +.. >>> >>> >>> >>>
    admin:audit_log_auditentry_add                 333 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_delete              333 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_auditentry_history             444 444 444 444 444 444 >>> >>> >>> >>>
    admin:audit_log_auditentry/<path:object_id>/   >>> >>> >>> >>> >>> >>> >>> >>> >>> >>>
    admin:audit_log_audithold_changelist           ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_add                  ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_change               ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_release              ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_delete               333 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold_history              ... 333 333 333 333 333 >>> >>> >>> >>>
    admin:audit_log_audithold/<path:object_id>/    >>> >>> >>> >>> >>> >>> >>> >>> >>> >>>
    *_change                                       +++ +++ +++ ... ... +.. >>> >>> >>> >>>
    *_history                                      +++ +++ +++ ... ... +.. >>> >>> >>> >>>
    *_history deleted                              +++ +++ +++ >>> >>> +>> >>> >>> >>> >>>
    panel                                          +++ +++ +++ ... ... +.. +.. .+. ... ...
    panel as of                                    +++ +++ +++ ... ... +.. +.. .+. ... ...
    audit_log:entries                              +++ +++ +++ ... ... +.. +.. .+. ... >>>
    audit_log:entries searched                     +++ +++ +++ ... ... +.. +.. .+. ... >>>
    audit_log:entry                                +++ +++ +++ 444 444 +44 +44 4+4 444 >>>
    audit_log:object                               +++ +++ +++ 444 444 +44 +44 4+4 444 >>>
    audit_log:object as of                         +++ +++ +++ 444 444 +44 +44 4+4 444 >>>
    audit_log:export                               +++ +++ +++ ... ... +.. +.. .+. ... >>>
    audit_log:expiring                             +++ +++ +++ ... ... +.. +.. .+. ... >>>
    audit_log_api:entries                          +++ +++ +++ ... ... +.. +.. .+. ... 333
    audit_log_api:entries searched                 +++ +++ +++ ... ... +.. +.. .+. ... 333
    audit_log_api:entries followed                 +++ +++ +++ ... ... +.. +.. .+. ... 333
    audit_log_api:entry                            +++ +++ +++ 444 444 +44 +44 4+4 444 333
    audit_log_api:object                           +++ +++ +++ 444 444 +44 +44 4+4 444 333
    audit_log_api:export-csv                       +++ +++ +++ ... ... +.. +.. .+. ... 333
    audit_log_api:export-jsonl                     +++ +++ +++ ... ... +.. +.. .+. ... 333
    audit_log_api:actions                          ... ... ... ... ... ... ... ... ... 333
    audit_log_api:target-types                     ... ... ... ... ... ... ... ... ... 333
    """,
}


def _read(table: str) -> dict[tuple[str, str], str]:
    head, *rows = table.strip().splitlines()
    roles = head.split()
    cells = {}
    for row in rows:
        surface, *signs = row.strip().rsplit(maxsplit=len(roles))
        cells.update({(surface, role): sign for role, sign in zip(roles, signs, strict=True)})
    return cells


MATRIX = {mode: _read(table) for mode, table in _TABLES.items()}


def missing() -> list[tuple[str, str, str]]:
    """The cells that the tables do not have, and those of nothing."""
    wanted = {(mode, one, role) for mode in MODES for one in SURFACES for role in ROLES}
    given = {(mode, *cell) for mode in MATRIX for cell in MATRIX[mode]}
    return sorted(wanted ^ given)
