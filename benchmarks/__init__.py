"""How fast training is here, beside its peers: `make bench`, or `python -m benchmarks pages`."""
