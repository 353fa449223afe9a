"""transformers' Trainer: groups as for AdamW, a schedule that multiplies what is learned, exact resuming."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import MultiplicativeLR
from torch.utils.data import SequentialSampler
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments

from hyperopt.optim import HyperOptimizer

STEPS, ROWS, LETTERS, CONTEXT = 10, 4, 32, 16
LR, DECAY = 1e-2, 0.1
LEARNING: dict[str, Any] = {"stack": "adamw/sgd", "alpha": (LR, 1.0), "multiplicative": True}

FACTORS: dict[str, Callable[[int], float]] = {"constant": lambda t: 1.0, "linear": lambda t: 1 - t / STEPS}


class InOrder(Trainer):
    """Takes the rows as they come."""

    def _get_train_sampler(self, *_: Any) -> Any:
        return SequentialSampler(self.train_dataset)


class Notes(TrainerCallback):
    """The rate before each step, as a group has it and as was learned."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.learned: list[float] = []

    def on_step_begin(self, *_: Any, optimizer: Any, **others: Any) -> None:
        self.rates.append(float(optimizer.param_groups[0]["lr"]))
        self.learned.append(optimizer.optimizer.hyperparameters()[0]["alpha"])


def gpt() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    shape = {"vocab_size": LETTERS, "n_positions": CONTEXT, "n_embd": 16, "n_layer": 2, "n_head": 2}
    no_dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    config = GPT2Config(**shape, **no_dropout, bos_token_id=0, eos_token_id=0, loss_type="ForCausalLM")
    return GPT2LMHeadModel(config).double()


def rows() -> list[dict[str, Tensor]]:
    letters = torch.randint(LETTERS, (STEPS * ROWS, CONTEXT), generator=torch.Generator().manual_seed(1))
    return [{"input_ids": text, "labels": text} for text in letters]


def trained(
    folder: Path,
    ours: dict[str, Any] | None,
    *,
    load: str | None = None,
    notes: Notes | None = None,
    **more: Any,
) -> Trainer:
    """A Trainer after training by HyperOptimizer with the settings `ours`, or by torch's AdamW."""
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "max_steps": STEPS,
        "per_device_train_batch_size": ROWS,
        "learning_rate": LR,
        "weight_decay": DECAY,
        "logging_steps": 1,
        "save_strategy": "no",
        "use_cpu": True,
        "disable_tqdm": True,
        "report_to": "none",
    }
    trainer = InOrder(
        gpt(),
        TrainingArguments(**settings | more),
        train_dataset=rows(),
        callbacks=[notes] if notes else None,
        optimizer_cls_and_kwargs=(HyperOptimizer, ours) if ours else None,
    )
    trainer.model_accepts_loss_kwargs = False  # the loss is the plain mean
    trainer.train(resume_from_checkpoint=load)
    return trainer


def weights(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: p.detach() for name, p in module.named_parameters()}


@pytest.mark.parametrize("schedule", ["constant_with_warmup", "linear", "cosine"])
def test_one_level_is_torchs_adamw(schedule: str, tmp_path: Path) -> None:
    """With the groups, the decay and the schedule that a Trainer makes, warm-up from 0 among them."""
    same: dict[str, Any] = {"lr_scheduler_type": schedule, "warmup_steps": 3}
    ours = trained(tmp_path, {"stack": "adamw", "lr": LR}, **same)
    theirs = trained(tmp_path, None, optim="adamw_torch", **same)
    assert apart(weights(ours.model), weights(theirs.model)) < 1e-8
    decays = [group["weight_decay"] for group in ours.optimizer.param_groups]
    assert decays == [group["weight_decay"] for group in theirs.optimizer.param_groups] == [DECAY, 0.0]


@pytest.mark.parametrize("schedule", FACTORS)
def test_a_schedule_multiplies_what_is_learned(schedule: str, tmp_path: Path) -> None:
    """`linear` is what a Trainer does untold."""
    factor, notes = FACTORS[schedule], Notes()
    trainer = trained(tmp_path, LEARNING, lr_scheduler_type=schedule, notes=notes)
    assert notes.rates == pytest.approx(notes.learned, rel=1e-12)
    assert abs(notes.rates[-1] / (LR * factor(STEPS - 1)) - 1) > 0.02
    logged = [entry["learning_rate"] for entry in trainer.state.log_history if "learning_rate" in entry]
    assert logged == pytest.approx(notes.rates, rel=1e-6)

    module = gpt()
    decayed = trainer.get_decay_parameter_names(module)
    named = dict(module.named_parameters())
    groups: list[dict[str, Any]] = [
        {"params": [p for name, p in named.items() if name in decayed], "weight_decay": DECAY},
        {"params": [p for name, p in named.items() if name not in decayed], "weight_decay": 0.0},
    ]
    opt = HyperOptimizer(groups, **LEARNING)
    by = MultiplicativeLR(opt, lambda t: factor(t) / factor(t - 1))
    for batch in trainer.get_train_dataloader():
        opt.zero_grad()
        module(**batch).loss.backward()
        clip_grad_norm_(module.parameters(), trainer.args.max_grad_norm)
        opt.step()
        by.step()
    assert apart(weights(module), weights(trainer.model)) < 1e-10


def test_a_checkpoint_goes_on_exactly(tmp_path: Path) -> None:
    whole = trained(tmp_path, LEARNING, save_strategy="steps", save_steps=5)
    resumed = trained(tmp_path / "again", LEARNING, load=str(tmp_path / "checkpoint-5"))
    assert apart(weights(whole.model), weights(resumed.model)) == 0
    assert repr(whole.optimizer.optimizer) == repr(resumed.optimizer.optimizer)
    saved = json.loads((tmp_path / "checkpoint-10" / "trainer_state.json").read_text(encoding="utf-8"))
    assert saved["log_history"][:STEPS] == whole.state.log_history[:STEPS]
