"""`make gpu`: measurements on a GPU in pieces, each of which appends rows to results/gpu.csv."""
