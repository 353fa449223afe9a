"""A report's points: one verdict of all sentences that make one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hyperopt.experiments.claim import Claim
from hyperopt.findings.answers import answers
from hyperopt.findings.judging import Outcome
from hyperopt.findings.verdicts import Verdict


def said(point: str, outcome: Outcome, **claim: Any) -> Verdict:
    return Verdict(replace(Claim("It is so.", (), point=point), **claim), outcome, ())


@pytest.mark.parametrize(
    ("sentences", "overall"),
    [
        (["holds"], "holds"),
        (["undecided", "holds", "undecided"], "holds"),
        (["does not hold", "cannot be told"], "does not hold"),
        (["undecided", "at the bound"], "at the bound"),
        (["holds", "does not hold", "undecided"], "differs"),
        (["holds", "at the bound"], "differs"),
        (["undecided", "undecided"], "undecided"),
    ],
)
def test_a_point_has_the_verdict_of_its_decided_sentences(sentences: list[Outcome], overall: str) -> None:
    [answer] = answers([said("clipping helps", outcome) for outcome in sentences])
    assert answer.outcome == overall
    assert sum(answer.sentences.values()) == len(sentences)


def test_points_are_in_the_order_of_verdicts_and_then_of_pages() -> None:
    given: list[tuple[str, Outcome]] = [
        ("a", "undecided"),
        ("b", "does not hold"),
        ("c", "holds"),
        ("d", "holds"),
    ]
    found = answers(said(*one) for one in given)
    assert [answer.point for answer in found] == ["c", "d", "b", "a"]


def test_only_sentences_of_the_report_count() -> None:
    ours, repeated = said("a", "holds", ours=True), said("b", "holds", same_as="report/table1")
    assert answers([ours, repeated, said("", "holds"), said("c", "holds")]) == answers([said("c", "holds")])
