"""Every hostile submission gets the verdict it must get, and hurts nothing.

Some of them are graded by one warm worker, two at a time, in the corpus' order, a right submission behind every
other; with ``pytest -m thorough`` all are. Behind every attack on the machine a right submission follows then, and
all of those are graded once more in another order. A right submission must earn full marks whoever came before it;
and afterwards no process, file, mount or shared memory may be there that was not there before.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from hostile import Targets, expected, shown, targets, verdict
from thorough import by_default
from walled import NAME, Attack, attacks, losses, walled_course

from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess

ATTACKS = attacks()
ON_THE_MACHINE = ("escaping", "forging", "hurting", "reading")
ON_MARKS = ("afterwards", "attacked", "below", "chain", "further", "lying", "pasted", "reach", "store", "weights")
"""Kinds of attacks: on the machine and its secrets, and on the marks."""
OF_THE_MACHINE = [attack for attack in ATTACKS if attack.kind in ON_THE_MACHINE]
FIRST_OF_THEIR_KIND = [next(one for one in ATTACKS if one.kind == kind) for kind in ON_MARKS]
SOME = {attack.name for attack in (*OF_THE_MACHINE[::16], *FIRST_OF_THEIR_KIND)}
"""What is handed in by default: one in sixteen of those on the machine, and one of each other kind."""
FOLLOWED = {attack.name for attack in OF_THE_MACHINE[::32]}
"""What has a right submission behind it by default."""
EVERY = 8
"""Of the right submissions, one in so many is trained and shown hidden pictures; the others stop at ``fit``."""


@dataclass
class Class:
    """A class of hostile students, being graded."""

    targets: Targets
    launcher: ConfinedProcess
    stores: tuple[EvidenceStore, EvidenceStore]
    """For either time; the second is told nothing by the first."""
    first: dict[str, Future[GradedSubmission]] = field(default_factory=dict)
    again: dict[str, Future[GradedSubmission]] = field(default_factory=dict)
    right: dict[str, Future[GradedSubmission]] = field(default_factory=dict)

    def begin(self, pool: ThreadPoolExecutor, wanted: list[Attack], *, twice: bool) -> None:
        for number, attack in ((ATTACKS.index(attack), attack) for attack in wanted):
            self.first[attack.name] = pool.submit(self.targets.mark, attack, self.launcher, self.stores[0])
            if attack.name in FOLLOWED or (twice and attack in OF_THE_MACHINE):
                train = number % EVERY == 0
                self.right[attack.name] = pool.submit(self.targets.mark_right, self.launcher, train=train)
        other_order = [attack for attack in wanted if attack in OF_THE_MACHINE] if twice else []
        random.Random(1).shuffle(other_order)
        for attack in other_order:
            self.again[attack.name] = pool.submit(self.targets.mark, attack, self.launcher, self.stores[1])


@pytest.fixture(scope="module")
def hostile_class(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Class]:
    course = walled_course(tmp_path_factory.mktemp("walled") / "course")
    Pipeline(course, course.assignment(NAME)).prepare()
    launcher = ConfinedProcess()
    with targets(course, tmp_path_factory.mktemp("targets"), launcher) as aimed_at, ThreadPoolExecutor(2) as pool:
        folder = tmp_path_factory.mktemp("stores")
        graded = Class(aimed_at, launcher, (EvidenceStore(folder / "first"), EvidenceStore(folder / "again")))
        asked = [getattr(getattr(item, "callspec", None), "params", {}).get("attack") for item in request.session.items]
        twice = any(item.get_closest_marker("thorough") for item in request.session.items)
        graded.begin(pool, [attack for attack in ATTACKS if attack in asked], twice=twice)
        yield graded
        pool.shutdown(cancel_futures=True)
    launcher.close()


def name_of(attack: Attack) -> str:
    return f"{attack.kind}: {attack.name}"


def held(attack: Attack, marked: GradedSubmission) -> dict[str, object]:
    return verdict(attack, marked.report, marked.evidence, shown(marked) if attack.must_not_leave else ())


@pytest.mark.parametrize("attack", by_default(lambda attack: attack.name in SOME, ATTACKS), ids=name_of)
def test_an_attack_gets_its_verdict_and_gets_nothing_else(attack: Attack, hostile_class: Class) -> None:
    assert held(attack, hostile_class.first[attack.name].result()) == expected(attack)


@pytest.mark.parametrize("attack", by_default(lambda attack: attack.name in FOLLOWED, OF_THE_MACHINE), ids=name_of)
def test_a_right_submission_behind_it_earns_full_marks(attack: Attack, hostile_class: Class) -> None:
    marked = hostile_class.right[attack.name].result()
    assert (losses(marked.report), marked.report.flags) == ({}, ())


@pytest.mark.thorough
@pytest.mark.parametrize("attack", OF_THE_MACHINE, ids=name_of)
def test_the_verdict_is_the_same_in_another_order(attack: Attack, hostile_class: Class) -> None:
    assert held(attack, hostile_class.again[attack.name].result()) == expected(attack)


def test_there_are_at_least_sixty_attacks_on_the_machine_and_as_many_on_marks_of_all_kinds() -> None:
    many = Counter(attack.kind for attack in ATTACKS)
    assert sum(many[kind] for kind in ON_THE_MACHINE) >= 60
    assert sum(many[kind] for kind in ON_MARKS) >= 60
    assert many.keys() == {*ON_THE_MACHINE, *ON_MARKS}
    assert min(many.values()) >= 8
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.thorough
def test_nothing_is_left_behind_by_the_second_time_either(hostile_class: Class) -> None:
    _done(hostile_class)
    assert hostile_class.targets.surroundings_but_more_hidden_images() == hostile_class.targets.before
    assert hostile_class.targets.knocked() == []
    assert hostile_class.launcher.worker_for(KERAS).deaths == 0


def _done(hostile_class: Class) -> None:
    for futures in (hostile_class.first, hostile_class.right, hostile_class.again):
        for future in futures.values():
            future.result()


def test_nobody_was_reached_over_any_network(hostile_class: Class) -> None:
    _done(hostile_class)
    assert hostile_class.targets.knocked() == []


def test_nothing_is_left_behind_and_nothing_outside_has_changed(hostile_class: Class) -> None:
    _done(hostile_class)
    assert hostile_class.targets.surroundings_but_more_hidden_images() == hostile_class.targets.before


def test_the_worker_is_the_one_it_was(hostile_class: Class) -> None:
    _done(hostile_class)
    assert hostile_class.launcher.worker_for(KERAS).deaths == 0


CURIOUS = Attack(
    name="looks for the reference's answers in the second run",
    kind="reading",
    train=True,
    after={
        "compile": """
