"""What reading a large log costs: `python -m tests.benchmarks reading --help`."""
