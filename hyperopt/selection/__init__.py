"""Selection of stored runs by the syntax of `hyperopt run`: `stack='adam/*' alpha='<1e-3' seed=0,1`."""

from hyperopt.selection.criteria import Criterion, criteria_of
from hyperopt.selection.frames import load
from hyperopt.selection.select import needed, select, why_none
from hyperopt.selection.stored import Selection, everything

__all__ = ["Criterion", "Selection", "criteria_of", "everything", "load", "needed", "select", "why_none"]
