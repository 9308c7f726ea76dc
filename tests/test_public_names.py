"""Every public name, pinned: one that is added, renamed or taken away changes this page, and is thought about.

Public is what somebody writes into a file of their own: a grader script (`fairmark`, `fairmark.checks`,
`fairmark.keras` and the modules of questions), a test of a grader (`judge`, `regrade`, `evidence`, `sandbox.fake`), an
extension in a package of its own (`report`, `present`, `classroom`, `errors`, and for a framework `frameworks` and what
its members give and take), a program that grades (`classroom`, `course`, `data`, `sandbox`, `grading.settings`). In
these modules public is what ``__all__`` lists. Whatever else has an ``__all__`` is shared among the rooms of the engine
only, and may change at any time.
"""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import fairmark
from fairmark import checks, keras

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT / "graders" / "README.md"
EXAMPLES = ROOT / "tests" / "extension_package"

PUBLIC = {
    "fairmark": """
        Grader check dataset expect part
    """,
    "fairmark.errors": """
        ArchiveRefused AssignmentNotFound AuthorError CheckOutcome ControlFlow CourseNotFound CourseOfOthers
        ExtensionFailed ExtensionNotFound FairmarkError GraderError InternalError Interrupted MachineError
        NotConfined NotOfThisCourse PicturesDamaged PicturesMissing RecipeError ReleaseError SandboxNotReady
        StudentError UnreadableNotebook UsageError
    """,
    "fairmark.report": """
        CheckResult ExerciseResult ExerciseStanding Flag INFORMATION Outcome PRECEDENCE Report RunSummary
        SEVERAL_FILES Standing Visibility worst
    """,
    "fairmark.evidence": """
        BatchSeen CallbackAnswer CallbackTried Cell CellError CellFinished CellStarted Decided EVENT EpochEnded
        Event Evidence FitFinished FitStarted Flag FlagKind Function HooksGone InForce Layer ModelCompiled
        ModelDescribed ModelEvaluated ModelExported ModelPredicted NamesBound PictureLoaded PicturesOpened
        Prediction Preparation Probe RecorderFailed Rerun Run RunFinished RunOutcome SCHEMA Scalar
        SessionStarted Stamped StepsWatched Submission Value
    """,
    "fairmark.course": """
        Assignment Course HANDED_OUT built_in_course course_around find_course
    """,
    "fairmark.data": """
        Added Hidden Manifest PictureFile Problem Progress Real Recipe Skipped Splits add data_folder evidence_folder
        hidden_pictures load_recipe make pictures_by_folder pixels_as_published read_manifest require_hidden
        secret_folder secret_seed set_folder verify verify_hidden
    """,
    "fairmark.sandbox": """
        BubblewrapProcess Child ConfinedProcess Ending Files Job Launcher Limits NotebookJob Observed Pauses
        PlainProcess ProbeJob SourceCell Workplace best_launcher choose_numerics grading_launcher interrupted_runs
        not_confined notebook_job run_notebook supervise
    """,
    "fairmark.sandbox.fake": """
        fake_run
    """,
    "fairmark.checks": """
        Check CheckFailed ConflictingEvidence EvidenceView Exercise Grader NoEvidence Observed expect load_grader
        part
    """,
    "fairmark.checks.answers": """
        are_numbers is_number is_word number_in
    """,
    "fairmark.checks.cells": """
        run_to_their_end
    """,
    "fairmark.checks.choices": """
        are_words is_choice
    """,
    "fairmark.keras": """
        RunView
    """,
    "fairmark.keras.accuracy": """
        accuracy_in_training measured_accuracy reaches settled_accuracy
    """,
    "fairmark.keras.callbacks": """
        compares_with defines_one ends_training_in_time is_given reads stops_the_model
    """,
    "fairmark.keras.compile": """
        learning_rate_is loss_fits_classes loss_fits_output measures_accuracy optimizer_is
    """,
    "fairmark.keras.generators": """
        gives_labels has_batches_of has_size reads_folder scales_to_unit
    """,
    "fairmark.keras.history": """
        History is_best_epoch is_gap lists reads
    """,
    "fairmark.keras.layers": """
        ends_for_classes ends_for_two_classes ends_with has_block has_hidden_layer has_only_blocks takes_pictures
    """,
    "fairmark.keras.parameters": """
        follows_from
    """,
    "fairmark.keras.prediction": """
        names_class prepares_as_in_training
    """,
    "fairmark.keras.training": """
        learns_from passes_steps passes_validation_steps prints_a_line_an_epoch runs_steps steps_follow trains_at_most
        trains_for validates_on validates_on_nothing
    """,
    "fairmark.frameworks": """
        FRAMEWORKS Family Framework KernelMemory OldName Rebuilt Watcher framework_named framework_of installed
    """,
    "fairmark.checks.hidden_accuracy": """
        Accuracy accuracy_of asks_for collecting_thresholds predicted_class wilson_interval
    """,
    "fairmark.checks.origin": """
        Origin WORKED_OUT
    """,
    "fairmark.checks.vouched": """
        ANYTHING Vouched
    """,
    "fairmark.data.picture_form": """
        NotKept PictureForm
    """,
    "fairmark.notebook.answer": """
        Answer Change Element argument called last_name text_of
    """,
    "fairmark.sandbox.program": """
        Program function_named
    """,
    "fairmark.sandbox.jobs": """
        JOB Job NotebookJob Pauses ProbeJob SourceCell has_not_moved
    """,
    "fairmark.sandbox.jobfile": """
        JobFile Replies read_job
    """,
    "fairmark.sandbox.inside.cells": """
        Cells Ran binds_unnamed cell_error locals_of names_bound_in names_read_in
    """,
    "fairmark.sandbox.inside.channel": """
        Channel
    """,
    "fairmark.sandbox.inside.silence": """
        Silent silence_check
    """,
    "fairmark.grading.probe": """
        CannotRebuild HiddenPictures ProbeRequest UnsafeModel probe_model
    """,
    "fairmark.grading.judge": """
        judge put_off share_of
    """,
    "fairmark.grading.settings": """
        Mode RunSettings
    """,
    "fairmark.present.files": """
        evidence_json report_files report_json report_name report_stem write_files
    """,
    "fairmark.present.gradebook": """
        COLUMNS exercise_ids gradebook_row gradebook_text write_gradebook
    """,
    "fairmark.present.html": """
        report_page
    """,
    "fairmark.present.terminal": """
        show_report
    """,
    "fairmark.present.table": """
        show_class
    """,
    "fairmark.present.visibility": """
        NOT_SHOWN asked_at_once asked_later for_student
    """,
    "fairmark.present.exporters": """
        ClassResults EXPORTERS ExportedFile Exporter GradebookExporter HtmlExporter JsonExporter exporter_for
    """,
    "fairmark.present.escape": """
        as_text csv_field directed file_stem one_line plain
    """,
    "fairmark.classroom": """
        ClassRequest Graded Reporter grade_class
    """,
    "fairmark.classroom.executors": """
        ClassWork EXECUTORS Executor executor_for
    """,
    "fairmark.classroom.exports": """
        ResultsOnDisk export_class exporters_for
    """,
    "fairmark.classroom.regrade": """
        Judge evidence_files read_evidence rewrite
    """,
    "fairmark.classroom.remote_worker": """
        Batch MarkedThere NotHere Task WorkerSeen close_there expected_bytes_there location_of look_there mark_there
        stop_there warm_up_there world
    """,
    "fairmark.live": """
        Checker check
    """,
    "fairmark.advice": """
        Advice
    """,
    "fairmark.cli": """
        COMMANDS command_line main
    """,
}
"""The names of each public module, in the order of the alphabet, capitals first."""


