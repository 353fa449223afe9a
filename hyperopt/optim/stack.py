"""A stack of optimizers: each level tunes the hyperparameters of the level below by gradient descent.

Level 0 updated the weights last step: w = U0(w', g', s'; h0). With the gradient g of the loss at w, the
hypergradient of h0 is the vector-Jacobian product of that update with cotangent g. Level 1's last update
produced h0, so the hypergradient of its own hyperparameters is the vector-Jacobian product of that update
with the hypergradient of h0, and so on up. Then the levels update, top first, so that each moves with
hyperparameters that are already updated. A level keeps only the inputs of its last update; no graph grows
through training. This is the arithmetic of "Gradient Descent: The Ultimate Optimizer" (Chandra et al., 2022)
and of its library gdtuo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from hyperopt.optim.clip import ClipState, clip_by_norm_average
from hyperopt.optim.rules import Rule
from hyperopt.optim.spaces import LOG, Space

if TYPE_CHECKING:
    from torch import Tensor

Tree = dict[str, "Tensor"]

CONSTANT, INVERSE_SQRT = "constant", "inverse_sqrt"
SCHEDULES = (CONSTANT, INVERSE_SQRT)


class Memory(NamedTuple):
    """What a level carries from update to update for each parameter that it moves."""

    rule: dict[str, Tree]
    clip: dict[str, ClipState]


class Inputs(NamedTuple):
    """The inputs of a level's last update; `params` only where its rule reads them."""

    grads: Tree
    memory: Memory
    params: Tree


NOTHING = Inputs({}, Memory({}, {}), {})
"""The last inputs of a level that nobody tunes."""


class LevelState(NamedTuple):
    """`tuned` are raw values moved by the level above, `fixed` natural values that stay, all scalars."""

    tuned: Tree
    fixed: Tree
    clip: Tensor
    memory: Memory
    last: Inputs


StackState = tuple[LevelState, ...]


