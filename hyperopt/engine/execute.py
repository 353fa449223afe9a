"""Executes a plan: packs in parallel, records written as they finish, failures reported and survived."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue

from hyperopt.config import Run
from hyperopt.engine import begun
from hyperopt.engine.attempt import Failure, attempt, failure_of
from hyperopt.engine.begun import Begun, Room
from hyperopt.engine.following import Following
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.leftovers import keep_failure, sweep_leftovers
from hyperopt.engine.meanwhile import meanwhile
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, name_of
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.plan import Plan, packs_of
from hyperopt.engine.progress import Progress
from hyperopt.engine.run_claims import RunClaims
from hyperopt.engine.workers import ClusterLostError, WorkerLostError, Workers
from hyperopt.engine.workers_for import workers_for
from hyperopt.records import Record, Store

POLL_SECONDS = 0.3
PACKS_OF_A_FILE = 64
"""Maximum packs stored as one file if they finish together: writing many takes a disk as long as one."""

Finished = Future[list[Record] | Failure]


@dataclass
class Outcome:
    """The result of a plan: records by run id, failed packs with reasons, packs left to train."""

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
        progress: receives events.
        workers: train the packs and are closed at the end; None uses those that the options ask for.

    Returns:
        The records made, and the packs that failed.

    Raises:
        StorageError: the store, or a folder beside it, cannot be written; finished packs are stored before.
        ClusterLostError: the cluster is gone.
    """
    if workers is None:
        workers = workers_for(options, len(plan.packs), store.root.parent)
    progress.start(plan)
    try:
        with RunClaims(store.root.parent) as claims:
            work = Work(store, options, progress, workers, claims, deque(plan.packs))
            with meanwhile(work.look, POLL_SECONDS):
                work.run()
    finally:
        workers.close()
        progress.close()
    return work.outcome


