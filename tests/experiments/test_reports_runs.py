from hyperopt.engine.costs import run_steps
from hyperopt.experiments import load
from hyperopt.findings.view import view_of


def test_adabelief_amsgrad_runs_are_as_in_the_reports_code():
    """Class defaults below, 5 epochs, the rates of docs/reports/adabelief_amsgrad.md, "MNIST" above."""
    stacks = {
        (cell.row, run.label, run.tune)
        for experiment in load("adabelief_amsgrad/table[12]")
        for cell in experiment.cells()
        if cell.report is not None
        for run in [cell.run(0)]
    }
    all_, alpha = ("alpha", "beta1", "beta2"), ("alpha",)
    assert stacks >= {
        ("SGD / Adam", "sgd(0.01)/adam(0.1)", alpha),
        ("Adagrad / Adadelta", "adagrad(0.01)/adagrad(0.01)", alpha),
        ("Adam / SGD", "adam(0.001)/sgd(1e-05)", all_),
        ("Adam^α / Adam", "adam(0.001)/adam(0.001)", alpha),
        ("RMSProp / SGD", "rmsprop(0.01)/sgd(0.0001)", ("alpha", "gamma")),
        ("RMSProp^α / RMSProp", "rmsprop(0.01)/rmsprop(0.0001)", alpha),
        ("AdaBelief / Adam", "adabelief(0.001)/adam(0.0001)", all_),
        ("AMSGrad / SGD", "amsgrad(0.001)/sgd(0.0001)", all_),
    }
    assert len(stacks) == 23
    epochs = {run.epochs for experiment in load("adabelief_amsgrad/table[12]") for run in experiment.runs()}
    assert epochs == {5}


def test_the_unets_runs_are_as_in_the_reports_code():
    """50 epochs of 50 minibatches in one order, all tuned (docs/reports/adabelief_amsgrad.md, "Horses")."""
    [table3, table6] = load("adabelief_amsgrad/table3", "adabelief_amsgrad/table6")
    runs = table3.runs()
    assert len(runs) == 3 * 15
    assert {(run.dataset["name"], run.model["name"], run.model["filters"]) for run in runs} == {
        ("cifar10_horses", "unet", 32)
    }
    assert {(run.epochs, run.batch_size, run.procedure["shuffle"]) for run in runs} == {(50, 100, False)}
    assert {run_steps(run) for run in runs} == {2500}
    assert {run.tune for run in runs if run.stack[0] != "sgd"} == {(), ("alpha", "beta1", "beta2")}
    assert {run.form for run in runs} == {"reported"}
    assert table3.cell("AMSGrad / Adam", "error").run(0).label == "amsgrad(0.02)/adam(0.0001)"
    alphas = view_of(table6, {}, table6.seeds).alphas
    assert [line.agrees for line in alphas] == [True] * 15