@dataclass(frozen=True)
class Level:
    """The structure of one level.

    Attributes:
        rule: the rule, which moves the level below, or the weights.
        tuned: the names of its hyperparameters that the level above tunes.
        clips: whether it clips the gradients that it gets.
        clip_counts_first_norm: a habit, see clip.py.
        multiplicative: whether the level above multiplies its alpha, that is, tunes log(alpha).
        floor: the value below which a tuned alpha does not fall.
        schedule: "constant" for steps of alpha, "inverse_sqrt" for steps of alpha / sqrt(step).
    """

    rule: Rule
    tuned: tuple[str, ...] = ()
    clips: bool = False
    clip_counts_first_norm: bool = False
    multiplicative: bool = False
    floor: float | None = None
    schedule: str = CONSTANT

    def space(self, name: str) -> Space:
        """The space in which the level above tunes hyperparameter `name`."""
        return LOG if self.multiplicative and name == "alpha" else self.rule.space(name)

    def bounded(self, tuned: Tree) -> Tree:
        """The raw tuned values, with alpha raised to the floor where it is below; NaN stays NaN."""
        if self.floor is None or "alpha" not in tuned:
            return tuned
        space = self.space("alpha")
        return tuned | {"alpha": space.raw(space.natural(tuned["alpha"]).clamp(min=self.floor))}

    def init(self, params: Tree, numbers: Tree, clip: Tensor) -> LevelState:
        """State before the first step.

        Args:
            params: the parameters that this level moves.
            numbers: the natural value of every hyperparameter of its rule, scalars.
            clip: boolean scalar.
        """
        memory = Memory(
            rule={k: self.rule.init(p) for k, p in params.items()},
            clip={k: ClipState.init(p) for k, p in params.items()} if self.clips else {},
        )
        zeros = {k: p.new_zeros(p.shape) for k, p in params.items()}
        return LevelState(
            tuned={k: self.space(k).raw(numbers[k]) for k in self.tuned},
            fixed={k: v for k, v in numbers.items() if k not in self.tuned},
            clip=clip,
            memory=memory,
            last=Inputs(zeros, memory, params if self.rule.uses_param else {}) if self.tuned else NOTHING,
        )

    def hyperparameters(self, tuned: Tree, fixed: Tree) -> Tree:
        """Every hyperparameter in natural units, in the rule's order."""
        values = fixed | {k: self.space(k).natural(raw) for k, raw in tuned.items()}
        return {k: values[k] for k in self.rule.hyperparameters}

    def scheduled(self, hyper: Tree, step: Tensor) -> Tree:
        """The hyperparameters as an update uses them."""
        if self.schedule == INVERSE_SQRT:
            return hyper | {"alpha": hyper["alpha"] / step.sqrt()}
        return hyper

    def updates(
        self, tuned: Tree, fixed: Tree, clip: Tensor, grads: Tree, memory: Memory, step: Tensor, params: Tree
    ) -> tuple[Tree, Memory]:
        """The updates, which are subtracted, and the next memory; differentiable in `tuned`."""
        hyper = self.scheduled(self.hyperparameters(tuned, fixed), step)
        if self.rule.uses_whole_gradient:
            hyper |= {"squared_norm": reduce(add, (grad.square().sum() for grad in grads.values()))}
        updates: Tree = {}
        rule_states, clip_states = {}, {}
        for name, grad in grads.items():
            param = params.get(name, grad)
            direction = self.rule.accumulate(grad, memory.rule[name], hyper, step, param)
            if self.clips:
                direction, clip_states[name] = clip_by_norm_average(
                    direction, memory.clip[name], clip, step, counts_first_norm=self.clip_counts_first_norm
                )
            updates[name], rule_states[name] = self.rule.update(
                direction, memory.rule[name], hyper, step, param
            )
        return updates, Memory(rule_states, clip_states)

    def hypergradient(self, state: LevelState, cotangents: Tree, step: Tensor) -> Tree:
        """The gradient of the loss in the raw tuned values, through this level's last update; zero at step 1.

        `cotangents` is the gradient of the loss in the parameters that this update produced.
        """
        from torch.func import vjp

        last = state.last
        last_step = (step - 1).clamp(min=1)

        def replay(tuned: Tree) -> Tree:
            updates, _ = self.updates(
                tuned, state.fixed, state.clip, last.grads, last.memory, last_step, last.params
            )
            return updates

        pull = vjp(replay, state.tuned)[1]
        (gradient,) = pull({k: -c for k, c in cotangents.items()})
        return {k: g.where(step > 1, 0.0) for k, g in gradient.items()}


@dataclass(frozen=True)
class Stack:
    """Levels from bottom (moves the weights) to top (its hyperparameters stay).

    With `by_tensor`, the levels above 0 move before the update of each tensor of the weights, which uses the
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
            last = (
                Inputs(cotangents[k], before.memory, moved if level.rule.uses_param else {})
                if level.tuned
                else NOTHING
            )
            next_states.append(LevelState(tuned, before.fixed, before.clip, memory, last))
            tuned = {name: value - updates[name] for name, value in moved.items()}
            if k > 0:
                tuned = self.levels[k - 1].bounded(tuned)
        return tuned, tuple(reversed(next_states))

    def _step_by_tensor(
        self, params: Tree, grads: Tree, state: StackState, step: Tensor
    ) -> tuple[Tree, StackState]:
        """A step of each tensor by itself, in order; each finds the levels as the tensor before left them."""
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
        """The rate by which level 0 moved the weights at `step`, after which the state is `state`; scalar."""
        bottom = self.levels[0]
        return bottom.scheduled(bottom.hyperparameters(state[0].tuned, state[0].fixed), step)["alpha"]

    def hyperparameters(self, state: StackState) -> tuple[Tree, ...]:
        """Every hyperparameter of each level, in natural units."""
        return tuple(
            level.hyperparameters(s.tuned, s.fixed) for level, s in zip(self.levels, state, strict=True)
        )

    def diagnostics(self, state: StackState) -> Tree:
        """The diagnostics of level 0's rule, scalars by name."""
        return self.levels[0].rule.diagnostics(state[0].memory.rule)
