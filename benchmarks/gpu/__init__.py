"""`make gpu`: what is measured on a GPU, in pieces, of which each leaves its rows in results/gpu.csv."""
