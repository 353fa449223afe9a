"""Many runs at once: packs of runs of one shape, each one compiled program, several side by side."""
