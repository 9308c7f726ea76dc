"""The probe: which models are rebuilt, how many hidden pictures they are asked about, and what is told of it."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from shapes import Finished, shape_picture

from fairmark.checks.hidden_accuracy import accuracy_of
from fairmark.data import Hidden
from fairmark.evidence import Evidence, ModelExported, ModelPredicted, Preparation, Probe
from fairmark.frameworks import framework_named
from fairmark.grading.probe import CannotRebuild, ProbeRequest, UnsafeModel, probe_model
from fairmark.keras.grading.rebuild import vet_model
from fairmark.sandbox import Limits, ProbeJob

CLASSES = ("circles", "squares")


@pytest.fixture(scope="session")
def evidence(finished: Finished) -> Evidence:
    """Of a notebook that trained one model on circles and squares and predicted one picture."""
    return finished.evidence_before("changes")


# --- which models are rebuilt -----------------------------------------------------------------------------------------


def configuration(finished: Finished, name: str) -> bytes:
    """What ``model.to_json()`` gave."""
    return (finished.left / "tmp" / f"{name}.json").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "sequential",
        "functional",
        "several outputs",
        "nested",
        "function of TensorFlow",
        "batch normalisation",
    ],
)
def test_models_of_keras_own_layers_pass(name: str, finished: Finished) -> None:
    vetted = json.loads(vet_model(configuration(finished, name)))
    assert vetted["class_name"] in ("Sequential", "Functional")
    assert "compile_config" not in vetted


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("lambda", "The model holds a Lambda layer"),
        ("own layer", "The model holds Doubling, which is not one of Keras's own classes"),
    ],
)
def test_layers_that_carry_code_are_refused_by_name(name: str, what: str, finished: Finished) -> None:
    with pytest.raises(CannotRebuild, match=f"^{what}, which fairmark cannot rebuild to try it on hidden images$"):
        vet_model(configuration(finished, name))


def layer(class_name: object = "Dense", module: object = "keras.layers", **more: object) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": {}, "registered_name": None, **more}


def model(*layers: object, **more: object) -> bytes:
    return json.dumps(layer("Sequential", "keras", config={"layers": layers}, **more)).encode()


def test_a_plain_model_passes() -> None:
    assert json.loads(vet_model(model(layer())))["config"]["layers"] == [layer()]


@pytest.mark.parametrize(
    "entry",
    [
        layer("Lambda"),
        layer("TFSMLayer"),
        layer("TorchModuleWrapper"),
        layer("system", "os"),
        layer("Popen", "subprocess"),
        layer("Dense", "__main__"),
        layer("Dense", None),
        layer("Dense", 3),
        layer(None, None),
        layer("Dense", "keras_hub.layers"),
        layer("Dense", "kerasx"),
        layer("deserialize", "keras.src.saving.serialization_lib"),
        layer("Functional", "keras.src.models.sequential"),
        layer("function", "builtins", config="relu"),
        layer("Dense", registered_name="Custom>Dense"),
        {"class_name": "__lambda__", "config": {"value": "4wAAAA=="}},
        layer("__numpy__", "os"),
        layer(config={"kernel_initializer": layer("Lambda")}),
        layer(config={"deep": [[{"deeper": (layer("own", "student"),)}]]}),
    ],
    ids=range(19),
)
def test_anything_else_is_refused_wherever_it_stands(entry: dict[str, Any]) -> None:
    with pytest.raises(UnsafeModel, match=r"which fairmark cannot rebuild|a class that has no name"):
        vet_model(model(layer(), entry))


def test_what_compile_left_is_dropped_unread() -> None:
    assert "compile_config" not in json.loads(vet_model(model(layer(), compile_config={"loss": layer("own", "os")})))


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (b"", "a configuration that is not JSON"),
        (b"\xff\xfe\x00", "a configuration that is not JSON"),
        (b"{'class_name': 'Sequential'}", "a configuration that is not JSON"),
        (b"\x80\x04\x95.", "a configuration that is not JSON"),
        (b"[" * 100_000, "a configuration that is not JSON"),
        (b"[]", "a configuration that is not a model's"),
        (b"3", "a configuration that is not a model's"),
    ],
    ids=range(7),
)
def test_what_is_no_configuration_is_refused(config: bytes, why: str) -> None:
    with pytest.raises(UnsafeModel, match=why):
        vet_model(config)


@pytest.mark.parametrize(
    "layers",
    [
        [layer(config={"mean": [0.5] * 65})],
        [layer(config={"mean": [[0.5] * 40, [0.5] * 40]})],
        [layer(config={"mean": [0.5] * 60}) for _ in range(9)],
    ],
    ids=("a long list", "lists in a list", "many lists"),
)
def test_tables_of_numbers_are_weights_by_another_name(layers: list[dict[str, Any]]) -> None:
    with pytest.raises(CannotRebuild, match="tables of numbers"):
        vet_model(model(*layers))


def test_sizes_and_a_few_means_are_no_tables() -> None:
    sizes = [layer(config={"kernel_size": [3, 3], "strides": [1, 1], "shape": [None, 30, 30, 3]}) for _ in range(500)]
    vet_model(model(*sizes, layer(config={"mean": [0.5] * 64, "variance": [0.5] * 64})))


@pytest.mark.parametrize("depth", [950, 3000, 100_000])
def test_a_configuration_nested_too_deeply_is_refused(depth: int) -> None:
    with pytest.raises(UnsafeModel):
        vet_model(
            b'{"class_name": "Sequential", "module": "keras", "config": ' + b'{"a": ' * depth + b"1" + b"}" * depth
        )


# --- through the real sandbox -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,600 hidden shapes; even numbers are circles."""
    folder, dice = tmp_path_factory.mktemp("hidden"), random.Random(1600)
    for number in range(1600):
        shape_picture(CLASSES[number % 2], dice).save(folder / f"{number:05}.png")
    return folder


