"""Carrying out a plan: packs side by side, records written as they finish, failures shown and survived."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from hyperopt.config import Run
from hyperopt.durable import StorageError
from hyperopt.engine import begun
from hyperopt.engine.attempt import Failure, attempt, failure_of
from hyperopt.engine.begun import Begun, Room, note_of
from hyperopt.engine.claims import Claims
from hyperopt.engine.engines import workers_for
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.leftovers import RUNS, sweep_leftovers
from hyperopt.engine.meanwhile import meanwhile
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, run_steps
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.plan import Plan, packs_of
from hyperopt.engine.progress import Progress
from hyperopt.engine.workers import ClusterLostError, WorkerLostError, Workers
from hyperopt.records import Record, Store

POLL_SECONDS = 0.3


@dataclass
class Outcome:
    """The result of a plan: records by run id, packs that failed, with the reasons, packs left to train."""

    records: dict[str, Record] = field(default_factory=dict)
    failures: list[tuple[Pack, str]] = field(default_factory=list)
    left: list[Pack] = field(default_factory=list)


def execute(
    plan: Plan, store: Store, options: Options, progress: Progress, workers: Workers | None = None
) -> Outcome:
    """Train the packs of a plan.

    Args:
        plan: what to train.
        store: where the records of a pack go when it finishes; checkpoints lie beside it.
        options: device and workers.
        progress: is told what happens.
        workers: train the packs, and are closed at the end; where None, those that the options ask for.

    Returns:
        The records made, and the packs that failed.
    """
    if workers is None:
        workers = workers_for(options, len(plan.packs), store.root.parent)
    progress.start(plan)
    try:
        with Claims(store.root.parent) as claims:
            work = Work(store, options, progress, workers, claims, deque(plan.packs))
            with meanwhile(work.watch, POLL_SECONDS):
                work.run()
    finally:
        workers.close()
        progress.close()
    return work.outcome


@dataclass
class Work:
    """A plan in the course of its execution.

    Attributes:
        waiting: packs to train.
        elsewhere: runs to train that other commands have claimed, by id.
        training: the packs in training, by name, each with the note that it was begun.
        told: of packs in training, the last epoch and the last step whose numbers the progress knows, and
            where these end in their file; `telling` guards it.
        tried: of packs whose worker was lost, and that were tried again, how many epochs they had done.
        room: how large packs may be.
    """

    store: Store
    options: Options
    progress: Progress
    workers: Workers
    claims: Claims
    waiting: deque[Pack]
    elsewhere: dict[str, Run] = field(default_factory=dict)
    training: dict[str, tuple[Pack, Begun]] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    room: Room = field(default_factory=Room)
    outcome: Outcome = field(default_factory=Outcome)
    told: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    telling: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Train all that waits, here or in other commands; what is finished is collected first."""
        futures: dict[Future[list[Record] | Failure], Pack] = {}
        self.tidy()
        self.room.recall(self.root, self.claims.held())
        if self.store.present(run.id for pack in self.waiting for run in pack.runs):
            self.claims.alone = False  # somebody has been here since the plan was made
        looked = time.monotonic()
        try:
            while self.waiting or futures or self.elsewhere:
                while len(self.training) < self.workers.size and (pack := self.next_pack()):
                    futures[self.workers.submit(attempt, pack, self.options, self.root)] = pack
                if not any(future.done() for future in futures):
                    self.claims.tell()
                if futures:
                    done = wait(futures, POLL_SECONDS, FIRST_COMPLETED).done
                    for future in done:
                        self.settle(futures.pop(future), future)
                    if self.options.detach and not done:
                        break
                elif self.options.detach:
                    break
                elif self.waiting or self.elsewhere:
                    time.sleep(POLL_SECONDS)
                if self.elsewhere and time.monotonic() - looked > POLL_SECONDS:
                    self.look_elsewhere()
                    looked = time.monotonic()
        finally:
            for pack, _ in self.training.values():  # it ends because it was told to, not for want of memory
                self.files(pack).begun.unlink(missing_ok=True)
                self.outcome.left.append(pack)
        self.tidy()

    @property
    def root(self) -> Path:
        """The folder of the store, where the files of packs in training lie beside the records."""
        return self.store.root.parent

    def files(self, pack: Pack) -> PackFiles:
        """The files of a pack in training."""
        return PackFiles(self.root, pack.name)

    def next_pack(self) -> Pack | None:
        """The next pack to train, its runs claimed; None where others have every run that is left."""
        while self.waiting:
            pack, *others = self.room.split(self.waiting.popleft())
            if others:
                self.waiting.extendleft(reversed(others))
                self.progress.halved(pack, len(others) + 1)
            if not self.has_room(pack):
                self.waiting.appendleft(pack)
                return None
            if (left := self.claimed(pack)) is not None:
                note = note_of(left, self.workers.beside)
                begun.keep(self.root, note)
                self.training[left.name] = left, note
                return left
        return None

    def has_room(self, pack: Pack) -> bool:
        """Whether one more may train; fewer at once where a run of this pack did not fit beside so many."""
        most = min(self.room.at_once.get(run.id, self.workers.beside) for run in pack.runs)
        if most < self.workers.beside:
            self.workers.shrink(most)
            self.progress.fewer(most)
        return len(self.training) < self.workers.size

    def claimed(self, pack: Pack) -> Pack | None:
        """The runs of a pack that no command has finished or claimed; they are ours from here on."""
        ours = self.claims.take([run.id for run in pack.runs])
        self.elsewhere.update({run.id: run for run in pack.runs if run.id not in ours})
        left = [run for run in pack.runs if run.id in ours]
        if not self.claims.alone:  # once they are claimed: before, another might yet have finished them
            left = self.unfinished(left)
        self.claims.free(ours - {run.id for run in left})
        if len(left) == len(pack.runs):
            return pack
        return Pack(tuple(left)) if left else None

    def unfinished(self, runs: Sequence[Run]) -> list[Run]:
        """Those of some runs that have no record; the records of the others are taken."""
        there = self.store.load([run.id for run in runs])
        self.outcome.records.update(there)
        if there:
            self.progress.found([run for run in runs if run.id in there])
        return [run for run in runs if run.id not in there]

    def look_elsewhere(self) -> None:
        """Take the records of runs that others have finished; train what they have left."""
        held = self.claims.held()
        free = [run for run in self.elsewhere.values() if run.id not in held]
        for run in free:
            del self.elsewhere[run.id]
        if left := self.unfinished(free):
            self.room.recall(self.root, held)
            self.waiting.extend(packs_of(left, self.options, checkpointed_ids(self.root)))
        self.progress.waits(len(self.elsewhere), sorted({held[each] for each in self.elsewhere}))

    def settle(self, pack: Pack, future: Future[list[Record] | Failure]) -> None:
        """Keep a pack's records, or see what can be done about its failure; its runs are free then."""
        _, note = self.training[pack.name]
        error = future.exception()
        if isinstance(error, ClusterLostError):
            raise error
        if isinstance(error, WorkerLostError):
            if self.again_as_it_was(note, pack, error):
                self.waiting.appendleft(pack)
                self.progress.again(pack, str(error))
            else:
                self.fail(note, pack, Failure(str(error), str(error), memory=True))
        elif error is not None:
            self.fail(note, pack, failure_of(error, pack))
        elif isinstance(result := future.result(), Failure):
            self.fail(note, pack, result)
        else:
            self.store.write(result, pack.name)
            self.outcome.records.update({record.id: record for record in result})
            self.tell_numbers(pack)
            self.files(pack).clear()
            self.told.pop(pack.name, None)
            self.progress.finish(pack, result)
        del self.training[pack.name]
        self.claims.free([run.id for run in pack.runs])

    def again_as_it_was(self, note: Begun, pack: Pack, lost: WorkerLostError) -> bool:
        """Whether a pack whose worker was lost is tried again as it was: it got further than ever before.

        Its first try need not have, where its memory was hardly the reason, or there is nothing to halve.
        """
        epoch, since, _ = self.files(pack).reported() or (0, 0, "")
        fits = lost.blame != "likely" or (len(pack.runs) == 1 and note.beside == 1)
        before = self.tried.get(pack.name, -1 if fits else since)
        again = lost.blame == "none" or epoch > before
        if again:
            self.tried[pack.name] = max(epoch, before)
        return again

    def tell_numbers(self, pack: Pack) -> None:
        """Tell the progress of the epochs and recorded steps of a pack that it has not been told of."""
        with self.telling:
            epoch, step, start = self.told.get(pack.name, (0, 0, 0))
            new, start = self.files(pack).told(start)
            for at, values, places in new:  # what comes after a checkpoint may be trained twice
                if places is None and at > epoch:
                    self.progress.numbers(pack, at, values)
                    epoch = at
                elif places is not None and at > step:
                    self.progress.step(pack, at, [pack.runs[place] for place in places], values)
                    step = at
            self.told[pack.name] = epoch, step, start

    def fail(self, note: Begun, pack: Pack, failure: Failure) -> None:
        """Try a pack again in halves, or beside fewer; give up where nothing is left to try."""
        if failure.memory and (len(pack.runs) > 1 or note.beside > 1):
            note = replace(note, memory=True)
            begun.keep(self.root, note)
            self.room.learn(note)
        else:
            ids = " ".join(run.id for run in pack.runs)
            try:
                kept = self.files(pack).write_failure(f"{RUNS}{ids}\n{failure.details}")
                details = f"details in {kept}"
            except StorageError as error:  # what happened is told all the same
                details = f"details not kept: {error}"
            self.files(pack).begun.unlink(missing_ok=True)
            self.outcome.failures.append((pack, f"{failure.reason} ({details})"))
            self.progress.failed(pack, failure.reason)
            return
        self.waiting.appendleft(pack)
        self.progress.again(pack, failure.reason)

    def tidy(self) -> None:
        """Remove what is left of packs whose runs are all recorded: someone was killed before doing so."""
        sweep_leftovers(self.store)
        for note in begun.notes(self.root):
            if self.store.present(note.ids) >= set(note.ids):
                PackFiles(self.root, note.name).clear()

    def watch(self) -> None:
        """Keep the claims, and tell the progress how far the packs in training are."""
        self.claims.renew()
        for pack, _ in list(self.training.values()):
            self.tell_numbers(pack)
            if (reported := self.files(pack).reported()) is not None:
                epoch, since, doing = reported
                steps = run_steps(pack.first) * epoch // pack.first.epochs
                self.progress.update(pack, epoch, steps, since, doing)