@dataclass
class Work:
    """The state of a plan's execution.

    Attributes:
        waiting: packs to train.
        elsewhere: runs to train that other commands have claimed, by id.
        futures: the results of submitted packs; `ended`: those that are done.
        training: the packs in training by name, each with its note.
        room: how large packs may be.
    """

    store: Store
    options: Options
    progress: Progress
    workers: Workers
    claims: RunClaims
    waiting: deque[Pack]
    elsewhere: dict[str, Run] = field(default_factory=dict)
    futures: dict[Finished, Pack] = field(default_factory=dict)
    ended: SimpleQueue[Finished] = field(default_factory=SimpleQueue)
    training: dict[str, tuple[Pack, Begun]] = field(default_factory=dict)
    room: Room = field(default_factory=Room)
    outcome: Outcome = field(default_factory=Outcome)

    @cached_property
    def following(self) -> Following:
        """Reports the progress of the packs in training."""
        return Following(self.root, self.progress)

    def run(self) -> None:
        """Train all waiting runs, here or in other commands, after collecting finished ones."""
        sweep_leftovers(self.store)
        self.room.recall(self.root, self.claims.held())
        if self.store.present(run.id for pack in self.waiting for run in pack.runs):
            self.claims.alone = False  # another command ran since the plan was made
        looked = time.monotonic()
        try:
            while self.waiting or self.futures or self.elsewhere:
                while packs := self.next_packs():
                    self.hand_out(packs)
                if self.ended.empty():
                    self.claims.tell()
                if self.futures:
                    ended = list(self.next_ended())
                    self.settle([(self.futures.pop(future), future) for future in ended])
                    if self.options.detach and not ended:
                        break
                elif self.options.detach:
                    break
                elif self.waiting or self.elsewhere:
                    time.sleep(POLL_SECONDS)
                if self.elsewhere and time.monotonic() - looked > POLL_SECONDS:
                    self.look_elsewhere()
                    looked = time.monotonic()
        finally:
            for pack, _ in self.training.values():  # it was told to end; it did not run out of memory
                self.files(pack).begun.unlink(missing_ok=True)
                self.outcome.left.append(pack)
        sweep_leftovers(self.store)

    @property
    def root(self) -> Path:
        """The store's folder, which has the files of packs in training beside the records."""
        return self.store.root.parent

    def files(self, pack: Pack) -> PackFiles:
        """The files of a pack in training."""
        return PackFiles(self.root, pack.name)

    def look(self) -> None:
        """Renew the claims and report the progress of the packs in training."""
        self.claims.renew()
        self.following.look([pack for pack, _ in list(self.training.values())])

    def next_packs(self) -> list[Pack]:
        """Return the next packs to train, with claimed runs; none if other commands have all the rest."""
        left: list[Pack] = []
        while self.waiting and not left:
            packs: list[Pack] = []
            while self.waiting and len(self.training) + len(packs) < self.workers.size:
                pack, *others = self.room.split(self.waiting.popleft())
                if others:
                    self.waiting.extendleft(reversed(others))
                    self.progress.halved(pack, len(others) + 1)
                if not self.has_room(pack, len(packs)):
                    self.waiting.appendleft(pack)
                    break
                packs.append(pack)
            if not packs:
                break
            left = self.claimed(packs)
        return left

    def has_room(self, pack: Pack, others: int) -> bool:
        """Return whether a pack may train beside this many; fewer if one of its runs ran out of memory."""
        most = min(self.room.at_once.get(run.id, self.workers.beside) for run in pack.runs)
        if most < self.workers.beside:
            self.workers.shrink(most)
            self.progress.fewer(most)
        return len(self.training) + others < self.workers.size

    def claimed(self, packs: Sequence[Pack]) -> list[Pack]:
        """Claim and return the runs of packs that no command has finished or claimed."""
        runs = {run.id: run for pack in packs for run in pack.runs}
        ours = self.claims.take(runs)
        self.elsewhere.update({id_: run for id_, run in runs.items() if id_ not in ours})
        left = {*ours}
        if not self.claims.alone:  # once they are claimed: before, another might yet have finished them
            left = {run.id for run in self.unfinished([runs[id_] for id_ in ours])}
        self.claims.free(ours - left)
        parts = [tuple(run for run in pack.runs if run.id in left) for pack in packs]
        both = zip(packs, parts, strict=True)
        return [pack if part == pack.runs else Pack(part) for pack, part in both if part]

    def hand_out(self, packs: Sequence[Pack]) -> None:
        """Submit packs after writing their notes."""
        for pack in packs:
            note = self.room.note_of(pack, self.workers.beside, here=self.options.engine == "local")
            begun.keep(self.root, note)
            self.training[pack.name] = pack, note
            future = self.workers.submit(attempt, pack, self.options, self.root)
            self.futures[future] = pack
            future.add_done_callback(self.ended.put)

    def next_ended(self) -> Iterator[Finished]:
        """Wait briefly for a pack to end; return the ended packs, as many as one file may hold."""
        with suppress(Empty):
            yield self.ended.get(timeout=POLL_SECONDS)
            for _ in range(PACKS_OF_A_FILE - 1):
                yield self.ended.get_nowait()

    def unfinished(self, runs: Sequence[Run]) -> list[Run]:
        """Return the runs that have no record; take the records of the others."""
        there = self.store.load([run.id for run in runs])
        self.outcome.records.update(there)
        if there:
            self.progress.found([run for run in runs if run.id in there])
        return [run for run in runs if run.id not in there]

    def look_elsewhere(self) -> None:
        """Take records that other commands finished; train runs that they released."""
        held = self.claims.held()
        free = [run for run in self.elsewhere.values() if run.id not in held]
        for run in free:
            del self.elsewhere[run.id]
        if left := self.unfinished(free):
            self.room.recall(self.root, held)
            self.waiting.extend(packs_of(left, self.options, checkpointed_ids(self.root)))
        self.progress.waits(len(self.elsewhere), sorted({held[each] for each in self.elsewhere}))

    def settle(self, ended: Sequence[tuple[Pack, Finished]]) -> None:
        """Store the records of packs, then handle failed packs."""
        finished, failed = [], []
        for pack, future in ended:
            if future.exception() is None and not isinstance(result := future.result(), Failure):
                finished.append((pack, result))
            else:
                failed.append((pack, future))
        if finished:
            self.keep(finished)
        for pack, future in failed:
            self.survive(pack, future)
            self.let_go(pack)

    def keep(self, finished: Sequence[tuple[Pack, list[Record]]]) -> None:
        """Write the records of packs to one file, then delete their checkpoints."""
        records = [record for _, of_pack in finished for record in of_pack]
        self.store.write(records, name_of(run for pack, _ in finished for run in pack.runs))
        self.outcome.records.update({record.id: record for record in records})
        for pack, of_pack in finished:
            self.following.tell_numbers(pack)
            self.files(pack).clear()
            self.following.forget(pack)
            self.progress.finish(pack, of_pack)
            self.let_go(pack)

    def let_go(self, pack: Pack) -> None:
        """Finish with a pack and release its runs."""
        del self.training[pack.name]
        self.claims.free([run.id for run in pack.runs])

    def survive(self, pack: Pack, future: Finished) -> None:
        """Handle a failed pack."""
        _, note = self.training[pack.name]
        error = future.exception()
        if isinstance(error, ClusterLostError):
            raise error
        if isinstance(error, WorkerLostError):
            if self.room.again_as_it_was(self.root, note, error):
                self.waiting.appendleft(pack)
                self.progress.again(pack, str(error))
            else:
                self.fail(note, pack, Failure(str(error), str(error), memory=error.blame != "other"))
        elif error is not None:
            self.fail(note, pack, failure_of(error, pack))
        elif isinstance(result := future.result(), Failure):
            self.fail(note, pack, result)

    def fail(self, note: Begun, pack: Pack, failure: Failure) -> None:
        """Retry a pack in halves or beside fewer packs; give up if nothing is left to try.

        Raises:
            StorageError: it failed because a folder cannot be written.
        """
        if failure.storage is not None:
            raise failure.storage
        if failure.memory and (len(pack.runs) > 1 or note.beside > 1):
            note = replace(note, memory=True)
            begun.keep(self.root, note)
            self.room.learn(note)
            self.waiting.appendleft(pack)
            self.progress.again(pack, failure.reason)
            return
        details = keep_failure(self.files(pack), [run.id for run in pack.runs], failure.details)
        self.files(pack).begun.unlink(missing_ok=True)
        self.outcome.failures.append((pack, f"{failure.reason} ({details})"))
        self.progress.failed(pack, failure.reason)
