"""Optimizers that tune their own hyperparameters: update rules, stacks of them, and the hypergradients between.

Nothing here knows of configs, files or batches of runs, and nothing here imports the rest of the package.
"""
