"""The reports that are reproduced; docs/reports/ has a page of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """Who wrote a report, and what it is called."""

    authors: str
    title: str


REPORTS: dict[str, Report] = {
    "clipping": Report(
        "Jesse Huang, Isaac Bannerman, Daniel Savidge, Daniel Chen",
        "ML and Optimization: Project Report",
    ),
    "adabelief_amsgrad": Report(
        "Jialiang Sun, Jierui Zhu, Leyi Wang",
        "Analysis of the Effectiveness of Hypergradient Descent on New Optimization Algorithms",
    ),
    "steroids": Report(
        "Omkar Shinde, Debangana Ghosh",
        "Optimizing Optimization: Unveiling the Power of Gradient Descent",
    ),
    "hypergradient": Report(
        "Hieu Tran, Shabeer Rauf",
        "COMP6248 Reproducibility Challenge: Online Learning Rate Adaptation With Hypergradient Descent",
    ),
    "hyper_regularization": Report(
        "Saeed Saadatnejad, Mohammadhossein Bahari, Bassel Belhadj",
        "Hyper-Regularization: An Adaptive Choice for the Learning Rate in Gradient Descent, "
        "ICLR Reproducibility Challenge",
    ),
}
"""By the folder of their experiments."""
