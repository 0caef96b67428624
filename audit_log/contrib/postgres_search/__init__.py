"""An index for searches in the log on PostgreSQL: ``"audit_log.contrib.postgres_search"``."""
