"""Apps that a project may add."""