@pytest.fixture
def hidden(stock: Path) -> Callable[[int], Hidden]:
    """200 a round, at most 8 rounds."""

    def of(rounds: int) -> Hidden:
        count = 200 * rounds
        pictures = tuple(sorted(stock.iterdir())[:count])
        return Hidden(pictures, tuple(number % 2 for number in range(count)), CLASSES, "drawn", more=True)

    return of


@pytest.fixture(scope="module")
def probes(finished: Finished, evidence: Evidence, stock: Path) -> Iterator[tuple[Probe, Probe]]:
    """Of the trained model, and of the same with one array gone: 200 pictures were to be shown to each."""
    pictures = tuple(sorted(stock.iterdir())[:200])
    shown = Hidden(pictures, tuple(number % 2 for number in range(200)), CLASSES, "drawn", more=True)
    last = [stamped.event for stamped in evidence.run.events if isinstance(stamped.event, ModelExported)][-1]
    request = ProbeRequest(lambda rounds: shown, framework_named(""), finished.pictures_folder / "shapes", (0.8,))
    with finished.workplace_again() as whole, finished.workplace_again() as spoilt, ThreadPoolExecutor(2) as pool:
        (spoilt.folder / "export" / last.folder / "weights-3.npy").unlink()
        asked = [pool.submit(probe_model, evidence, one, request) for one in (whole, spoilt)]
        rebuilt, not_rebuilt = (one.result() for one in asked)
        assert rebuilt is not None
        assert not_rebuilt is not None
        yield rebuilt, not_rebuilt


@pytest.fixture
def probed(probes: tuple[Probe, Probe]) -> Probe:
    return probes[0]


def test_a_trained_model_is_rebuilt_and_names_hidden_pictures(probed: Probe) -> None:
    assert (probed.problem, probed.model, probed.source, probed.classes) == (None, "model-1", "drawn", CLASSES)
    assert accuracy_of(probed, list(CLASSES)).share > 0.9


def test_it_is_asked_no_more_once_its_mark_is_decided(probed: Probe) -> None:
    assert (len(probed.outputs), probed.available) == (64, 200)
    assert len(probed.truth) == 64


def test_pictures_are_prepared_as_the_validation_generator_did(probed: Probe) -> None:
    assert probed.preparation == Preparation(target_size=(30, 30), scale=1 / 255)


