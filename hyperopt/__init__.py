"""Optimizers that tune their own hyperparameters by gradient descent, and the reports about them, reproduced."""
