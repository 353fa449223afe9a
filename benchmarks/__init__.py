"""Benchmarks of training speed against peers: `make bench`, or `python -m benchmarks pages`."""