def test_the_picture_the_notebook_predicted_is_predicted_outside_too(probed: Probe, finished: Finished) -> None:
    assert probed.picture == "validation/circles/circles-00.png"
    inside = finished.all(ModelPredicted, "pictures")[0].outputs[0]
    assert probed.picture_outputs == pytest.approx(inside, abs=1e-3)
    assert probed.picture_size == (30, 30)


def test_weights_that_are_not_those_that_training_left_are_refused(probes: tuple[Probe, Probe]) -> None:
    spoilt = probes[1]
    assert (spoilt.problem, spoilt.weights_swapped) == ("weights other than those that training left", True)
    assert spoilt.outputs == ()


# --- how many questions -----------------------------------------------------------------------------------------------

ANSWER = """
said = 0
while said < len(job["pictures"]):
    names = job["pictures"][said:said + 64]
    send("prediction", start=said, outputs=[{output} for name in names])
    said += 64
send("run_finished")
"""


def ask(
    program: str,
    finished: Finished,
    evidence: Evidence,
    hidden: Callable[[int], Hidden],
    threshold: float = 0.5,
) -> tuple[Probe, list[ProbeJob]]:
    """What is known in the end, and the jobs there were."""
    launcher = Scripted(program)
    with finished.workplace_again() as workplace:
        probe = probe_model(
            evidence,
            workplace,
            ProbeRequest(
                hidden, framework_named(""), dataset_folder=finished.pictures_folder / "shapes", thresholds=(threshold,)
            ),
            launcher=launcher,
            limits=Limits(run_seconds=60),
        )
    assert probe is not None
    return probe, [job for job in launcher.jobs if isinstance(job, ProbeJob)]


