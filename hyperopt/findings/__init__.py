"""Results of experiments, computed from records: measurements, times, verdicts, recommendations."""
