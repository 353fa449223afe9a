"""Packs as Slurm jobs, through submitit; packs submitted together are one array.

A job writes its records beside its log; the command stores them from there. The folder also records which
pack was submitted as which job. So the same command, started later, collects finished jobs, waits for
unfinished ones, and resubmits lost ones. All hosts must see the folder.
"""

from __future__ import annotations

import json
import math
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

from submitit import SlurmExecutor, SlurmJob
from submitit.core.utils import FailedJobError, FailedSubmissionError

from hyperopt.durable import make_folder, write
from hyperopt.engine.attempt import Failure
from hyperopt.engine.handed_out import JOBS, handed_out
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.torch_private import compile_in_one_thread
from hyperopt.engine.workers import Blame, ClusterLostError, WorkerLostError
from hyperopt.provenance import command
from hyperopt.records import Record

T = TypeVar("T")
LARGEST_ARRAY = 1000
"""Slurm's default maximum array size is 1001 jobs."""
DEFAULT_SECONDS = 3600.0
LOOK_SECONDS = 5.0
GRACE_SECONDS = 30.0
"""Seconds that a job may be in no queue without a result: files take a while to reach other hosts."""

Attempt = Callable[[Pack, Options, Path], list[Record] | Failure]


def start(options: Options, packs: int, root: Path) -> SlurmWorkers:
    """Return workers for this many packs with files under `root`."""
    folder = root.absolute() / JOBS
    make_folder(folder)
    try:
        executor = SlurmExecutor(folder)
    except RuntimeError:
        raise ClusterLostError("engine=slurm: there is no srun on this machine.") from None
    minutes = math.ceil((options.time or DEFAULT_SECONDS) / 60)
    executor.update_parameters(
        job_name="hyperopt",
        partition=options.partition,
        time=minutes,
        cpus_per_task=1,
        gpus_per_node=options.gpus or None,
        array_parallelism=options.resolved_workers(),
        additional_parameters={"mem": f"{options.memory}M"} if options.memory else None,
    )
    return SlurmWorkers(executor, packs, detach=options.detach)


def train_there(
    attempt: Attempt, pack: Pack, options: Options, root: Path, typed: str
) -> list[Record] | Failure:
    """Train a pack in a job; `typed` is the submitting command, for the records."""
    compile_in_one_thread()
    result = attempt(pack, options, root)
    if isinstance(result, Failure):
        return result
    return [replace(record, made={**record.made, "command": typed}) for record in result]


@dataclass
class Task:
    """A submitted pack.

    Attributes:
        pack: the pack.
        future: the command's future.
        job: its job.
        missed: when it was first in no queue without a result; None while it is queued.
    """

    pack: Pack
    future: Future[Any]
    job: SlurmJob[Any]
    missed: float | None = None


