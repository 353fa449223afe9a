import math
import pickle
import subprocess
import sys

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from hyperopt.config import ConfigError, Run, resolve
from hyperopt.config.compose import composed
from hyperopt.data import DATASETS
from hyperopt.files import conf_dir
from hyperopt.models import MODELS
from hyperopt.optim.parsing import parse_alpha
from hyperopt.options import usual

BAD = {
    "unknown rule": ({"stack": "adm/sgd"}, "did you mean adam"),
    "empty level": ({"stack": "adam//sgd"}, "a level is empty"),
    "trailing slash": ({"stack": "adam/"}, "a level is empty"),
    "no stack": ({"stack": []}, "a level is empty"),
    "stack of no name": ({"stack": 5}, "no rule '5'"),
    "too many alphas": ({"alpha": "1/2/3"}, "or 2, one per level"),
    "negative alpha": ({"alpha": -1}, "alpha=-1"),
    "alpha nan": ({"alpha": math.nan}, "alpha=nan"),
    "alpha infinite": ({"alpha": "0.1/inf"}, "alpha=0.1/inf"),
    "alpha word": ({"alpha": "fast"}, "alpha=fast"),
    "alpha bool": ({"alpha": True}, "alpha=true"),
    "no epochs": ({"epochs": 0}, "epochs=0: a whole number of 1 or more"),
    "half an epoch": ({"epochs": 0.5}, "epochs=0.5: a whole number"),
    "empty batch": ({"batch_size": 0}, "batch_size=0"),
    "missing seed": ({"seed": "???"}, "seed=???: a whole number"),
    "missing l2": ({"l2": "???"}, r"l2=???: a number"),
    "missing epochs": ({"epochs": "???"}, "epochs=???: a whole number"),
    "seed of 65 bits": ({"seed": 2**64}, "up to 9.2e+18,"),
    "epochs without end": ({"epochs": 1e308}, "up to 1e+06,"),
    "batch of everything": ({"batch_size": 1e9}, "=1000000000: a whole number of 1 or more, up to 1e+05,"),
    "more rows than there are": (
        {"dataset.train": 60_001},
        "dataset.train=60001: a whole number of at most 60000",
    ),
    "more random rows than any memory holds": (
        {"dataset.generated": True, "dataset.train": 1e9},
        "dataset.train=1000000000: a whole number of at most 100000",
    ),
    "wide net": ({"model.hidden": [64, 10**8]}, "a list of whole numbers of 1e+05 or less"),
    "number of 400 digits": ({"l2": 10**400}, "a number"),
    "negative seed": ({"seed": -1}, "seed=-1: a whole number of 0 or more"),
    "seed word": ({"seed": "abc"}, "seed=abc: a whole number"),
    "unknown key": ({"sede": 1}, "did you mean seed"),
    "unknown option": ({"dataset.normalise": True}, "did you mean dataset.normalize"),
    "default of a data set": ({"default_epochs": 3}, "no key 'default_epochs'"),
    "clip word": ({"clip": "maybe"}, "clip=maybe"),
    "too many clips": ({"clip": "true/false"}, "1 of them"),
    "clip without level": ({"stack": "adam", "clip": True}, "no level above 0"),
    "unknown model": ({"model": "nosuch"}, "mlp, logistic"),
    "cnn without images": ({"model": "cnn", "dataset": "iris"}, "dataset=iris has no images"),
    "cnn that leaves no pixel": (
        {"model": "cnn", "model.channels": [1] * 14},
        "29 x 29 pixels or more; dataset=mnist has 28 x 28",
    ),
    "habit of adabelief in amsgrad": ({"stack": "amsgrad", "adabelief_start": 0}, "no such habit"),
    "habit of another inverse rate": (
        {"stack": "rkl1", "past_pole": True},
        "no such habit; it has growth_clip",
    ),
    "beta of a word": (
        {"stack": "rkl1", "beta_of": "layer"},
        "beta_of=layer: one of coordinate, tensor, all",
    ),
    "a level above an inverse rate": (
        {"stack": "rkl1/sgd"},
        "rkl1 has nothing that a level above could tune",
    ),
    "divisor of 0": ({"dataset.divisor": 0}, "dataset.divisor=0: a number above 0"),
    "initial weights": ({"model.init": "he"}, "torch, normal"),
    "unknown data set": ({"dataset": "minst"}, "did you mean mnist"),
    "number of another rule": ({"gamma": 0.9}, "alpha, beta1, beta2"),
    "decay of 1": ({"beta1": 1}, "beta1=1"),
    "negative momentum": ({"stack": "sgd", "momentum": -0.1}, "momentum=-0.1"),
    "momentum nan": ({"stack": "sgd", "momentum": math.nan}, "momentum=nan"),
    "tune word": ({"tune": "beta3"}, "did you mean beta2"),
    "tune nothing": ({"tune": []}, "tune=[]"),
    "momentum stuck at 0": ({"stack": "sgd/sgd", "tune": "momentum"}, "cannot leave 0"),
    "form": ({"form": "modern"}, "textbook, reported"),
    "habit of another rule": ({"stack": "sgd/sgd", "adam_start": 0}, "no such habit"),
    "negative habit": ({"adam_start": -1}, "adam_start=-1"),
    "hidden number": ({"model.hidden": 64}, "model.hidden=64: a list of whole numbers"),
    "no hidden layer": ({"model.hidden": []}, "model.hidden=[]"),
    "empty hidden layer": ({"model.hidden": [64, 0]}, "model.hidden=[64,0]"),
    "activation": ({"model.activation": "rleu"}, "tanh, relu, sigmoid, none"),
    "option of another model": ({"model": "logistic", "model.hidden": [3]}, "no key 'model.hidden'"),
    "interpolation": ({"seed": "${batch_size}"}, "a whole number"),
    "interpolation of any value": ({"alpha": "${seed}"}, "alpha=${seed}: a plain value"),
    "a missing value": ({"epochs": "???"}, "epochs=???: a whole number"),
    "a missing option": ({"dataset.train": "???"}, "dataset.train=???: a whole number"),
    "a data set of no name": ({"dataset": {}}, "dataset={}: there is no dataset '{}'"),
    "a list in a list to tune": ({"tune": [["alpha"]]}, "adam has no hyperparameter '[alpha]'"),
    "a list in a list of widths": ({"model.hidden": [[1]]}, "model.hidden=[[1]]: a list of whole numbers"),
    "a list for a number": ({"epochs": [1]}, "epochs=[1]: a whole number"),
    "a mapping for a name": ({"dtype": {"a": 1}}, "dtype={a:1}: a name"),
    "more epochs than a record can count": ({"epochs": 1e308}, "epochs=1e+308: a whole number"),
    "a width that no record can count": ({"model.hidden": [2**63]}, "whole numbers of 1e+05 or less"),
    "a rate beyond float32": ({"alpha": 1e39}, "alpha=1e+39: a number of 0 or more that float32 can hold"),
    "a rate below float32": (
        {"alpha": "1e-3/1e-46"},
        "alpha=1e-3/1e-46: a number of 0 or more that float32 can",
    ),
    "a rate of 5,000 digits": ({"alpha": 10**5000}, "a finite number"),
    "a number of 5,000 digits": ({"stack": "sgd", "momentum": 10**5000}, "momentum="),
    "a stack of 5,000 digits": ({"stack": 10**5000}, "there is no rule"),
    "a decay that float32 rounds to 1": (
        {"beta2": 1 - 1e-9},
        "float32 holds nothing between 0.99999994 and 1",
    ),
    "a divisor that float32 rounds to 0": (
        {"dataset.divisor": 1e-60},
        "a number above 0 that float32 can hold",
    ),
    "a penalty beyond float32": ({"l2": 1e39}, "l2=1e+39: a number of 0 or more that float32 can hold"),
}


