"""The parts of an optimizer's step as functions of vectors.

A step of a `Stack` has three parts: `pull` gathers the hypergradient of level 0 over the weights, `climb`
steps the levels above, which hold only scalars, and `move` updates the weights. If the rule of level 0 has a
closed form, `pull` and `move` use it; otherwise `pull` is the vector-Jacobian product of the rule's update.
If level 0 keeps a trace (trace.py), `move` updates it, and `pull` is its product with the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim import by_rule
from hyperopt.optim.by_rule import TRACE
from hyperopt.optim.closed_forms import GRADIENT, ClosedForm, Update, closed_form
from hyperopt.optim.events import seen_after
from hyperopt.optim.level import Level, Tree
from hyperopt.optim.stack import Stack
from hyperopt.optim.trace import gathered, hypergradient
from hyperopt.optim.vectors import Above, Given, Vectors, Written, add, as_it_is, stored, wide


@dataclass(frozen=True)
class Arithmetic:
    """The parts of a step of `stack` as functions of tensors.

    Attributes:
        maximize: negates every gradient.
        form: the closed form of level 0's rule.
    """

    stack: Stack
    maximize: bool = False
    form: ClosedForm[Any] | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        form = closed_form(self.bottom.rule)
        if form and self.bottom.traces and form.decays_gradient:
            form = None  # the trace needs the derivative of the update in the weights, which no form has
        object.__setattr__(self, "form", form)

    @property
    def bottom(self) -> Level:
        """Level 0."""
        return self.stack.levels[0]

    @property
    def joins(self) -> bool:
        """Whether the elements of several parameters may be joined in one vector."""
        return self.bottom.rule.elementwise

    def needs_param(self, dtype: torch.dtype) -> bool:
        """Whether `move` needs the parameters: the rule reads them, or their type is not the arithmetic's."""
        return self.bottom.rule.uses_param or wide(dtype) != dtype

    def remembered(self, param: Tensor) -> Tree:
        """The state of a parameter before its first update: the rule's, and `last.*` if level 0 is tuned."""
        rule = self.bottom.rule
        wide_param = param.detach().to(wide(param.dtype))
        memory = rule.init(wide_param)
        if not self.bottom.tuned:
            return memory
        if self.bottom.traces:
            return memory | {TRACE: torch.zeros_like(wide_param)}
        former = torch.zeros_like(wide_param if rule.uses_param else param)
        if self.form:
            kept = former if self.form.keeps == GRADIENT else torch.zeros_like(memory[self.form.keeps])
            return memory | {f"last.{self.form.keeps}": kept}
        last = memory | {GRADIENT: former} | ({"param": former} if rule.uses_param else {})
        return memory | {f"last.{name}": torch.zeros_like(value) for name, value in last.items()}

    def pull(self, tuned: Tree, fixed: Tree, vectors: Vectors, step: Tensor, given: Given = None) -> Tree:
        """The contribution of some weights to `Level.gathers`, from which `climb` computes the hypergradient.

        It goes through their last update, or along their trace. `step` counts their updates, including the
        next one, and is above 1. `given` holds the numbers of the last update.
        """
        if self.bottom.traces:
            like = tuned["alpha"]
            along = add([self._along(part) for part in vectors.parts(joins=self.joins)])
            return {name: value.to(like.dtype) for name, value in along.items()}
        if not self.form:
            of_parts = []
            for part in vectors.parts(joins=self.joins):
                cotangent = self._gradient(part)
                of_parts.append(by_rule.hypergradient(self.bottom, tuned, fixed, cotangent, part, step))
            return add(of_parts)
        hyper, count = self._natural(tuned, fixed, step - 1, given)
        numbers = self._numbers(self.form, tuned, hyper, count, given, vectors.grad.dtype)
        kept = f"last.{self.form.keeps}"
        sums = []
        for part in vectors.parts(joins=self.joins):
            update = Update(part.last[kept].to(part.grad.dtype), part.memory, part.param, numbers)
            sums.append(self.form.sums(self._gradient(part), update))
        total: list[Any] = [sum(of_part) for of_part in zip(*sums, strict=True)]
        if given is not None:  # on a CPU, where some thirty operations on one-element tensors cost more
            total = torch.stack(total).tolist()
        natural = self.form.gradient(total, hyper, count)
        slopes = {name: self.bottom.space(name).slope(raw) for name, raw in tuned.items()}
        return {name: (slope * natural[name]).to(slope.dtype) for name, slope in slopes.items()}

    def sums(self, tuned: Tree, fixed: Tree, vectors: Vectors, step: Tensor) -> Tree:
        """The contribution of some weights to what the rule sums over all, for the next update."""
        grads, memory, params = by_rule.inputs(self._gradient(vectors), vectors)
        return self.bottom.sums(tuned, fixed, grads, memory, step, params)

    def move(
        self,
        tuned: Tree,
        fixed: Tree,
        vectors: Vectors,
        step: Tensor,
        given: Given = None,
        sums: Tree | None = None,
        share: Tensor | None = None,
    ) -> None:
        """Update some weights: their state in place; the amount to subtract from them is left in `grad`.

        `given` holds the numbers of this update and `sums` the rule's sums over all weights. With a trace,
        `share` is the share of alpha that `tuned` holds.
        """
        numbers = {}
        if self.form:
            hyper, count = self._natural(tuned, fixed, step, given)
            numbers = self._numbers(self.form, tuned, hyper, count, given, vectors.grad.dtype, share)
        for part in vectors.parts(joins=self.joins):
            if self.form:
                u = Update(self._gradient(part), part.memory, part.param, numbers)
                update = self._form_update(self.form, u, part.last, step)
            else:
                grad = self._gradient(part)
                update = by_rule.update(self.bottom, tuned, fixed, grad, part, step, sums, share)
            if part.param is None:
                part.grad.copy_(update)
            else:
                part.param.sub_(update)

    def with_written(self, state: Above, written: Tree) -> Above:
        """The state with the natural values of level 0 that were set since the last step."""
        tuned = {
            k: self.bottom.space(k).raw(written[k]) if k in written else v for k, v in state.tuned.items()
        }
        fixed = {k: written.get(k, v) for k, v in state.fixed.items()}
        return Above(tuned, fixed, state.levels, state.seen)

    def climb(
        self,
        state: Above,
        gathers: Tree,
        written: Tree,
        step: Tensor,
        climbs: Tensor,
        sums: Tree | None = None,
    ) -> tuple[Above, Tensor]:
        """Step all levels above 0.

        Args:
            state: before the step.
            gathers: the sums of what `pull` returned.
            written: as in `with_written`.
            step: counted from 1.
            climbs: the number of steps in which the levels above also took a step, including this one.
            sums: as in `move`; here only watched.

        Returns:
            The state after the step, and all natural values of level 0 as one vector.
        """
        tuned, fixed, levels, _ = self.with_written(state, written)
        if len(self.stack.levels) > 1:
            slopes = {"alpha": hypergradient(gathers)} if self.bottom.traces else gathers
            tuned, levels = Stack(self.stack.levels[1:]).step(tuned, slopes, levels, climbs)
            tuned = self.bottom.bounded(tuned)
        natural = self.hyperparameters(Above(tuned, fixed, levels, state.seen))
        seen = seen_after(state.seen, natural, step, sums)
        return Above(tuned, fixed, levels, seen), torch.stack(list(natural[0].values()))

    def scheduled(self, state: Above, share: Tensor) -> Above:
        """The state with the alpha of level 0 that an update uses: `share` times the tuned one."""
        return Above(*self.bottom.times(state.tuned, state.fixed, share), state.levels, state.seen)

    def whole(
        self,
        state: Above,
        written: Written,
        vectors: Vectors,
        count: Tensor,
        step: Tensor,
        climbs: Tensor,
        shares: tuple[Tensor, Tensor],
    ) -> tuple[Above, Tensor]:
        """All parts of a step, if there are no other weights and the rule sums over none.

        `count` is the `step` of `pull`; `step` and `climbs` are as in `climb`. `shares` are the shares of
        alpha that the last update used and that this one uses.

        Returns:
            As `climb`, after the weights have moved.
        """
        last, now = shares
        gathers: Tree = {}
        if self.bottom.tuned:
            used = self.scheduled(state, last)
            gathers = self.pull(used.tuned, used.fixed, vectors, count)
            gathers = self.bottom.through_times(gathers, state.tuned, last)
        after, natural = self.climb(self._taken(state, written), gathers, {}, step, climbs)
        used = self.scheduled(after, now)
        self.move(used.tuned, used.fixed, vectors, count, share=now if self.bottom.traces else None)
        return after, natural

    def hyperparameters(self, state: Above) -> list[Tree]:
        """Every hyperparameter of each level, in natural units."""
        bottom = self.bottom.hyperparameters(state.tuned, state.fixed)
        return [bottom, *Stack(self.stack.levels[1:]).hyperparameters(state.levels)]

    def init(self, numbers: tuple[Tree, ...], clip: tuple[Tensor, ...]) -> Above:
        """The state before the first step, from natural `numbers` per level, and `clip` per level above 0."""
        device = numbers[0]["alpha"].device
        bottom = self.bottom.init({}, numbers[0], torch.tensor(False, device=device))
        levels = Stack(self.stack.levels[1:]).init(bottom.tuned, numbers[1:], clip)
        seen = torch.zeros((len(numbers), 2), dtype=torch.int64, device=device)
        return Above(bottom.tuned, bottom.fixed, levels, seen)

    def _taken(self, state: Above, written: Written) -> Above:
        """The state with the natural values that were written."""
        there = dict(zip(self.bottom.rule.hyperparameters, written.there.unbind(), strict=True))
        values = dict(zip(there, written.values.unbind(), strict=True))
        tuned = {k: self.bottom.space(k).raw(values[k]).where(there[k], v) for k, v in state.tuned.items()}
        fixed = {k: values[k].where(there[k], v) for k, v in state.fixed.items()}
        return Above(tuned, fixed, state.levels, state.seen)

    def _gradient(self, part: Vectors) -> Tensor:
        return -part.grad if self.maximize else part.grad

    def _natural(self, tuned: Tree, fixed: Tree, step: Tensor, given: Given) -> tuple[dict[str, Any], Any]:
        """The hyperparameters of an update, and its count; in 64 bits if compiled or if they are floats."""
        if given is not None:
            return given.hyper, given.step
        hyper = self.bottom.hyperparameters(tuned, fixed)
        if not torch.compiler.is_compiling():
            return hyper, step
        return {name: value.double() for name, value in hyper.items()}, step.double()

    def numbers(
        self,
        form: ClosedForm[Any],
        tuned: Tree,
        hyper: dict[str, Any],
        step: Any,
        share: Tensor | None = None,
    ) -> dict[str, Any]:
        """The numbers that the closed form uses: floats or tensors, as the natural values are."""
        if not self.bottom.traces:
            return form.numbers(hyper, step)
        rate, space = hyper["alpha"], self.bottom.space("alpha")
        slope = space.slope(tuned["alpha"])
        if share is not None:
            slope = slope * space.slope_of_times(tuned["alpha"], share)
        tensors = isinstance(rate, Tensor)
        one = torch.ones_like(rate) if tensors else 1.0
        decay = hyper["weight_decay"] if self.bottom.rule.uses_param else 0.0
        of_rate = {
            "rate": rate,
            "slope": slope.to(rate.dtype) if tensors else slope.item(),
            "faint": self.bottom.trace * (one - rate * decay),
        }
        return form.numbers(hyper | {"alpha": one}, step) | of_rate

    def _numbers(
        self,
        form: ClosedForm[Any],
        tuned: Tree,
        hyper: dict[str, Any],
        step: Any,
        given: Given,
        dtype: torch.dtype,
        share: Tensor | None = None,
    ) -> dict[str, Any]:
        if given is not None:
            return given.numbers
        numbers = self.numbers(form, tuned, hyper, step, share)
        return stored(numbers, dtype) if torch.compiler.is_compiling() else numbers

    def _along(self, part: Vectors) -> Tree:
        """The contribution of these weights to the hypergradient, from their gradient and their trace."""
        return gathered({"": self._gradient(part)}, {"": part.last[TRACE]}, cosine=self.bottom.cosine)

    def _form_update(self, form: ClosedForm[Any], u: Update, last: Tree, step: Tensor) -> Tensor:
        u = Update(form.decayed(u), u.memory, u.param, u.numbers)
        if self.bottom.traces:  # each form is its rate times a direction, and so is decoupled decay
            direction = form.move(u)
            last[TRACE].mul_(u.numbers["faint"]).sub_(direction * u.numbers["slope"])
            return direction.mul_(u.numbers["rate"])
        if last:
            kept = u.grad if form.keeps == GRADIENT else u.memory[form.keeps]
            last[f"last.{form.keeps}"].copy_(as_it_is(kept, step))
        return form.move(u)
