"""One level of a stack: its rule, the hyperparameters that the level above tunes, and its state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from hyperopt.optim.clip import ClipState, clip_by_norm_average
from hyperopt.optim.own import updated
from hyperopt.optim.rules import Rule
from hyperopt.optim.schedule import CONSTANT_RATE, Schedule
from hyperopt.optim.spaces import LOG, Space
from hyperopt.optim.trace import SUMS, following, gathered, hypergradient

if TYPE_CHECKING:
    from torch import Tensor

Tree = dict[str, "Tensor"]


class Memory(NamedTuple):
    """A level's state for each parameter that it updates."""

    rule: dict[str, Tree]
    clip: dict[str, ClipState]


class Inputs(NamedTuple):
    """The inputs of a level's last update; `params` only if its rule reads them."""

    grads: Tree
    memory: Memory
    params: Tree


NOTHING = Inputs({}, Memory({}, {}), {})
"""The last inputs of a level that is not tuned."""


class LevelState(NamedTuple):
    """`tuned` are raw values that the level above moves, `fixed` constant natural values; all scalars."""

    tuned: Tree
    fixed: Tree
    clip: Tensor
    memory: Memory
    last: Inputs


@dataclass(frozen=True)
class Level:
    """The structure of one level.

    Attributes:
        rule: updates the hyperparameters of the level below, or the weights.
        tuned: the names of its hyperparameters that the level above tunes.
        clips: whether it clips its gradients.
        clip_counts_first_norm: a habit, see clip.py.
        multiplicative: whether the level above multiplies its alpha, that is, tunes log(alpha).
        floor: the value below which a tuned alpha does not fall.
        schedule: the factor of alpha, by the step.
        trace: the share of the last trace that is kept, if alpha alone is tuned through all updates so far.
        cosine: whether its hypergradient is a cosine, see trace.py.
    """

    rule: Rule
    tuned: tuple[str, ...] = ()
    clips: bool = False
    clip_counts_first_norm: bool = False
    multiplicative: bool = False
    floor: float | None = None
    schedule: Schedule = CONSTANT_RATE
    trace: float = 0.0
    cosine: bool = False

    @property
    def traces(self) -> bool:
        """Whether it keeps the derivative of the weights in alpha, not the inputs of its last update."""
        return self.trace > 0 or self.cosine

    @property
    def gathers(self) -> tuple[str, ...]:
        """The sums over parameters that give its hypergradient: without a trace the hypergradient itself."""
        if not self.traces:
            return self.tuned
        return SUMS if self.cosine else SUMS[:1]

    def space(self, name: str) -> Space:
        """The space in which the level above tunes hyperparameter `name`."""
        return LOG if self.multiplicative and name == "alpha" else self.rule.space(name)

    def bounded(self, tuned: Tree) -> Tree:
        """The raw tuned values, with alpha raised to the floor if it is below; NaN stays NaN."""
        if self.floor is None or "alpha" not in tuned:
            return tuned
        space = self.space("alpha")
        return tuned | {"alpha": space.raw(space.natural(tuned["alpha"]).clamp(min=self.floor))}

    def init(self, params: Tree, numbers: Tree, clip: Tensor) -> LevelState:
        """State before the first step.

        Args:
            params: the parameters that this level updates.
            numbers: the natural value of every hyperparameter of its rule, scalars.
            clip: boolean scalar.
        """
        memory = Memory(
            rule={k: self.rule.init(p) for k, p in params.items()},
            clip={k: ClipState.init(p) for k, p in params.items()} if self.clips else {},
        )
        last = NOTHING
        if self.tuned:
            zeros = {k: p.new_zeros(p.shape) for k, p in params.items()}
            last = self.remembered(zeros, memory, params)
        return LevelState(
            tuned={k: self.space(k).raw(numbers[k]) for k in self.tuned},
            fixed={k: v for k, v in numbers.items() if k not in self.tuned},
            clip=clip,
            memory=memory,
            last=last,
        )

    def remembered(self, grads: Tree, memory: Memory, params: Tree) -> Inputs:
        """What is kept of an update: its inputs, or a trace, given in place of the gradients."""
        if self.traces:
            return Inputs(grads, Memory({}, {}), {})
        return Inputs(grads, memory, params if self.rule.uses_param else {})

    def hyperparameters(self, tuned: Tree, fixed: Tree) -> Tree:
        """Every hyperparameter in natural units, in the rule's order."""
        values = fixed | {k: self.space(k).natural(raw) for k, raw in tuned.items()}
        return {k: values[k] for k in self.rule.hyperparameters}

    def times(self, tuned: Tree, fixed: Tree, share: Tensor) -> tuple[Tree, Tree]:
        """The tuned and fixed values with alpha multiplied by `share`."""
        if "alpha" in tuned:
            return tuned | {"alpha": self.space("alpha").times(tuned["alpha"], share)}, fixed
        return tuned, fixed | {"alpha": fixed["alpha"] * share}

    def through_times(self, hypergradient: Tree, tuned: Tree, share: Tensor) -> Tree:
        """The hypergradient in `tuned`, from the one in the tuned values that `times` returns."""
        if self.traces or "alpha" not in hypergradient:  # a trace includes it
            return hypergradient
        slope = self.space("alpha").slope_of_times(tuned["alpha"], share)
        return hypergradient | {"alpha": hypergradient["alpha"] * slope}

    def scheduled(self, hyper: Tree, step: Tensor) -> Tree:
        """The hyperparameters as an update uses them."""
        if self.schedule == CONSTANT_RATE:
            return hyper
        return hyper | {"alpha": self.schedule.scaled(hyper["alpha"], step)}

    def updates(
        self,
        tuned: Tree,
        fixed: Tree,
        clip: Tensor,
        grads: Tree,
        memory: Memory,
        step: Tensor,
        params: Tree,
        sums: Tree | None = None,
    ) -> tuple[Tree, Memory]:
        """The updates, to be subtracted, and the next memory; differentiable in `tuned`.

        `sums` are the rule's sums over all parameters, needed if these are only some of them.
        """
        hyper = self.scheduled(self.hyperparameters(tuned, fixed), step)
        if self.rule.summed:
            hyper |= self._sums(hyper, clip, grads, memory, step, params) if sums is None else sums
        updates: Tree = {}
        rule_states, clip_states = {}, {}
        for name, grad in grads.items():
            param = params.get(name, grad)
            direction, clip_state = self._direction(name, hyper, clip, grad, memory, step, param)
            if clip_state:
                clip_states[name] = clip_state
            updates[name], rule_states[name] = updated(
                self.rule, direction, memory.rule[name], hyper, step, param
            )
        return updates, Memory(rule_states, clip_states)

    def sums(self, tuned: Tree, fixed: Tree, grads: Tree, memory: Memory, step: Tensor, params: Tree) -> Tree:
        """The contribution of some parameters to the rule's sums, for a level that does not clip."""
        hyper = self.scheduled(self.hyperparameters(tuned, fixed), step)
        return self._sums(hyper, step, grads, memory, step, params)

    def _direction(
        self, name: str, hyper: Tree, clip: Tensor, grad: Tensor, memory: Memory, step: Tensor, param: Tensor
    ) -> tuple[Tensor, ClipState | None]:
        """The gradient that the rule uses, and the next state of the clip."""
        direction = self.rule.accumulate(grad, memory.rule[name], hyper, step, param)
        if not self.clips:
            return direction, None
        return clip_by_norm_average(
            direction, memory.clip[name], clip, step, counts_first_norm=self.clip_counts_first_norm
        )

    def _sums(
        self, hyper: Tree, clip: Tensor, grads: Tree, memory: Memory, step: Tensor, params: Tree
    ) -> Tree:
        parts = []
        for name, grad in grads.items():
            param = params.get(name, grad)
            direction, _ = self._direction(name, hyper, clip, grad, memory, step, param)
            parts.append(self.rule.sums(direction, memory.rule[name], hyper, step, param))
        return {name: reduce(add, (part[name] for part in parts)) for name in self.rule.summed}

    def followed(
        self,
        state: LevelState,
        tuned: Tree,
        grads: Tree,
        step: Tensor,
        params: Tree,
        share: Tensor | None = None,
    ) -> Tree:
        """The trace after the update of these parameters from `state`.

        `tuned` may hold a share of the traced alpha, as `times` returns it.
        """
        along = {} if share is None else {"alpha": self.space("alpha").slope_of_times(tuned["alpha"], share)}

        def moved(tuned: Tree, params: Tree) -> Tree:
            return self.updates(tuned, state.fixed, state.clip, grads, state.memory, step, params)[0]

        read = params if self.rule.uses_param else {}
        return following(moved, tuned, read, state.last.grads, self.trace, along)

    def hypergradient(self, state: LevelState, cotangents: Tree, step: Tensor) -> Tree:
        """The gradient of the loss in the raw tuned values, through this level's last update; zero at step 1.

        `cotangents` is the gradient of the loss in the parameters that this update produced.
        """
        from torch.func import vjp

        last = state.last
        if self.traces:
            gradient = {"alpha": hypergradient(gathered(cotangents, last.grads, cosine=self.cosine))}
            return {k: g.where(step > 1, 0.0) for k, g in gradient.items()}
        last_step = (step - 1).clamp(min=1)

        def replay(tuned: Tree) -> Tree:
            updates, _ = self.updates(
                tuned, state.fixed, state.clip, last.grads, last.memory, last_step, last.params
            )
            return updates

        pull = vjp(replay, state.tuned)[1]
        (gradient,) = pull({k: -c for k, c in cotangents.items()})
        return {k: g.where(step > 1, 0.0) for k, g in gradient.items()}
