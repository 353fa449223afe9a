"""The page that says which stack to use, from whatever runs of the study are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperopt.findings.advice import OF_THE_PACKAGE, caution, of_the_package, picks
from hyperopt.findings.method_costs import Cost
from hyperopt.findings.methods import BASELINE, Workload
from hyperopt.findings.questions import FEW, SURE, Pick, percent, times
from hyperopt.findings.standings import BAND, DRAWS, begun, compared
from hyperopt.findings.study import STUDY
from hyperopt.findings.to_target import TARGET
from hyperopt.pages import blocks
from hyperopt.pages.blocks import Block, Commands, Folded, Picture, Table
from hyperopt.pages.markdown import NOTHING
from hyperopt.pages.standings import all_methods, of_workload, time_to_target
from hyperopt.wording import counted, listed

WORDS = "../../docs/words.md"
SHOWN = 0.05
"""Answers of such a share of draws are named."""


def page(
    workloads: Sequence[Workload],
    band: float = BAND,
    target: float = TARGET,
    *,
    costs: Mapping[str, Cost] | None = None,
    picture: str | None = None,
) -> str:
    """The page as Markdown; its numbers follow from the workloads whose runs are in.

    Args:
        workloads: all of the study's, runs of them in or not.
        band: how much above the baseline's best still counts as as good.
        target: of the profiles, as a multiple of the baseline's best loss.
        costs: by method, as they were measured.
        picture: the file of its drawing beside it.
    """
    there, found = compared(workloads), picks(workloads, band, target)
    parts: list[Block] = ["# Which stack should I use?", *_answers(there, found), of_the_package(there)]
    if found:
        parts += ["## How sure that is", *_sure(there, found), "## How it is chosen", _rules(found[0], band)]
    parts += ["## What is in", _what_is_in(workloads)]
    parts.append("\n".join(f"- *{w.name}:* {'; '.join(w.ran)}." for w in workloads if w.ran))
    if there:
        parts += _drawn(picture)
        parts += ["## Where stacks lose, and where they do not", "\n".join(map(_lose, found))]
        parts += ["## All methods", *all_methods(there, band, costs or {})]
        parts += ["## Time to the target", *time_to_target(there, target)]
        parts += [
            Folded(_title(workload), [of_workload(workload, band), f"[Its page]({workload.name}.md)."])
            for workload in begun(workloads)
        ]
    return blocks.text([*parts, *_ask_again()]) + "\n"


def _answers(there: Sequence[Workload], found: Sequence[Pick]) -> list[Block]:
    if not found:
        return [f"**No answer yet:** of no workload are all runs of {BASELINE} in."]
    code = "\n".join
    return [
        "A *stack* such as `adam/sgd` is Adam on the weights and SGD on Adam's hyperparameters"
        f" ([words]({WORDS})). `model`, `rate` and `steps` are yours.",
        caution(there),
        *(
            f"- {pick.sentence}\n\n  ```python\n  {code(pick.lines).replace(chr(10), f'{chr(10)}  ')}\n  ```"
            if pick.lines
            else f"- {pick.sentence}"
            for pick in found
        ),
    ]


def _sure(there: Sequence[Workload], found: Sequence[Pick]) -> list[Block]:
    heads = [
        "for",
        "answer",
        "its loss",
        "middle 95 %",
        "answers when seeds are drawn anew",
        "workload left out",
    ]
    checked = any(pick.checks for pick in found)
    rows = [[*_sure_of(pick), *([_checks(pick)] if checked else [])] for pick in found]
    alone = [workload.name for workload in there if len(workload.seeds) == 1]
    words = (
        f"Seeds are drawn anew {DRAWS:,} times: on each workload as many as it has, with replacement, the"
        " same for all methods. *Middle 95 %* is where the loss of the answer then lies: it was picked as"
        " the least, and so is more likely too low than too high."
    )
    if alone:
        words += (
            f" {listed(alone)} has one seed, so the chance in it is left out."
            if not alone[1:]
            else (f" {listed(alone)} have one seed, so the chance in them is left out.")
        )
    if checked:
        words += " *Elsewhere* are workloads that are only begun, and count in no answer."
    return [
        Table(
            [*heads, *(["elsewhere"] if checked else [])],
            rows,
            left=[heads[0], heads[1], *heads[4:], "elsewhere"],
        ),
        words,
    ]


def _sure_of(pick: Pick) -> list[str]:
    again = [f"{100 * share:.0f} % {label}" for label, share in pick.again.items() if share >= SHOWN]
    left = [
        f"{name}: {at.score:.2f}, {BASELINE} {at.baseline:.2f}"
        + (f", then {at.method}" if at.method != pick.method else "")
        for name, at in pick.without.items()
    ]
    return [
        pick.question.who,
        pick.method,
        times(pick.score),
        f"{pick.interval.low:.2f} to {pick.interval.high:.2f}" if pick.interval else NOTHING,
        "; ".join(again) if pick.interval else NOTHING,
        "; ".join(left) or NOTHING,
    ]


def _checks(pick: Pick) -> str:
    found = [
        f"{name}: {times(own)}" + (f", {BASELINE} {base:.2f}" if pick.method != BASELINE else "")
        for name, (own, base) in pick.checks.items()
    ]
    return "; ".join(found) or NOTHING


def _rules(first: Pick, band: float) -> str:
    """The rules behind the answers, of which this is the first, as a list."""
    before = first.before
    lines = [
        "*No idea of the rate:* who has none takes defaults, so every method counts at its own. This rule was"
        " changed after the first numbers were seen. Before, methods that need no rate counted at their"
        " default and all others by the mean over all rates, which are not alike"
        f"{f'; by that rule it would be {before[0]}, at {times(before[1])}' if before else ''}. The mean over"
        " rates, or first guesses, drawn blindly stands beside the answer, for all methods alike.",
        "*A rough idea:* a method counts by the mean over its best rate and the neighbours of that, a decade"
        " below and above; at the end of the rates there is only one.",
        f"*A tuned {BASELINE}:* a method counts at the rate that is the best of {BASELINE}, or at its"
        " default if it needs none.",
        f"The method of the least mean is the answer, unless {BASELINE}'s mean is less than {percent(band)}"
        f" above it: then it is {BASELINE}. The same band says which rates are *good* below.",
        f"*Use* stands where at least {FEW} workloads are in, and the answer stays whichever of them is left"
        f" out and in {percent(SURE)} of the draws of seeds; *try* where not.",
        f"All rows were written down before any run, but that of {OF_THE_PACKAGE}, which came after the"
        " others had been seen.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _what_is_in(workloads: Sequence[Workload]) -> Block:
    rows = [
        [w.name, f"{w.found} of {w.wanted}", _seeds(w), _methods_in(w), _short(w.missing)] for w in workloads
    ]
    heads = ["workload", "runs in", "at", "methods in", "methods not in"]
    return Table(heads, rows, left=["workload", "at", "methods not in"])


def _seeds(workload: Workload) -> str:
    first, last = workload.seeds[0], workload.seeds[-1]
    if len(workload.seeds) > 1 and list(workload.seeds) == list(range(first, last + 1)):
        words = f"seeds {first} to {last}"
    else:
        words = f"seed{'s' if workload.seeds[1:] else ''} {listed([str(seed) for seed in workload.seeds])}"
    if not workload.left_out:
        return words
    return f"{words}; {counted(workload.left_out, 'run')} of other seeds left out, which are not whole"


def _methods_in(workload: Workload) -> str:
    return f"{len(workload.methods)} of {len(workload.methods) + len(workload.missing)}"


def _title(workload: Workload) -> str:
    if not workload.missing:
        return workload.title
    return f"{workload.title}: so far {_methods_in(workload)} methods, which no answer above counts"


def _short(labels: Sequence[str]) -> str:
    few = "; ".join(labels[:3])
    return f"{few}; and {len(labels) - 3} more" if len(labels) > 3 else few or NOTHING


def _drawn(picture: str | None) -> list[Block]:
    if picture is None:
        return []
    return [
        Picture("Final loss against initial rate", picture),
        "Test loss after the last epoch against the initial rate, or the first guess of what needs none. A"
        f" loss above that of guessing is drawn as that of guessing. Drawn are {BASELINE}, the answers"
        " above, the library's default and, of every other kind of method, the one of the least mean over"
        f" all rates; what their names mean: [words]({WORDS}).",
    ]


def _lose(pick: Pick) -> str:
    if pick.stack is None:
        return f"- *{pick.question.who}:* no stack is in."
    (stack, own), (other, best) = pick.stack, pick.other
    if f"{own:.2f}" == f"{best:.2f}":
        words = f"level: the best of them, {stack}, and the best of all others, {other}, have {times(own)}"
    else:
        words = (
            f"{'ahead' if own < best else 'behind'}{'' if pick.is_firm else ' so far'}: the best of them,"
            f" {stack}, has {times(own)} the loss of {BASELINE} at its best rate; the best of all others,"
            f" {other}, {best:.2f}"
        )
    return f"- *{pick.question.who}:* {words}."


def _ask_again() -> list[Block]:
    return [
        "## Ask again",
        "The answers follow from rules in `hyperopt/findings/advice.py`. With another band or target, on a"
        " choice of workloads, or with the runs of your own store beside the published ones (`hyperopt which"
        " --help` explains each):",
        Commands(
            ["hyperopt which band=0.2 target=1.05", "hyperopt which logistic mnist_mlp format=markdown"]
        ),
        "The records behind it are the files in `results/records/which_stack/`, for `pandas.read_parquet`.",
        "The runs themselves, cheapest workloads first; `BUDGET` trains what fits. The last line is a dry"
        " run of all of them on random data, and says with `--plan` how long that takes:",
        Commands(
            [
                f"make tables ONLY='{STUDY}/*' SEEDS=1",
                f"make tables ONLY='{STUDY}/*' SEEDS=1 EPOCHS=1 BUDGET=30m",
                f"hyperopt tables '{STUDY}/*' seeds=1 epochs=1 dataset.generated=true dataset.train=64",
            ]
        ),
        "What methods cost (`step`, `kept`):",
        Commands(["python -m benchmarks pages methods"]),
    ]
