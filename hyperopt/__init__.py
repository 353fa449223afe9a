"""Optimizers that tune their own hyperparameters by gradient descent, and five reports about them."""
