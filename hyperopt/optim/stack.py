"""A stack of optimizers: each level tunes the hyperparameters of the level below by gradient descent.

Level 0 updated the weights last step: w = U0(w', g', s'; h0). With the gradient g of the loss at w, the
hypergradient of h0 is the vector-Jacobian product of that update with cotangent g. Level 1's last update
produced h0, so the hypergradient of its own hyperparameters is the vector-Jacobian product of that update
with the hypergradient of h0, and so on up. Then the levels update, top first, so that each uses
hyperparameters that are already updated. A level keeps only the inputs of its last update; no graph grows
through training. This is the arithmetic of "Gradient Descent: The Ultimate Optimizer" (Chandra et al., 2022)
and of its library gdtuo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hyperopt.optim.level import NOTHING, Inputs, Level, LevelState, Memory, Tree

if TYPE_CHECKING:
    from torch import Tensor

StackState = tuple[LevelState, ...]


@dataclass(frozen=True)
class Stack:
    """Levels from bottom (updates the weights) to top (its hyperparameters are constant).

    With `by_tensor`, the levels above 0 step before the update of each tensor of the weights, which uses the
    hyperparameters they have just set; the published code of Adam-HD does so (docs/reports/hypergradient.md,
    "Update rules"). Their rules must have no memory.
    """

    levels: tuple[Level, ...]
    by_tensor: bool = False

    def init(self, params: Tree, numbers: tuple[Tree, ...], clip: tuple[Tensor, ...]) -> StackState:
        """State before the first step.

        Args:
            params: the weights.
            numbers: per level, the natural initial values of its rule's hyperparameters, scalar tensors.
            clip: a boolean scalar per level; only levels above 0 clip.
        """
        states = []
        for level, initial, enabled in zip(self.levels, numbers, clip, strict=True):
            states.append(level.init(params, initial, enabled))
            params = states[-1].tuned
        return tuple(states)

    def step(self, params: Tree, grads: Tree, state: StackState, step: Tensor) -> tuple[Tree, StackState]:
        """One step of every level: hypergradients bottom up, then updates top down.

        Args:
            params: the weights, of any shapes.
            grads: the gradient of the loss at `params`.
            state: as `init` or the last step returned it.
            step: counted from 1, scalar tensor of the weights' dtype.
        """
        if self.by_tensor:
            return self._step_by_tensor(params, grads, state, step)
        cotangents = [grads]
        for level, level_state in zip(self.levels[:-1], state[:-1], strict=True):
            cotangents.append(level.hypergradient(level_state, cotangents[-1], step))

        tuned = state[-1].tuned
        next_states: list[LevelState] = []
        for k in reversed(range(len(self.levels))):
            level, before = self.levels[k], state[k]
            moved = params if k == 0 else state[k - 1].tuned
            updates, memory = level.updates(
                tuned, before.fixed, before.clip, cotangents[k], before.memory, step, moved
            )
            last = NOTHING
            if level.traces:
                followed = level.followed(before, tuned, cotangents[k], step, moved)
                last = level.remembered(followed, before.memory, moved)
            elif level.tuned:
                last = level.remembered(cotangents[k], before.memory, moved)
            next_states.append(LevelState(tuned, before.fixed, before.clip, memory, last))
            tuned = {name: value - updates[name] for name, value in moved.items()}
            if k > 0:
                tuned = self.levels[k - 1].bounded(tuned)
        return tuned, tuple(reversed(next_states))

    def _step_by_tensor(
        self, params: Tree, grads: Tree, state: StackState, step: Tensor
    ) -> tuple[Tree, StackState]:
        """A step of each tensor by itself, in order; each starts from the levels that the one before left."""
        bottom, above = state[0], state[1:]
        alone, tuned = replace(self, by_tensor=False), bottom.tuned
        moved: Tree = {}
        rules: dict[str, Tree] = {}
        for name in params:
            last = bottom.last._replace(grads={name: bottom.last.grads[name]})
            before = (bottom._replace(tuned=tuned, last=last), *above)
            param, after = alone.step({name: params[name]}, {name: grads[name]}, before, step)
            moved |= param
            rules |= after[0].memory.rule
            tuned, above = after[0].tuned, after[1:]
        last = Inputs(grads, bottom.memory, params if self.levels[0].rule.uses_param else {})
        return moved, (bottom._replace(tuned=tuned, memory=Memory(rules, {}), last=last), *above)

    def rate(self, state: StackState, step: Tensor) -> Tensor:
        """The rate with which level 0 updated the weights at `step`, before `state`; scalar."""
        bottom = self.levels[0]
        return bottom.scheduled(bottom.hyperparameters(state[0].tuned, state[0].fixed), step)["alpha"]

    def hyperparameters(self, state: StackState) -> tuple[Tree, ...]:
        """Every hyperparameter of each level, in natural units."""
        return tuple(
            level.hyperparameters(s.tuned, s.fixed) for level, s in zip(self.levels, state, strict=True)
        )

    def evaluated(self, params: Tree, state: StackState) -> Tree:
        """The weights to evaluate, which the rule of level 0 may keep beside the trained ones."""
        bottom, memory = self.levels[0], state[0].memory.rule
        if not bottom.rule.averages:
            return params
        hyper = bottom.hyperparameters(state[0].tuned, state[0].fixed)
        return {name: bottom.rule.evaluated(param, memory[name], hyper) for name, param in params.items()}

    def diagnostics(self, state: StackState) -> Tree:
        """The diagnostics of level 0's rule, scalars by name."""
        return self.levels[0].rule.diagnostics(state[0].memory.rule)