@pytest.mark.parametrize(("asked", "says"), BAD.values(), ids=BAD)
def test_bad_settings_are_refused_in_a_sentence(asked: dict, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(asked)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_what_float64_can_hold_is_a_decay_rate_of_it() -> None:
    assert resolve({"beta2": 1 - 1e-9, "dtype": "float64"}).numbers["beta2"] == 1 - 1e-9
    assert resolve({"beta2": 1 - 6e-8}).numbers["beta2"] == 1 - 6e-8


def test_settings_are_composed_as_hydra_composes_them() -> None:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        by_hydra = OmegaConf.to_container(compose("config"))
    assert isinstance(by_hydra, dict)
    ours = composed({})
    for group in ("dataset", "model"):
        options = {key: list(v) if isinstance(v, tuple) else v for key, v in ours[group].items()}
        assert options | by_hydra[group] == options
    assert ours | by_hydra == {**ours, **{group: by_hydra[group] for group in ("dataset", "model")}}


def test_defaults() -> None:
    run = resolve({})
    assert run.label == "adam(0.001)/sgd(1e-05)"
    assert run.numbers == {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.0}
    assert (run.clip, run.tune) == ((False,), ("alpha", "beta1", "beta2"))
    options = {"eps_before_correction": False, "eps": 1e-8}
    assert run.habits == {"adam_start": 1e-8, **options}
    assert resolve({"clip": True}).habits == {"adam_start": 1e-8, "clip_counts_first_norm": True, **options}
    assert (run.batch_size, run.epochs, run.seed) == (256, 5, 0)
    assert run.model == {
        "name": "mlp",
        "hidden": (128,),
        "activation": "tanh",
        "output_activation": "tanh",
        "zero_bias": False,
        "init": "torch",
    }


@pytest.mark.parametrize(
    ("asked", "epochs", "batch_size"),
    [
        ({"stack": "sgd/sgd"}, 30, 256),
        ({"stack": "adagrad"}, 30, 256),
        ({"stack": "rmsprop/sgd"}, 5, 256),
        ({"stack": "sgd", "dataset": "cifar10"}, 5, 256),
        ({"stack": "sgd", "dataset": "iris"}, 10, 16),
    ],
)
def test_data_set_names_epochs_and_batch_size(asked: dict, epochs: int, batch_size: int) -> None:
    run = resolve(asked)
    assert (run.epochs, run.batch_size) == (epochs, batch_size)
    assert resolve({**asked, "epochs": 2, "batch_size": 7}).epochs == 2


@pytest.mark.parametrize(
    ("asked", "stack", "alphas"),
    [
        (None, "sgd/sgd", (0.01, 0.01)),
        (None, "rmsprop/sgd", (0.01, 1e-4)),
        (None, "adagrad/sgd", (0.01, 0.01)),
        (None, "adam/adam", (0.001, 1e-3)),
        (None, "sgd/adam", (0.01, 0.1)),
        (None, "rmsprop/adam/adam/sgd", (0.01, 1e-4, 1e-3, 1e-5)),
        (None, "sgd/sgd/sgd", (0.01, 0.01, 0.01)),
        (None, "adam/sgd/sgd/sgd", (1e-3, 1e-5, 1e-11, 1e-23)),
        (None, "rmsprop/sgd/sgd_steroids", (0.01, 1e-4, 1e-9)),
        (None, "adagrad/sgd/sgd", (0.01, 0.01, 1e-5)),
        (None, "sgd/adam/sgd/sgd", (0.01, 0.1, 1e-5, 1e-11)),
        (3, "adam", (3.0,)),
        (3, "adam/sgd", (0.001, 3.0)),
        ("0.5", "sgd/sgd/sgd", (0.01, 0.01, 0.5)),
        ("0.01/1e-5", "adam/sgd", (0.01, 1e-5)),
        ([0, 1], "adam/sgd", (0.0, 1.0)),
    ],
)
def test_alpha_per_level(asked: object, stack: str, alphas: tuple) -> None:
    assert parse_alpha(asked, tuple(stack.split("/"))) == alphas


@pytest.mark.parametrize(
    ("asked", "stack", "clips"),
    [
        (True, "adam/sgd/sgd", (True, True)),
        ("false/true", "adam/sgd/sgd", (False, True)),
        ([False, True], "adam/sgd/sgd", (False, True)),
        (False, "adam", ()),
    ],
)
def test_clip_per_level(asked: object, stack: str, clips: tuple) -> None:
    assert resolve({"stack": stack, "clip": asked}).clip == clips


def test_tune() -> None:
    assert resolve({"tune": ["beta1", "alpha"]}).tune == ("alpha", "beta1")
    assert resolve({"stack": "sgd/sgd"}).tune == ("alpha",)
    assert resolve({"stack": "sgd/sgd", "momentum": 0.5}).tune == ("alpha", "momentum")
    assert resolve({"stack": "adam", "tune": "alpha"}).tune == ()
    assert resolve({"stack": "adamw/sgd"}).tune == ("alpha", "beta1", "beta2")
    assert resolve({"stack": "adamw/sgd", "tune": ["weight_decay", "alpha"]}).tune == (
        "alpha",
        "weight_decay",
    )


def test_form_and_single_habits() -> None:
    assert resolve({"stack": "rmsprop/sgd", "form": "textbook", "clip": True}).habits == {
        "eps": 1e-8,
        "eps_inside_root": False,
        "tune_root_alpha": False,
        "clip_counts_first_norm": False,
    }
    assert (
        resolve({"stack": "adagrad", "form": "textbook", "adagrad_start": 1}).habits["adagrad_start"] == 1.0
    )


# Ids of runs that may have been published: none of them may ever change.
def test_a_run_can_be_sent_to_another_process() -> None:
    run = resolve({"clip": True})
    assert isinstance(pickle.loads(pickle.dumps(run)), Run)
    assert pickle.loads(pickle.dumps(run)) == run


@pytest.mark.parametrize(("group", "kinds"), [("dataset", DATASETS), ("model", MODELS)])
def test_every_data_set_and_model_has_its_defaults_in_conf(group: str, kinds: dict[str, type]) -> None:
    assert {path.stem for path in (conf_dir() / group).glob("*.yaml")} == set(kinds)
    for name, kind in kinds.items():
        assert kind.name == name
        assert kind(**usual(kind))


def test_config_and_commands_do_not_import_torch() -> None:
    modules = (
        "sys, hyperopt.config.sweep, hyperopt.cli.run, hyperopt.cli.pages, hyperopt.cli.browse, "
        "hyperopt.cli.data"
    )
    code = f"import {modules}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