class SlurmWorkers:
    """Slurm jobs.

    Args:
        executor: submits them to Slurm with their resource requests.
        size: the total number of packs; Slurm decides how many train at once.
        detach: leave unfinished jobs running at the end.
    """

    beside = 1

    def __init__(self, executor: SlurmExecutor, size: int, *, detach: bool = False) -> None:
        self.size = max(size, LARGEST_ARRAY)
        self._executor, self._detach = executor, detach
        self._folder = Path(executor.folder)
        self._known = handed_out(self._folder.parent)
        self._queue, self._names = in_queue(), self._listed()
        self._unsent: list[tuple[Pack, Future[Any], tuple[Any, ...]]] = []
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()
        self._added = 0.0
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Submit a pack: `task` is called with it, the options and the folder of its files."""
        pack, options, root = arguments
        future: Future[T] = Future()
        with self._lock:
            if (known := self._known.pop(pack.name, None)) is not None:
                self._tasks[pack.name] = Task(pack, future, SlurmJob(self._folder, known.job), missed=0.0)
                self._check(self._tasks[pack.name])
            else:
                given = (task, pack, options.on_a_worker(), root.absolute(), command())
                self._unsent.append((pack, future, given))
                self._added = time.monotonic()
        return future

    def shrink(self, size: int) -> None:
        """Do nothing: each job has its own memory."""

    def close(self) -> None:
        """Leave the jobs to Slurm if requested, otherwise cancel them.

        Raises:
            ClusterLostError: Slurm accepts no more jobs.
        """
        self._closing.set()
        self._keeper.join()
        refused = self._send() if self._detach else None
        if not self._detach:
            for task in list(self._tasks.values()):
                with suppress(OSError):
                    task.job.cancel(check=False)
                self._forget(task)
        if not any(self._folder.glob("*.json")):
            rmtree(self._folder, ignore_errors=True)
        if refused is not None:
            raise refused

    def _keep(self) -> None:
        """Submit the collected packs and check the jobs."""
        looked = time.monotonic()
        while not self._closing.wait(0.2):
            if self._unsent and time.monotonic() - self._added > 1.0:
                self._send()
            if self._tasks and time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                queue, names = in_queue(), self._listed()
                with self._lock:
                    self._queue, self._names = queue, names
                    for task in list(self._tasks.values()):
                        self._check(task)

    def _listed(self) -> set[str]:
        """Return the current job files."""
        return {path.name for path in self._folder.iterdir()}

    def _send(self) -> ClusterLostError | None:
        """Submit waiting packs to Slurm as arrays; return the reason if that failed."""
        refused = None
        with self._lock:
            now, self._unsent = self._unsent, []
        for start_ in range(0, len(now), LARGEST_ARRAY):
            part = now[start_ : start_ + LARGEST_ARRAY]
            try:
                with self._executor.batch():
                    jobs = [self._executor.submit(train_there, *given) for _, _, given in part]
            except (FailedJobError, FailedSubmissionError, OSError, subprocess.CalledProcessError) as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
                refused = ClusterLostError(f"engine=slurm: sbatch takes no job ({reason}).")
                for _, future, _ in part:
                    future.set_exception(refused)
                continue
            for (pack, future, _), job in zip(part, jobs, strict=True):
                note = {"job": job.job_id, "ids": [run.id for run in pack.runs]}
                write(self._folder / f"{pack.name}.json", json.dumps(note), durable=False)
                with self._lock:
                    self._tasks[pack.name] = Task(pack, future, SlurmJob(self._folder, job.job_id))
        return refused

    def _check(self, task: Task) -> None:
        """Check whether a job has finished or is lost."""
        job = task.job
        if job.paths.result_pickle.name in self._names:
            try:
                task.future.set_result(job.result())
            except Exception as error:
                task.future.set_exception(error)
            self._forget(task)
        elif self._queue is None or job.job_id in self._queue:
            task.missed = None
        elif task.missed is None:
            task.missed = time.monotonic()
        elif time.monotonic() - task.missed > GRACE_SECONDS:
            task.future.set_exception(self._loss(job))
            self._forget(task)

    def _loss(self, job: SlurmJob[Any]) -> WorkerLostError:
        """Describe how a job was lost, from Slurm's accounting or the job's log."""
        state = _accounted(job)
        with suppress(OSError, UnicodeDecodeError):
            if "oom" in (job.stderr() or "").lower():
                state = "OUT_OF_MEMORY"
        blame: Blame = "likely" if state == "OUT_OF_MEMORY" else "perhaps"
        if state.startswith(("CANCELLED", "PREEMPTED", "NODE_FAIL")):
            blame = "none"
        known = "" if state == "UNKNOWN" else f": {state}"
        return WorkerLostError(f"its job {job.job_id} is gone{known}", blame)

    def _forget(self, task: Task) -> None:
        """Remove the files of a finished job."""
        self._tasks.pop(task.pack.name, None)
        (self._folder / f"{task.pack.name}.json").unlink(missing_ok=True)
        for path in self._folder.glob(f"{task.job.job_id}_*"):
            path.unlink(missing_ok=True)


def in_queue() -> set[str] | None:
    """Return this user's jobs in Slurm's queue; None if Slurm does not answer."""
    words = ["squeue", "--noheader", "--array", "--format=%i", "--me"]
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return {*told.stdout.split()}


def _accounted(job: SlurmJob[Any]) -> str:
    """Return how a job ended according to Slurm's accounting; "UNKNOWN" without accounting."""
    words = ["sacct", "-o", "JobID,State", "--parsable2", "-j", job.job_id]
    try:
        told = job.watcher.read_info(subprocess.check_output(words, stderr=subprocess.DEVNULL, timeout=60))
    except (OSError, subprocess.SubprocessError):
        return "UNKNOWN"
    return told.get(job.job_id, {}).get("State") or "UNKNOWN"
