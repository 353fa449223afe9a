"""A step of the parameter groups that share one set of hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.arithmetic import Arithmetic
from hyperopt.optim.assemble import assemble, numbers_of
from hyperopt.optim.buckets import ParamState, Scratch, Span
from hyperopt.optim.checkpoint import moved
from hyperopt.optim.level import Tree
from hyperopt.optim.placing import Placement
from hyperopt.optim.programs import Programs, Whole, programs, warn_uncompiled
from hyperopt.optim.rate import shows_floats
from hyperopt.optim.sharding import Layout, summed
from hyperopt.optim.torch_private import compile_errors
from hyperopt.optim.trace import COSINE
from hyperopt.optim.vectors import Above, Floats, Given, add

COMPILE_STEPS, COMPILE_ELEMENTS = 200, 10**9
"""`compile="auto"` compiles after this many steps, and this many elements in all steps together.

An element costs some 5 ns more than compiled, so compiling has paid off after as many again.
"""


def arithmetic_of(group: Mapping[str, Any]) -> Arithmetic:
    """The arithmetic of a parameter group with these settings."""
    return _assembled(
        tuple(group["stack"].split("/")),
        tuple(group["tune"]),
        tuple(group["numbers"].items()),
        tuple(group["habits"].items()),
        tuple(group["clip"]),
        group["multiplicative"],
        group["floor"],
        group["maximize"],
        group["trace"],
        group["hypergradient"],
    )


@cache
def _assembled(
    rules: tuple[str, ...],
    tune: tuple[str, ...],
    bottom: tuple[tuple[str, float], ...],
    habits: tuple[tuple[str, Any], ...],
    clip: tuple[bool, ...],
    multiplicative: bool,
    floor: float | None,
    maximize: bool,
    trace: float,
    hypergradient: str,
) -> Arithmetic:
    numbers = numbers_of(rules, [0.0] * len(rules), dict(bottom))
    stack = assemble(
        rules,
        tune,
        numbers,
        dict(habits),
        multiplicative=multiplicative,
        floor=floor,
        trace=trace,
        cosine=hypergradient == COSINE,
    )
    bottom_level, *above = stack.levels
    clipping = [replace(level, clips=clips) for level, clips in zip(above, clip, strict=True)]
    return Arithmetic(replace(stack, levels=(bottom_level, *clipping)), maximize)


class Stepper:
    """Updates parameters, and the hyperparameters that they share.

    Args:
        arithmetic: of the updates.
        compiles: True, False or "auto".
        scratch: for gradients.
    """

    def __init__(self, arithmetic: Arithmetic, compiles: bool | str, scratch: Scratch) -> None:
        self.arithmetic, self._compiles = arithmetic, compiles
        self._placement = Placement(arithmetic, scratch)
        self._natural: tuple[Above, dict[str, Any]] | None = None
        self._numbers: tuple[Above, float, int, Given] | None = None
        self._used: tuple[Above, float, Above] | None = None
        self._run_by: tuple[bool, Programs] | None = None
        self._whole: Whole | None = None

    def step(
        self,
        params: list[Tensor],
        states: Mapping[Tensor, ParamState],
        above: Above,
        written: Tree,
        last: int,
        shares: tuple[float, float] = (1.0, 1.0),
        rested: int = 0,
    ) -> Above | None:
        """One step of every level; if the share of level 0's alpha is 0, the levels above rest.

        Args:
            params: those with a gradient move.
            states: of each parameter; {} at first.
            above: the hyperparameters, and the levels above.
            written: natural values that were set since the last step.
            last: the number of steps so far.
            shares: the shares of level 0's alpha that the last step used and that this one uses.
            rested: the number of steps so far in which the levels above rested.

        Returns:
            The hyperparameters after the step; None if no parameter has a gradient, and nothing moved.
        """
        self.place(params, states)
        spans = [span for bucket in self._placement.buckets for span in bucket.spans()]
        if not spans:
            return None
        tuned, like = self.arithmetic.bottom.tuned, above.like
        rests = shares[1] == 0
        moved_before = [span for span in spans if tuned and not rests and self._counts(span, last)]
        # A step in which the weights rest does too little to be worth compiling.
        run_by = programs(self.arithmetic, compiled=False) if rests else self._programs(last)
        if run_by.whole and (moved_before or not tuned) and self._is_all(spans, like):
            try:
                return self._step_as_one(run_by, spans[0], above, written, last, shares, rested)
            except compile_errors() as error:
                warn_uncompiled(error)
                self._compiles = False
                run_by = self._programs(last)
        count = _scalar(last + 1, like)
        sums = None
        if self.arithmetic.bottom.rule.summed:  # then no level above moves the hyperparameters
            sums = self._summed(spans, self._scheduled(self._taken(above, written), shares[1]))
        if rests:
            after = self._taken(above, written)
        else:
            gathers = self._pulled(moved_before, above, shares[0], run_by)
            climbs = _scalar(last + 1 - rested, like)
            after, natural = run_by.climb(above, gathers, written, count, climbs, sums)
            self._natural = after, self._named(natural)
        for span in spans:
            if len(spans) > 1 or not moved_before:
                span.fill()
            there = after if _device(span) == like.device else moved(after, _device(span))
            given = self._given(run_by, there, shares[1], span.step + 1)
            of_span = count if there is after and span.step == last else _scalar(span.step + 1, there.like)
            traced, there = self._of_trace(there, shares[1]), self._scheduled(there, shares[1])
            of_all = moved(sums, _device(span))
            run_by.move(there.tuned, there.fixed, span.vectors, of_span, given, of_all, traced)
            span.leave(last + 1)
        return after

    def _taken(self, above: Above, written: Tree) -> Above:
        """The hyperparameters with those that were written."""
        return self.arithmetic.with_written(above, written) if written else above

    def _counts(self, span: Span, last: int) -> bool:
        """Whether the loss depends on the rates through these: they moved last, or have a trace."""
        return 0 < span.moved == last or (span.moved > 0 and self.arithmetic.bottom.trace > 0)

    def _is_all(self, spans: list[Span], like: Tensor) -> bool:
        """Whether the first span has all parameters, on the device of the hyperparameters."""
        if self.arithmetic.bottom.rule.summed or len(self._placement.buckets) > 1:
            return False
        span = spans[0]
        return (
            span is self._placement.buckets[0].whole and span.layout is None and _device(span) == like.device
        )

    def _step_as_one(
        self,
        run_by: Programs,
        span: Span,
        above: Above,
        written: Tree,
        last: int,
        shares: tuple[float, float],
        rested: int,
    ) -> Above:
        whole = self._whole
        if whole is None or whole.above is not above or whole.vectors is not span.vectors:
            whole = Whole(run_by, self.arithmetic, span.vectors, above)
        span.fill()
        counts = span.step + 1, last + 1, last + 1 - rested
        self._natural = whole.above, self._named(whole(written, counts, shares))
        self._numbers = self._used = None  # they were computed from the former `above`
        span.leave(last + 1)
        self._whole = whole
        return whole.above

    def natural(self, above: Above) -> dict[str, Any]:
        """Natural values of level 0: floats on a CPU, computed once for each `above`."""
        if self._natural is None or self._natural[0] is not above:
            hyper = self.arithmetic.bottom.hyperparameters(above.tuned, above.fixed)
            self._natural = above, self._named(torch.stack(list(hyper.values())))
        return self._natural[1]

    def _named(self, values: Tensor) -> dict[str, Any]:
        names = self.arithmetic.bottom.rule.hyperparameters
        return dict(zip(names, values.tolist() if shows_floats(values) else values.unbind(), strict=True))

    def _scheduled(self, above: Above, share: float) -> Above:
        """The hyperparameters that an update with this share of alpha uses."""
        if share == 1:
            return above
        if self._used is None or self._used[0] is not above or self._used[1] != share:
            self._used = above, share, self.arithmetic.scheduled(above, _scalar(share, above.like))
        return self._used[2]

    def _of_trace(self, above: Above, share: float) -> Tensor | None:
        """The share of alpha, if a trace needs it."""
        return _scalar(share, above.like) if self.arithmetic.bottom.traces and share != 1 else None

    def _given(self, run_by: Programs, above: Above, share: float, step: int) -> Given:
        """The numbers of update number `step` of a span, its last one or its next one.

        On a CPU Python computes them, unless a compiled program does.
        """
        form, like = self.arithmetic.form, above.like
        if form is None or run_by.whole or like.device.type != "cpu":
            return None
        kept = self._numbers
        if kept is None or kept[0] is not above or kept[1:3] != (share, step):
            hyper = self.natural(above)
            hyper = hyper if share == 1 else hyper | {"alpha": hyper["alpha"] * share}
            used = self._scheduled(above, share).tuned
            numbers = self.arithmetic.numbers(form, used, hyper, float(step), self._of_trace(above, share))
            kept = self._numbers = above, share, step, Floats(numbers, hyper, float(step))
        return kept[3]

    def _pulled(self, spans: list[Span], above: Above, share: float, run_by: Programs) -> Tree:
        """The sums that give the hypergradient of level 0, through the parameters' last updates."""
        parts: dict[Layout | None, list[Tree]] = {}
        for span in spans:
            span.fill()
            there = above if _device(span) == above.seen.device else moved(above, _device(span))
            given = self._given(run_by, there, share, span.step)
            of_span = _scalar(span.step + 1, there.like)
            there = self._scheduled(there, share)
            part = run_by.pull(there.tuned, there.fixed, span.vectors, of_span, given)
            parts.setdefault(span.layout, []).append(moved(part, above.seen.device))
        if not parts:
            return {name: torch.zeros_like(above.like) for name in self.arithmetic.bottom.gathers}
        total = add([summed(add(trees), over) for over, trees in parts.items()])
        if share == 1:
            return total
        return self.arithmetic.bottom.through_times(total, above.tuned, _scalar(share, above.like))

    def _summed(self, spans: list[Span], above: Above) -> Tree:
        """The rule's sums over all parameters, after each has taken the common state of the last to move."""
        latest = max(spans, key=lambda span: span.moved)
        parts = []
        for span in spans:
            for name in self.arithmetic.bottom.rule.common:
                span.vectors.memory[name].copy_(latest.vectors.memory[name])
            span.fill()
            there = moved(above, _device(span))
            of_span = _scalar(span.step + 1, there.like)
            part = self.arithmetic.sums(there.tuned, there.fixed, span.vectors, of_span)
            parts.append(moved(part, above.seen.device))
        return add(parts)

    def place(self, params: list[Tensor], states: Mapping[Tensor, ParamState]) -> None:
        """Put every parameter with a gradient into a bucket, and remove those that are not in `params`."""
        if self._placement.follow(params, states):
            self._whole = None

    def _programs(self, last: int) -> Programs:
        compiled = self._compiles
        if compiled == "auto":
            compiled = last >= COMPILE_STEPS and last * self._placement.elements >= COMPILE_ELEMENTS
        compiled = bool(compiled) and last > 0  # the first step has no pull and comes only once
        if compiled:
            self._placement.take_any_length()
        if self._run_by is None or self._run_by[0] != compiled:
            self._run_by = compiled, programs(self.arithmetic, compiled=compiled)
        return self._run_by[1]


def _device(span: Span) -> torch.device:
    return span.params[0].device


def _scalar(value: float, like: Tensor) -> Tensor:
    """A number in the hyperparameters' type, made on their device to avoid waiting."""
    return torch.full((), value, dtype=like.dtype, device=like.device)
