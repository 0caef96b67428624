"""What auditing costs: `python -m tests.benchmarks --help`, and docs/benchmarks.md."""
