"""Trains many runs at once: packs of runs of one shape, each one compiled program, several in parallel."""
