"""A project that shows what ``audit_log`` does in a real application."""
