import shlex
from pathlib import Path

from figures_fake import ALONG_EPOCHS, LOSSES, epoch_records, written

from hyperopt.config.sweep import expand, one, parse
from hyperopt.findings.curves import curves
from hyperopt.findings.rerun import command
from hyperopt.records import published


def words(text: str) -> list[str]:
    return shlex.split(text)


def test_the_command_of_every_published_run_asks_for_that_run():
    every = [record for id_, record in published().load().items() if not id_.startswith("time-")]
    settings = {repr({**record.config, "seed": 0}): record for record in every}
    assert len(settings) > 500
    for record in settings.values():
        typed = words(command(record.config, [record.config["seed"]]))
        assert typed[:2] == ["hyperopt", "run"]
        assert one(parse(typed[2:])[0]).id == record.id


def test_of_several_seeds_it_is_a_sweep(tmp_path: Path):
    experiment = written(tmp_path, ALONG_EPOCHS)
    run = experiment.cell("SGD", "epoch 3").run(0)
    typed = words(command(run.canonical(), [0, 3]))
    assert typed[:3] == ["hyperopt", "run", "-m"]
    assert [found.id for found in expand(parse(typed[3:])[0])[0]] == [run.id, run.at(3).id]


def test_a_curve_has_the_numbers_of_every_seed(tmp_path: Path):
    experiment = written(tmp_path, ALONG_EPOCHS)
    given = epoch_records(experiment, LOSSES)
    del given[experiment.cell("SGD", "epoch 3").run(1).id]
    [drawn, _] = curves(experiment, given, (0, 1, 2)).values()
    assert drawn[0].seeds == (0, 2)
    assert drawn[0].by_seed.tolist() == [LOSSES["SGD"][0], LOSSES["SGD"][2]]
