"""The page of the optimizer beside its peers: its contenders and its arithmetic; no time is asserted."""

from __future__ import annotations

import pytest
from markdown_cells import cells

from benchmarks.optimizer import GDTUO, OPTIMIZERS, Contender, rows_of
from benchmarks.rounds import Rounds, Timed, in_turn
from benchmarks.workers import Sample

MIB = 2**20


def test_a_row_compares_processor_time_round_by_round() -> None:
    def timed(*cpu: float) -> Timed:
        samples = tuple(
            Sample(10, 9.0, seconds, (100 + i) * MIB, (200 + i) * MIB, seconds / 4)
            for i, seconds in enumerate(cpu)
        )
        return Timed(Sample(60, 7.0, 1.0, 0), samples)

    adam = "torch.optim.Adam, "
    text = rows_of(
        {f"{adam}foreach": timed(0.02, 0.04), f"{adam}fused": timed(0.01, 0.01), GDTUO: timed(0.04, 0.04)}
    )
    assert cells(text, GDTUO) == [GDTUO, "4.00", "1.50", "1.00", "1.50", "4.00", "201", "1.0", "10", "7.0"]


@pytest.mark.parametrize("optimizer", [GDTUO, *(name for name in OPTIMIZERS if "compiled" not in name)])
def test_a_contender_trains_and_times_its_part(optimizer: str) -> None:
    [timed] = in_turn("smoke", [Contender(optimizer, "mlp")], Rounds(2, 0.0, inline=True), lambda _: None)
    assert len(timed.samples) == 2
    for sample in timed.samples:
        assert sample.steps == 1
        assert 0 < sample.part_seconds < sample.cpu_seconds
