"""The REST API. ``path("api/audit-log/", include("audit_log.api.urls"))``."""
