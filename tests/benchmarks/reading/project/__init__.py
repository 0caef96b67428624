"""A Django project with a large log, an admin, the REST API, and one table to compare with."""
