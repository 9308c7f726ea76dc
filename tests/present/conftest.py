"""Reports to show: one with full marks, one with every outcome, one whose every text is hostile."""

from __future__ import annotations

import pytest

from fairmark.evidence import EpochEnded, Run, Stamped
from fairmark.present.curve import Curve, curve_of
from fairmark.report import CheckResult, ExerciseResult, Flag, Outcome, Report, RunSummary, worst

HOSTILE = (
    "=HYPERLINK('http://bad.example','x')[bold red]:smile:[/bold red]\x1b[31m\x1b]0;owned\x07\x9b2J\x08\r\n"
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><a href='javascript:1'>{{7*7}}{% raw %}"
    "\u202eevil\u2066\u200b\u2028\ud800\x00]]>-->@SUM(1),;=2+5\t../../etc/passwd" + "A" * 10_000
)


def exercise(id_: str, title: str, *checks: CheckResult) -> ExerciseResult:
    """An exercise whose marks are the sum of those of its checks."""
    return ExerciseResult(
        id=id_,
        title=title,
        outcome=worst([check.outcome for check in checks]),
        score=sum(check.score for check in checks),
        max_score=sum(check.max_score for check in checks),
        checks=checks,
    )


def report_of(
    student: str, *exercises: ExerciseResult, run: RunSummary | None = None, flags: tuple[Flag, ...] = ()
) -> Report:
    """A report whose marks are the sum of those of its exercises."""
    return Report(
        student=student,
        assignment="horses_or_humans",
        notebook_sha256="3f" * 32,
        outcome=worst([exercise.outcome for exercise in exercises]),
        score=sum(exercise.score for exercise in exercises),
        max_score=sum(exercise.max_score for exercise in exercises),
        run=run or RunSummary(outcome="completed", wall_seconds=42.0, peak_memory_bytes=1_900_000_000),
        exercises=exercises,
        flags=flags,
    )


@pytest.fixture
def small_report() -> Report:
    """One exercise, one check passed and one failed."""
    return report_of(
        "ada",
        exercise(
            "compile",
            "Compile the model",
            CheckResult(id="optimizer", title="RMSprop is used", outcome="passed", score=1, max_score=1),
            CheckResult(
                id="loss",
                title="The loss fits one sigmoid neuron",
                outcome="failed",
                score=0,
                max_score=1.5,
                message="The loss is mse.",
                found="mse",
                expected="binary_crossentropy",
                hint="Two classes, one output: which cross-entropy?",
                cell=12,
            ),
        ),
    )


@pytest.fixture
def full_report() -> Report:
    """Everything passed, with a remark."""
    return report_of(
        "Grace Hopper",
        exercise(
            "pictures",
            "Label pictures by their folders",
            CheckResult(id="rescale", title="Pixels lie between 0 and 1", outcome="passed", score=2, max_score=2),
            CheckResult(id="size", title="Pictures are 300 x 300", outcome="passed", score=1, max_score=1),
        ),
        exercise(
            "train",
            "Train the network",
            CheckResult(
                id="steps",
                title="Each epoch sees the training pictures",
                outcome="passed",
                score=2,
                max_score=2,
                message="8 steps of 128 do not cover 1,027 pictures: every second epoch ran a single step.",
                cell=16,
            ),
        ),
        run=RunSummary(
            outcome="completed",
            wall_seconds=192.4,
            peak_memory_bytes=4_430_000_000,
            isolation=("landlock 7", "namespaces", "seccomp", "rlimits"),
            numerics="bfloat16 on this CPU",
            software={"keras": "3.15.1", "tensorflow": "2.21.0"},
        ),
    )