def test_a_close_call_is_asked_about_four_times_as_many_and_no_more(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    probe, jobs = ask(ANSWER.format(output="[0.1]"), finished, evidence, hidden)  # "circle" to all: half are
    assert [len(job.pictures) for job in jobs] == [200, 200, 400, 800]
    assert (len(probe.outputs), probe.available, probe.problem) == (1600, 1600, None)
    assert len({path for job in jobs for path in job.pictures}) == 1600


def test_a_close_call_ends_where_there_are_no_further_pictures(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    def held_back(rounds: int) -> Hidden:
        return dataclasses.replace(hidden(1), source="held back", more=False)

    probe, jobs = ask(ANSWER.format(output="[0.1]"), finished, evidence, held_back)
    assert (len(jobs), len(probe.outputs), probe.source) == (1, 200, "held back")


def test_a_mark_that_a_further_round_decides_needs_no_third(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    # Half right in the first round, which is close to 0.56; all wrong from then on.
    output = "[0.1] if int(name[-9:-4]) < 200 else [int(name[-9:-4]) % 2 == 0]"
    probe, jobs = ask(ANSWER.format(output=output), finished, evidence, hidden, threshold=0.56)
    assert len(jobs) == 2
    assert len(probe.outputs) == 264


def test_answers_that_are_not_numbers_count_as_wrong(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    probe, _ = ask(ANSWER.format(output="['NaN']"), finished, evidence, hidden)
    assert accuracy_of(probe, list(CLASSES)).correct == 0
    assert len(probe.outputs) == 64


def test_the_process_is_told_nothing_of_labels(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    _, jobs = ask(ANSWER.format(output="[0.1]"), finished, evidence, hidden)
    for job in jobs:
        told = job.model_dump(mode="json")
        asked = {"kind", "model_folder", "preparation", "pictures", "picture", "batch_size"}
        assert set(told) == {*asked, "program", "pictures_folder", "seal"}
        assert told["pictures_folder"] is None
        rest = json.dumps({name: value for name, value in told.items() if name != "picture"})
        assert not any(name in rest for name in (*CLASSES, "truth"))


def test_only_the_first_job_asks_for_the_notebooks_own_picture(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    _, jobs = ask(ANSWER.format(output="[0.1]"), finished, evidence, hidden)
    assert [job.picture is not None for job in jobs] == [True, False, False, False]


@pytest.mark.parametrize(
    ("program", "taken"),
    [
        ("send('prediction', start=64, outputs=[[0.9]])", 0),
        ("send('prediction', start=0, outputs=[[0.9]] * 201)", 0),
        ("send('prediction', start=0, outputs=[[0.9]]); send('prediction', start=0, outputs=[[0.9]])", 1),
    ],
)
def test_answers_nobody_asked_for_are_not_taken(
    program: str, taken: int, finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    def once(rounds: int) -> Hidden:
        return dataclasses.replace(hidden(1), more=False)

    probe, _ = ask(program + "; time.sleep(60)", finished, evidence, once)
    assert len(probe.outputs) == taken


def test_a_probe_that_crashes_says_how(finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]) -> None:
    probe, _ = ask("say('deep trouble'); os._exit(1)", finished, evidence, hidden)
    assert probe.problem == "The model could not be rebuilt to try it on hidden images (deep trouble)"
    silent, _ = ask("os._exit(1)", finished, evidence, hidden)
    assert silent.problem == (
        "The model could not be rebuilt to try it on hidden images (the notebook's process ended early: exit status 1)"
    )
    assert (probe.not_rebuilt, silent.not_rebuilt) == (True, True)


def test_a_probe_that_crashes_is_started_again_twice_and_goes_on_where_it_stopped(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    once = "send('prediction', start=0, outputs=[[0.9]]); os._exit(1)"
    probe, jobs = ask(once, finished, evidence, hidden)
    asked = [len(job.pictures) for job in jobs]
    assert asked == [asked[0], asked[0] - 1, asked[0] - 2]
    assert (len(probe.outputs), probe.problem is None) == (3, False)


# --- nothing to ask ---------------------------------------------------------------------------------------------------


def test_a_notebook_that_trained_nothing_has_no_probe(finished: Finished, hidden: Callable[[int], Hidden]) -> None:
    with finished.workplace_again() as workplace:
        probe = probe_model(
            finished.evidence_before("fit"),
            workplace,
            ProbeRequest(hidden, framework_named(""), dataset_folder=Path("/nowhere"), thresholds=(0.8,)),
        )
    assert probe is None


def with_export(evidence: Evidence, **changes: object) -> Evidence:
    """The same evidence, but for what it says of the exported models."""
    events = tuple(
        stamped.model_copy(update={"event": stamped.event.model_copy(update=changes)})
        if isinstance(stamped.event, ModelExported)
        else stamped
        for stamped in evidence.run.events
    )
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": events})})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"folder": "../../etc"}, "no model where the run said it had put one"),
        ({"folder": "model-9-9"}, "no model where the run said it had put one"),
        (
            {"problem": "ValueError: no"},
            "The model is one that cannot be written down as data (ValueError: no), which fairmark cannot rebuild to "
            "try it on hidden images",
        ),
    ],
)
def test_a_model_that_is_not_there_is_a_problem_that_is_told(
    changes: dict[str, object],
    problem: str,
    finished: Finished,
    evidence: Evidence,
    hidden: Callable[[int], Hidden],
) -> None:
    probe, jobs = ask("", finished, with_export(evidence, **changes), hidden)
    assert (probe.problem, probe.outputs, jobs) == (problem, (), [])


def test_a_refused_model_reaches_no_process(
    finished: Finished, evidence: Evidence, hidden: Callable[[int], Hidden]
) -> None:
    last = [stamped.event for stamped in evidence.run.events if isinstance(stamped.event, ModelExported)][-1]
    launcher = Scripted("")
    with finished.workplace_again() as workplace:
        (workplace.folder / "export" / last.folder / "config.json").write_bytes(configuration(finished, "lambda"))
        probe = probe_model(
            evidence,
            workplace,
            ProbeRequest(hidden, framework_named(""), dataset_folder=Path("/nowhere"), thresholds=(0.8,)),
            launcher=launcher,
        )
    assert probe is not None
    assert (probe.problem or "").startswith("The model holds a Lambda layer, which fairmark cannot rebuild")
    assert probe.not_rebuilt
    assert launcher.jobs == []
