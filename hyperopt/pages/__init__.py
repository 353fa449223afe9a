"""A page per experiment: its table with our numbers, the report's beside them, verdicts, origin."""
