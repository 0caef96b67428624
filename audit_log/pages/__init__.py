"""The log on pages: what the admin's and the application's own have in common, and the latter."""