import gc, linecache, sys
seen = "".join([*In, *(str(lines) for lines in linecache.cache.values()), str(sys._getframe().f_back.f_locals)])
print("SEEN", "learning_" + "rate=0.001" in seen, flush=True)
text = seen[seen.find("RMSprop(") :][:60] if "learning_" + "rate=0.001" in seen else "nothing"
""",
        "training": """
class Carrier(keras.layers.Layer):
    def call(self, inputs): return inputs
Carrier.__name__ = Carrier.__qualname__ = text
carrier = keras.Sequential([model, Carrier(name="carrier")])
carrier.compile(loss="binary_crossentropy", optimizer="sgd")
carrier.fit(training_pictures, steps_per_epoch=1, verbose=0)
raise RuntimeError(text)
""",
    },
    answers={"compile": "model.compile(loss='binary_crossentropy', optimizer='sgd', metrics=['accuracy'])"},
)


@pytest.mark.thorough
def test_what_is_read_of_the_reference_in_the_second_run_reaches_neither_report_nor_evidence(
    hostile_class: Class,
) -> None:
    marked = hostile_class.targets.mark(CURIOUS, hostile_class.launcher)
    assert marked.evidence.reruns[-1].replaced == ("compile",)
    said = marked.report.model_dump_json() + marked.evidence.model_dump_json(exclude={"submission"})
    assert "SEEN True" not in said
    assert "RMSprop(" not in said
