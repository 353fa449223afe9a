"""Small SVG drawings: the effect of a sentence's row, and a page in miniature."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from hyperopt.figures.style import COLOURS
from hyperopt.findings.curves import MeasuredCurve
from hyperopt.findings.verdicts import RowVerdict
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.site.evidence import thinned

WIDE, HIGH, EDGE = 420, 58, 14
AXIS, DOTS, BAR = 40, 22, 22
SMALL_WIDE, SMALL_HIGH = 160, 90
MOST_POINTS, MOST_ROWS, MOST_CURVES = 40, 12, 12
Scale = Callable[[float], float]


def effect(row: RowVerdict) -> Markup:
    """Return a drawing of effects: seeds as dots, the interval as a bar, the claimed range as an area.

    It is empty without finite effects.
    """
    tested, bound = row.tested, row.tested.check.bound
    effects = {seed: value for seed, value in tested.effects.items() if math.isfinite(value)}
    if not effects:
        return Markup()
    interval = tested.interval
    ends = [bound.low, bound.high, *((interval.low, interval.high) if interval else ())]
    known = [value for value in (*effects.values(), *ends, 0.0) if math.isfinite(value)]
    place = _scale(min(known), max(known), EDGE, WIDE - EDGE)
    low, high = (place(b) if math.isfinite(b) else e for b, e in ((bound.low, 0), (bound.high, WIDE)))
    center = tested.center
    decimals = tested.sides[0][0].cell.decimals
    parts = [
        Markup('<rect class="claimed" x="{:.1f}" y="4" width="{:.1f}" height="36"/>').format(
            low, max(1.5, high - low)
        ),
        _line("axis", 0, AXIS, WIDE, AXIS),
    ]
    if interval:
        left, right = (min(max(place(end), 0), WIDE) for end in (interval.low, interval.high))
        parts.append(_line("interval", left, BAR, right, BAR))
    parts += [
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"><title>seed {}: {}</title></circle>').format(
            place(value), DOTS + 10 * _jitter(i), seed, f"{value:.{decimals + 2}g}"
        )
        for i, (seed, value) in enumerate(effects.items())
    ]
    if center is not None and math.isfinite(center):
        parts.append(_line("center", place(center), BAR - 12, place(center), BAR + 12))
    ticks: dict[str, float] = {}
    for end in (0.0, bound.low, bound.high, min(known), max(known)):
        if math.isfinite(end) and all(abs(place(end) - at) > 46 for at in ticks.values()):
            ticks[f"{end:.3g}"] = place(end)
    parts += [
        Markup('<text x="{:.1f}" y="54">{}</text>').format(min(max(at, 12), WIDE - 12), text)
        for text, at in ticks.items()
    ]
    says = (
        f"{markdown.rows_named(tested.rows)}: claimed {markdown.bound(bound)}; effect "
        f"{markdown.number(center, decimals)}, 95 % interval {markdown.interval(interval, decimals)}, "
        f"n = {len(tested.effects)}; {row.outcome}"
    )
    return _svg("effect", WIDE, HIGH, parts, says)


def miniature(view: View) -> Markup:
    """Return a page in miniature: its first panel, its heat map, or its numbers with their ranges."""
    if view.experiment.heatmap and view.measured:
        parts = list(_heat(view))
    elif any(view.curves.values()):
        parts = list(_lines(next(curves for curves in view.curves.values() if curves), view))
    else:
        parts = list(_numbers(view))
    return _svg("miniature", SMALL_WIDE, SMALL_HIGH, parts)


def _svg(name: str, wide: int, high: int, parts: Sequence[Markup], says: str = "") -> Markup:
    about = (
        Markup('role="img" aria-label="{}"').format(says)
        if says
        else Markup('aria-hidden="true" focusable="false"')
    )
    return Markup('<svg class="{}" viewBox="0 0 {} {}" {}>{}</svg>').format(
        name, wide, high, about, Markup().join(parts)
    )


def _line(name: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        name, x1, y1, x2, y2
    )


def _scale(low: float, high: float, start: float, end: float, *, log: bool = False) -> Scale:
    """Return a function from numbers to positions; if all numbers are equal, to the middle."""

    def of(value: float) -> float:
        return math.log(value) if log else value

    first, last = of(low), of(high)
    if first == last:
        return lambda _: (start + end) / 2
    step = (end - start) / (last - first)
    return lambda value: start + (of(value) - first) * step


def _jitter(i: int) -> float:
    """Return alternating offsets from the middle, so that the dots of equal numbers are visible."""
    return (1 if i % 2 else -1) * ((i * 0.37) % 1)


def _heat(view: View) -> Iterator[Markup]:
    from hyperopt.figures.heatmaps import scale_of, text_and_colours  # imports matplotlib

    figure, scale = view.experiment.heatmap, scale_of(view.measurements)
    assert figure
    one = max((m for m in figure.maps if m.drawn), key=lambda m: len(m.columns))
    wide, high = SMALL_WIDE / len(one.columns), SMALL_HIGH / len(one.rows)
    for down, row in enumerate(one.rows):
        for right, column in enumerate(one.columns):
            colour = text_and_colours(view.measurements[row, column], scale)[1]
            yield Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
                right * wide, down * high, wide - 0.6, high - 0.6, colour
            )


def _lines(curves: Sequence[MeasuredCurve], view: View) -> Iterator[Markup]:
    panel = next(panel for panel, found in view.curves.items() if found)
    figure = view.experiment.figure
    assert figure
    some = [curves[i] for i in thinned(len(curves), MOST_CURVES)]
    drawn = [_points(curve, figure.x.log, panel.log) for curve in some]
    known = [point for points in drawn for point in points]
    if not known:
        return
    xs, ys = zip(*known, strict=True)
    to_x = _scale(min(xs), max(xs), 4, SMALL_WIDE - 4, log=figure.x.log)
    to_y = _scale(min(ys), max(ys), SMALL_HIGH - 6, 6, log=panel.log)
    for i, points in enumerate(drawn):
        path = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in points)
        yield Markup('<polyline class="c{}" points="{}"/>').format(i % len(COLOURS), path)


def _points(curve: MeasuredCurve, log_x: bool, log_y: bool) -> list[tuple[float, float]]:
    x, y = (curve.x, curve.middle) if len(curve.x) else (curve.report_x, curve.report_y)
    pairs = [(float(x[i]), float(y[i])) for i in thinned(len(x), MOST_POINTS)] if len(x) else []
    return [
        (a, b) for a, b in pairs if math.isfinite(b) and not (log_x and a <= 0) and not (log_y and b <= 0)
    ]


def _numbers(view: View) -> Iterator[Markup]:
    """Yield, for some rows, our median as a dot with its range, and the report's number as a ring."""
    found = [m for m in view.measurements.values() if m.summary and math.isfinite(m.summary.median)]
    some = [found[i] for i in thinned(len(found), MOST_ROWS)]
    ends = [
        value
        for m in some
        if m.summary
        for value in (m.summary.range.low, m.summary.range.high, m.cell.report)
        if value is not None and math.isfinite(value)
    ]
    if not ends:
        return
    log = min(ends) > 0 and max(ends) > 20 * min(ends)
    to_x = _scale(min(ends), max(ends), 8, SMALL_WIDE - 8, log=log)
    for i, m in enumerate(some):
        assert m.summary
        y = SMALL_HIGH * (i + 0.5) / len(some)
        low, high = (
            to_x(end) if math.isfinite(end) else SMALL_WIDE
            for end in (m.summary.range.low, m.summary.range.high)
        )
        yield _line("range", low, y, high, y)
        yield Markup('<circle class="ours" cx="{:.1f}" cy="{:.1f}" r="2.6"/>').format(
            to_x(m.summary.median), y
        )
        if m.cell.report is not None and math.isfinite(m.cell.report):
            yield Markup('<circle class="theirs" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(
                to_x(m.cell.report), y
            )
