"""A page per experiment: its table with our numbers, the report's beside them, verdicts, origin."""

from hyperopt.pages.page import Page, render

__all__ = ["Page", "render"]
