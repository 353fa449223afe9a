"""Optimizers that tune their own hyperparameters: rules, stacks of them, the hypergradients between.

Nothing here knows of configs, files or batches of runs, and nothing here imports the rest of the package.
"""
