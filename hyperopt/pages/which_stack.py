"""The page that recommends a stack, from the finished runs of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperopt.findings.advice import OF_THE_PACKAGE, caution, named, of_the_package, picks
from hyperopt.findings.method_costs import Cost
from hyperopt.findings.methods import BASELINE, Workload
from hyperopt.findings.questions import FEW, SURE, Pick, percent, times
from hyperopt.findings.standings import BAND, DRAWS, begun, compared
from hyperopt.findings.study import QUESTION, STUDY
from hyperopt.findings.to_target import TARGET
from hyperopt.pages import blocks
from hyperopt.pages.blocks import Block, Commands, Folded, Picture, Table
from hyperopt.pages.markdown import NOTHING
from hyperopt.pages.standings import all_methods, of_workload, time_to_target
from hyperopt.wording import counted, duration, listed

WORDS = "../../docs/words.md"
SHOWN = 0.05
"""The minimum share of draws of an answer that is named."""


def page(
    workloads: Sequence[Workload],
    band: float = BAND,
    target: float = TARGET,
    *,
    costs: Mapping[str, Cost] | None = None,
    seconds: Mapping[str, float] | None = None,
    picture: str | None = None,
) -> str:
    """Return the page in Markdown.

    Args:
        workloads: all workloads of the study, with or without runs.
        band: the relative difference up to which a loss counts as being as good as the baseline's.
        target: the target loss of the profiles, as a multiple of the baseline's best.
        costs: the measured costs by method.
        seconds: the training time of all finished runs by the workload's id.
        picture: the name of the drawing's file beside the page.
    """
    there, found = compared(workloads), picks(workloads, band, target)
    parts: list[Block] = [f"# {QUESTION}", *_answers(there, found), of_the_package(there)]
    if found:
        parts += ["## How certain the answers are", *_certainty(there, found)]
        parts += ["## How they are chosen", _rules(found[0], band)]
    parts += ["## The runs so far", *_runs(workloads, seconds or {})]
    parts.append("\n".join(f"- *{w.name}:* {'; '.join(w.ran)}." for w in workloads if w.ran))
    if there:
        parts += _drawn(picture)
        parts += ["## Where stacks lose, and where they do not", "\n".join(map(_lose, found))]
        parts += ["## All methods", *all_methods(there, band, costs or {}, named(found))]
        parts += ["## Time to the target", *time_to_target(there, target)]
        parts += [
            Folded(_title(workload), [of_workload(workload, band), f"[Its page]({workload.name}.md)."])
            for workload in begun(workloads)
        ]
    return blocks.text([*parts, *_ask_again()]) + "\n"


def _answers(there: Sequence[Workload], found: Sequence[Pick]) -> list[Block]:
    if not found:
        return [f"**No answer yet:** on no workload are all runs of {BASELINE} finished."]
    code = "\n".join
    own = (
        "`model`, `rate` and `steps`"
        if any("steps" in code(p.lines) for p in found)
        else "`model` and `rate`"
    )
    return [
        "A *stack* such as `adam/sgd` is Adam on the weights and SGD on Adam's hyperparameters"
        f" ([glossary]({WORDS})). Replace {own} by your own.",
        caution(there),
        *(
            f"- {pick.sentence}\n\n  ```python\n  {code(pick.lines).replace(chr(10), f'{chr(10)}  ')}\n  ```"
            if pick.lines
            else f"- {pick.sentence}"
            for pick in found
        ),
    ]


def _certainty(there: Sequence[Workload], found: Sequence[Pick]) -> list[Block]:
    heads = [
        "for",
        "answer",
        "its loss",
        "95 % interval",
        "answers in bootstrap draws",
    ]
    checked = any(pick.checks for pick in found)
    rows = [[*_certainty_of(pick), *([_checks(pick)] if checked else [])] for pick in found]
    alone = [workload.name for workload in there if len(workload.seeds) == 1]
    words = (
        f"The intervals and draws are bootstrapped over seeds, {DRAWS:,} times: each draw takes as many seeds"
        " with replacement as a workload has, the same for all methods. The loss of the answer was selected"
        " as the least, so it is more likely too low than too high."
    )
    if alone:
        words += (
            f" {listed(alone)} {'have' if alone[1:] else 'has'} one seed, so chance there is not included."
        )
    if checked:
        words += " *elsewhere* lists workloads with incomplete runs, which count in no answer."
    return [
        Table(
            [*heads, *(["elsewhere"] if checked else [])],
            rows,
            left=[heads[0], heads[1], *heads[4:], "elsewhere"],
        ),
        words,
        *_without_each(found),
    ]


def _certainty_of(pick: Pick) -> list[str]:
    again = [f"{100 * share:.0f} % {label}" for label, share in pick.again.items() if share >= SHOWN]
    return [
        pick.question.who,
        pick.method,
        times(pick.score),
        f"{pick.interval.low:.2f} to {pick.interval.high:.2f}"
        if pick.interval and not pick.is_unit
        else NOTHING,
        "; ".join(again) if pick.interval else NOTHING,
    ]


def _without_each(found: Sequence[Pick]) -> list[Block]:
    """Return the answers without each workload, a row for each; [] if there is only one workload."""
    if not found[0].without:
        return []
    heads = [head for pick in found for head in _heads_without(pick)]
    rows = [[name, *(cell for pick in found for cell in _left(pick, name))] for name in found[0].without]
    return [
        "The answers without one of the workloads, and the loss of the answer above, in brackets"
        f" {BASELINE}'s:",
        Table(["without", *heads], rows, left=["without", *(pick.question.who for pick in found)]),
    ]


def _heads_without(pick: Pick) -> list[str]:
    return [pick.question.who, *([f"{pick.method} ({BASELINE})"] if pick.method != BASELINE else [])]


def _left(pick: Pick, name: str) -> list[str]:
    left = pick.without[name]
    numbers = f"{left.score:.2f} ({left.baseline:.2f})"
    return [left.method, *([numbers] if pick.method != BASELINE else [])]


def _checks(pick: Pick) -> str:
    found = [
        f"{name}: {times(own)}" + (f", {BASELINE} {base:.2f}" if pick.method != BASELINE else "")
        for name, (own, base) in pick.checks.items()
    ]
    return "; ".join(found) or NOTHING


def _rules(first: Pick, band: float) -> str:
    """Return the rules behind the answers as a list; `first` is the first answer."""
    before = first.before
    lines = [
        "*No idea of the rate:* every method is scored at its default. This rule was changed after the first"
        " numbers were seen. Before, methods that need no rate were scored at their default, and all others"
        " by the mean over all rates, which was not a fair comparison"
        f"{f'; by that rule the answer would be {before[0]}, at {times(before[1])}' if before else ''}. The"
        " answer also gives the mean over rates, or first guesses, drawn blindly.",
        "*A rough idea:* a method is scored by the mean over its best rate and the neighbouring rates, a"
        " decade below and above; at the end of the grid there is only one neighbour.",
        f"*A tuned {BASELINE}:* a method is scored at the best rate of {BASELINE}, or at its default if it"
        " needs no rate.",
        f"The method with the least mean is the answer, unless {BASELINE}'s mean is less than {percent(band)}"
        f" above it: then the answer is {BASELINE}. The same band defines *good rates* below.",
        "These means are over all seeds. Draws of seeds do not choose the answer; they show how far it"
        " depends on chance. In a draw another rate of a method can be its best, with other neighbouring"
        " rates, and so a very different mean over them.",
        f"An answer says *use* if at least {FEW} workloads are complete, and the answer is the same without"
        f" any one of them and in {percent(SURE)} of the draws of seeds. Otherwise it says *try*.",
        f"All methods were chosen before any run, except {OF_THE_PACKAGE}, which was added after the others"
        " had been seen.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _runs(workloads: Sequence[Workload], seconds: Mapping[str, float]) -> list[Block]:
    rows = [
        [w.name, f"{w.found} of {w.wanted}", _seeds(w), _methods_in(w), _short(w.missing)] for w in workloads
    ]
    heads = ["workload", "finished runs", "seeds", "complete methods", "other methods"]
    table = Table(heads, rows, left=["workload", "seeds", "other methods"])
    if not seconds:
        return [table]
    of_each = listed([f"{duration(seconds[w.id])} on {w.name}" for w in workloads if w.id in seconds])
    total = duration(sum(seconds.values()))
    return [
        table,
        f"The steps of all finished runs took {total} of one process, without evaluation and compilation:"
        f" {of_each}.",
    ]


def _seeds(workload: Workload) -> str:
    first, last = workload.seeds[0], workload.seeds[-1]
    if len(workload.seeds) > 1 and list(workload.seeds) == list(range(first, last + 1)):
        words = f"{first} to {last}"
    else:
        words = listed([str(seed) for seed in workload.seeds])
    if not workload.left_out:
        return words
    return f"{words}; {counted(workload.left_out, 'run')} of incomplete seeds left out"


def _methods_in(workload: Workload) -> str:
    return f"{len(workload.methods)} of {len(workload.methods) + len(workload.missing)}"


def _title(workload: Workload) -> str:
    if not workload.missing:
        return workload.title
    return f"{workload.title}: so far {_methods_in(workload)} methods, not counted in the answers above"


def _short(labels: Sequence[str]) -> str:
    few = "; ".join(labels[:3])
    return f"{few}; and {len(labels) - 3} more" if len(labels) > 3 else few or NOTHING


def _drawn(picture: str | None) -> list[Block]:
    if picture is None:
        return []
    return [
        Picture("Final loss against initial rate", picture),
        "Test loss after the last epoch against the initial rate, or the first guess of a method that needs"
        f" none. Losses are capped at the loss of guessing. Shown are {BASELINE}, the answers above, for each"
        " question the best method that is no stack, the library's default and, of some other kinds of"
        " method, the one with the least mean over all rates."
        " The last panel is the share of workloads on which a method reaches the target, explained under"
        f" *Time to the target*. The [glossary]({WORDS}) explains the names.",
    ]


def _lose(pick: Pick) -> str:
    if pick.stack is None:
        return f"- *{pick.question.who}:* no stack has complete runs."
    (stack, own), (other, best) = pick.stack, pick.other
    if max(own, best) <= min(own, best) * (1 + pick.band):
        state = f"level, within {percent(pick.band)}"
    else:
        state = f"{'ahead' if own < best else 'behind'}{'' if pick.is_firm else ' so far'}"
    each = "; ".join(f"{name} {at:.2f} ({base:.2f})" for name, (at, base) in pick.each.items())
    return (
        f"- *{pick.question.who}:* stacks are {state}. The best stack, {stack}, has {times(own)} the loss of"
        f" {BASELINE} at its best rate; the best other method, {other}, has {times(best)} that loss. By"
        f" workload, this stack and in brackets {BASELINE} {pick.question.alike}: {each}."
    )


def _ask_again() -> list[Block]:
    return [
        "## Ask again",
        "The rules behind the answers are in `hyperopt/findings/advice.py`. You can change the band or the"
        " target, choose workloads, and include your own runs (see `hyperopt which --help`):",
        Commands(
            ["hyperopt which band=0.2 target=1.05", "hyperopt which logistic mnist_mlp format=markdown"]
        ),
        "The records are in `results/records/which_stack/`; `pandas.read_parquet` reads them.",
        "To train the runs, cheapest workloads first (`BUDGET` trains what fits; the last line is a dry run"
        " of all of them on random data, and `--plan` says how long that takes):",
        Commands(
            [
                f"make tables ONLY='{STUDY}/*' SEEDS=1",
                f"make tables ONLY='{STUDY}/*' SEEDS=1 EPOCHS=1 BUDGET=30m",
                f"hyperopt tables '{STUDY}/*' seeds=1 epochs=1 dataset.generated=true dataset.train=64",
            ]
        ),
        "To measure the costs of methods (`step`, `kept`):",
        Commands(["python -m benchmarks pages methods"]),
    ]
