"""Finished runs for other programs: TensorBoard's events, trackio's tables, CSV."""