@pytest.mark.parametrize("module", PUBLIC)
def test_a_public_module_lists_the_names_that_are_pinned_here_and_has_them(module: str) -> None:
    imported = importlib.import_module(module)
    assert sorted(imported.__all__) == PUBLIC[module].split()
    assert not [name for name in imported.__all__ if not hasattr(imported, name)]


def test_every_module_of_questions_is_pinned() -> None:
    """Those of which the author's handbook lists questions."""
    listed = re.findall(r"^### `(fairmark\..+)`$", HANDBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert {"fairmark.checks.answers", "fairmark.keras.layers"} < set(listed) <= set(PUBLIC)


def test_every_module_of_questions_is_named_by_its_package() -> None:
    """In the list by subject at the top of the package."""
    for package in (checks, keras):
        lines = re.findall(r"^ {4}([a-z_]+(?:, [a-z_]+)*)(?: |$)", package.__doc__ or "", re.MULTILINE)
        named = {f"{package.__name__}.{name}" for line in lines for name in line.split(", ")}
        listed = re.findall(rf"^### `({package.__name__}\..+)`$", HANDBOOK.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(listed) <= named


def test_all_that_the_example_package_imports_is_pinned() -> None:
    for path in EXAMPLES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "fairmark":
                assert {alias.name for alias in node.names} <= set(PUBLIC.get(node.module or "", "").split()), path


def test_every_package_that_lists_names_is_pinned() -> None:
    root = Path(fairmark.__file__).parent
    packages = [f"fairmark.{path.parent.name}" for path in root.glob("*/__init__.py")]
    listing = {package for package in packages if hasattr(importlib.import_module(package), "__all__")}
    assert listing <= set(PUBLIC)
