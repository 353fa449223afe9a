"""The five reports that are reproduced; docs/reports/ has a page for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """A report's authors, its title, and a summary of its claims in one sentence."""

    authors: str
    title: str
    claims: str


REPORTS: dict[str, Report] = {
    "clipping": Report(
        "Jesse Huang, Isaac Bannerman, Daniel Savidge, Daniel Chen",
        "ML and Optimization: Project Report",
        "Clipping hypergradients by their mean norm changes nothing at small learning rates of the "
        "hyperoptimizer and keeps larger ones from ruining the training.",
    ),
    "adabelief_amsgrad": Report(
        "Jialiang Sun, Jierui Zhu, Leyi Wang",
        "Analysis of the Effectiveness of Hypergradient Descent on New Optimization Algorithms",
        "A hyperoptimizer lowers the error of nearly every optimizer, AdaBelief among them but not AMSGrad, "
        "at about the same training time.",
    ),
    "steroids": Report(
        "Omkar Shinde, Debangana Ghosh",
        "Optimizing Optimization: Unveiling the Power of Gradient Descent",
        "Stacks of optimizers train better, more smoothly and less dependent on the initial learning rate "
        "than single ones; momentum, dampening and weight decay help.",
    ),
    "hypergradient": Report(
        "Hieu Tran, Shabeer Rauf",
        "COMP6248 Reproducibility Challenge: Online Learning Rate Adaptation With Hypergradient Descent",
        "With its learning rate tuned by hypergradient descent an optimizer beats the same one without, at "
        "nearly every initial learning rate.",
    ),
    "hyper_regularization": Report(
        "Saeed Saadatnejad, Mohammadhossein Bahari, Bassel Belhadj",
        "Hyper-Regularization: An Adaptive Choice for the Learning Rate in Gradient Descent, "
        "ICLR Reproducibility Challenge",
        "The published learning rates of hyper-regularization bring no improvement over gradient descent, "
        "diverge where they start large, and cost time.",
    ),
}
"""The reports by the folder of their experiments."""
