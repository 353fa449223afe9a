"""Which rules are costly to compile, by torch's rule of what it inlines."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

from hyperopt.engine.program import LESS_INLINED
from hyperopt.optim.rules import RULES
from hyperopt.optim.rules.rule import Hyper, Rule, State

CPU_THRESHOLD = 50
"""torch's `realize_cpu_opcount_threshold`."""
MANY = 5000
STORED = {torch.ops.aten.exp.default, torch.ops.aten.log1p.default, torch.ops.aten.expm1.default}
"""Torch stores a result that is read again if its formula has one of them."""


def evaluations(formula: GraphModule, threshold: int) -> int:
    """Return the most operations that one result costs if those read again are stored from a threshold on."""
    distinct: dict[Node, frozenset[Node]] = {}
    costs: dict[Node, int] = {}
    most = 0
    for node in formula.graph.nodes:
        if node.op != "call_function":
            continue
        reads = [read for read in node.all_input_nodes if read in costs]
        times = {read: sum(arg is read for arg in node.args) for read in reads}
        power = node.args[1] if node.target is torch.ops.aten.pow.Tensor_Scalar else 1
        multiple = power if isinstance(power, int) else 1
        operations = frozenset([node]).union(*(distinct[read] for read in reads))
        cost = 1 + sum(multiple * times[read] * costs[read] for read in reads)
        most = max(most, cost)
        heavy = any(one.target in STORED for one in operations)
        stored = len(node.users) > 1 and (heavy or len(operations) > threshold)
        distinct[node], costs[node] = (frozenset(), 0) if stored else (operations, cost)
    return most


def formula_of(rule: Rule) -> GraphModule:
    """Return the operations of one update of a tensor."""
    param = torch.ones(3)
    hyper = {name: torch.tensor(value) for name, value in rule.hyperparameters.items()}
    hyper |= dict.fromkeys(rule.summed, torch.ones(()))

    def update(grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> object:
        return rule.update(grad, state, hyper, step, param)

    traced: GraphModule = make_fx(update)(param, rule.init(param), hyper, torch.tensor(1), param)
    return traced


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_whether_inlining_it_would_take_thousands_of_operations(name: str) -> None:
    formula = formula_of(RULES[name]())
    assert (evaluations(formula, CPU_THRESHOLD) > MANY) == RULES[name].nested_reads
    assert evaluations(formula, LESS_INLINED["realize_opcount_threshold"]) < MANY
