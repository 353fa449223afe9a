"""The cells of a page's tables from three numbers each, by arithmetic that needs nothing of the package.

Student's distribution of two degrees of freedom is known in closed form: P(|T| < t) = t / sqrt(2 + t²).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod, sqrt

T = 0.95 * sqrt(2 / (1 - 0.95**2))
"""Below it lie 95 % of |T|: 4.30265."""


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Of three numbers, the sd with ddof 1."""
    middle = sum(values) / 3
    return middle, sqrt(sum((value - middle) ** 2 for value in values) / 2)


def beside_report(
    values: Sequence[float], report: float | None, rivals: Iterable[float], m: int, decimals: int = 2
) -> list[str]:
    """Report, mean, sd, interval, prediction of the mean of m more, n, agrees, least visible."""
    middle, sd = mean_and_sd(values)
    half, reach = T * sd / sqrt(3), T * sd * sqrt(1 / 3 + 1 / m)
    low, high = (f"{middle + sign * reach:.{decimals}f}" for sign in (-1, 1))
    low = low if middle > reach else f"{0:.{decimals}f}"  # neither an error, a loss nor an epoch is negative
    agrees = "–"
    if report is not None and sd:
        told = all(abs(rival - middle) > reach for rival in rivals)
        agrees = "**no**" if abs(report - middle) > reach else "yes" if told else "yes, not tellingly"
    return [
        "–" if report is None else f"{report:.{decimals}f}",
        f"{middle:.{decimals}f}",
        f"{sd:.{decimals}f}",
        f"{middle - half:.{decimals}f} to {middle + half:.{decimals}f}",
        f"{low} to {high}" if sd else "–",
        "3",
        agrees,
        "–" if agrees == "–" else f"{reach:.{decimals}f}",
    ]


def lost(report: float, values: Sequence[float]) -> list[str]:
    """The same where a run diverged: a mean alone."""
    return [f"{report:.2f}", mean(values), "–", "–", "–", "3", "–", "–"]


def mean(values: Sequence[float]) -> str:
    """The mean of three numbers."""
    return f"{sum(values) / 3:.2f}"


def interval(effects: Sequence[float]) -> str:
    """Student's interval of the mean of three numbers."""
    middle, sd = mean_and_sd(effects)
    return " to ".join(f"{middle + sign * T * sd / sqrt(3):.2f}" for sign in (-1, 1))


def p_of(effects: Sequence[float], bound: float, *factors: int) -> list[str]:
    """Its p alone, toward the nearer side of the bound, times rows, sentences and looks, the product.

    Student's, doubled; by signs where all effects are equal.
    """
    middle, sd = mean_and_sd(effects)
    t = abs(middle - bound) / (sd / sqrt(3)) if sd else 0.0
    p = 1 - t / sqrt(2 + t**2) if sd else 2 * 0.5**3
    product = min(1.0, p * prod(factors))
    return [f"{p:.4g}", " × ".join(map(str, factors)), "1" if product == 1 else f"{product:.4f}"]


def cells_of(page: str, columns: int) -> list[list[str]]:
    """The cells of a page's tables of so many columns, row by row without their heads."""
    lines = page.splitlines()
    ruled = {i for i, line in enumerate(lines) if line.startswith(("|-", "|:"))}
    return [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for i, line in enumerate(lines)
        if line.count("|") == columns + 1 and not {i, i + 1} & ruled
    ]