@pytest.fixture
def mixed_report() -> Report:
    """Every outcome, and a flag."""

    def check(outcome: Outcome, score: float, title: str, **more: object) -> CheckResult:
        return CheckResult.model_validate(
            {"id": title.lower(), "title": title, "outcome": outcome, "score": score, "max_score": 2} | more
        )

    return report_of(
        "Ada Lovelace",
        exercise(
            "pictures",
            "Label pictures by their folders",
            check("passed", 2, "Pixels lie between 0 and 1"),
            check(
                "passed",
                2,
                "Two classes are found",
                message="The generator found 1,027 pictures in 2 classes.",
            ),
        ),
        exercise(
            "model",
            "Build the network",
            check("passed", 2, "The input takes 300 x 300 colour pictures"),
            check(
                "partial",
                1,
                "Three blocks of convolution and pooling",
                message="The network has 2 blocks of convolution and pooling, where 3 were asked for.",
                found="Conv2D 16, MaxPooling2D, Conv2D 32, MaxPooling2D",
                expected="3 blocks",
                hint="Each block halves the picture; the third sees larger shapes.",
                cell=9,
            ),
        ),
        exercise(
            "compile",
            "Compile the model",
            check(
                "failed",
                0,
                "The loss fits one sigmoid neuron",
                message="The loss is mse, where binary_crossentropy fits two classes and one output.",
                found="mse",
                expected="binary_crossentropy",
                hint="Two classes, one output between 0 and 1: which cross-entropy?",
                cell=12,
            ),
            check(
                "error",
                0,
                "The learning rate is 0.001",
                message="Cell 12 raised NameError: name 'RMSprp' is not defined.",
                cell=12,
            ),
        ),
        exercise(
            "train",
            "Train the network",
            check(
                "limit",
                0,
                "The network is right for 80% of hidden pictures",
                message="Training did not end within 600 seconds.",
                found="epoch 9 of 15",
                expected="15 epochs within 600 seconds",
                hint="Smaller pictures train faster.",
                cell=14,
            ),
            check("needs_attention", 0, "Validation is measured", message="The recorder's channel broke off."),
        ),
        exercise(
            "predict",
            "Predict a picture",
            check(
                "unattempted",
                0,
                "The picture has the size the network takes",
                hint="load_img takes a target_size.",
                cell=18,
            ),
        ),
        run=RunSummary(
            outcome="timeout",
            wall_seconds=601.2,
            peak_memory_bytes=1_870_000_000,
            isolation=("landlock 7", "namespaces", "rlimits"),
            numerics="float32",
            software={"keras": "3.15.1", "tensorflow": "2.21.0"},
        ),
        flags=(Flag(kind="witnesses_disagree", message="The history says 0.99, hidden pictures say 0.51.", cell=14),),
    )


@pytest.fixture
def hostile_report() -> Report:
    """Every text that may come from a student is hostile, and 10,000 characters long."""
    outcomes: tuple[Outcome, ...] = ("failed", "passed", "unattempted", "error")
    checks = tuple(
        CheckResult(
            id=HOSTILE,
            title=HOSTILE,
            outcome=outcome,
            score=1,
            max_score=2,
            message=HOSTILE,
            found=HOSTILE,
            expected=HOSTILE,
            hint=HOSTILE,
            cell=3,
        )
        for outcome in outcomes
    )
    return report_of(
        HOSTILE,
        exercise(HOSTILE, HOSTILE, *checks),
        run=RunSummary(
            outcome="completed",
            wall_seconds=1.0,
            peak_memory_bytes=1_000_000,
            isolation=(HOSTILE,),
            numerics=HOSTILE,
            software={HOSTILE: HOSTILE},
        ),
        flags=(Flag(kind="tampering", message=HOSTILE, cell=3),),
    )


@pytest.fixture
def hostile_text() -> str:
    return HOSTILE


@pytest.fixture
def curve() -> Curve:
    """Fifteen epochs, of eight steps and of one in turn; the fourth epoch's validation is not a number."""
    events = tuple(
        Stamped(
            at_seconds=float(epoch),
            event=EpochEnded(
                fit="fit-1",
                epoch=epoch,
                steps=8 if epoch % 2 else 1,
                validation_steps=8,
                seconds=1.0,
                logs={
                    "loss": 1 / epoch,
                    "accuracy": 1 - 0.45 / epoch**0.8,
                    "val_accuracy": float("nan") if epoch == 4 else 0.88 - 0.36 / epoch - 0.11 * (epoch % 3 == 0),
                },
            ),
        )
        for epoch in range(1, 16)
    )
    found = curve_of(Run(outcome="completed", events=events))
    assert found is not None
    return found


@pytest.fixture
def cell_lines() -> dict[int, str]:
    return {
        9: "model = tf.keras.models.Sequential([",
        12: "model.compile(loss='mse',",
        14: "history = model.fit(",
        16: "history = model.fit(train_generator, steps_per_epoch=8)",
        18: "img = load_img(path, target_size=None)  # YOUR CODE HERE",
    }
