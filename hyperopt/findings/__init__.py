"""What the records say of what was asked: measurements, times, verdicts."""
