"""Many runs at once: packs of runs of one shape, trained as one compiled program, several packs side by side."""
