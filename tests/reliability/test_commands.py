"""Commands at once on one store: none hangs and no run is trained twice, however they begin and end."""

from pathlib import Path

import pytest
from commands import faults_in, in_a_process, starts_by_room
from torture import cases


@pytest.mark.slow
@pytest.mark.parametrize("kills", ["none", "kills"])
def test_commands_at_once_end_and_train_each_run_once(kills: str, tmp_path: Path) -> None:
    """Of two to four commands, all but the first are killed where there are kills: it has everything then."""
    assert in_a_process(faults_in, tmp_path, cases(8), kills) == []


@pytest.mark.slow
def test_a_limit_that_ends_the_process_is_learnt_from_start_to_start(tmp_path: Path) -> None:
    """Six runs, of which one to six fit: a pack that was begun and never ended is begun in halves."""
    assert in_a_process(starts_by_room, tmp_path, 6) == [6, 3, 2, 2, 2, 1]
