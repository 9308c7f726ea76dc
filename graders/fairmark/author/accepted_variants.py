"""What an author declares beside a grader: right answers spelled otherwise, and what is known of some mutants.

``graders/<assignment>.verify.toml``::

    [[twin]]
    name = "the functional API"
    why = "Sequential is not asked for."
    answers.layers = '''
    inputs = Input((300, 300, 3))
    ...
    '''

    [[equivalent]]
    mutant = "generators/labels-sparse@9"
    because = "One number a picture, as binary labels are."

    [[trained]]
    mutant = "training/epochs-one@6"
    because = "One epoch is allowed; whether it was enough, hidden pictures say."

``equivalent`` are right answers, too; of ``trained`` only the training can tell, which `fairmark verify --train` does.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairmark.author.sample_class import Edit, with_answers
from fairmark.errors import AuthorError
from fairmark.notebook.stub import header

__all__ = ["Declared", "Known", "Twin", "declared_for", "line_of", "twin_notebook"]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Twin(_Schema):
    """A right answer. ``answers`` replace whole cells by exercise, all others are the solution's."""

    name: str
    why: str = ""
    answers: dict[str, str] = Field(min_length=1)


class Known(_Schema):
    """A mutant that no check can be expected to notice (without training), and the reason."""

    mutant: str
    because: str = Field(min_length=1)


class Declared(_Schema):
    """All of one file."""

    twin: tuple[Twin, ...] = ()
    equivalent: tuple[Known, ...] = ()
    trained: tuple[Known, ...] = ()


def declared_for(grader: Path) -> tuple[Path, Declared]:
    """The file beside the grader script and what it declares; nothing where there is no such file.

    Raises :class:`AuthorError`, naming the file, where it is not TOML or not as described above.
    """
    path = grader.with_suffix(".verify.toml")
    try:
        declared = Declared.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return path, Declared()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise AuthorError(f"{path}: cannot be read: {problem}") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise AuthorError(
            f"{path}: {where}: {first['msg']}", remedy="It holds [[twin]], [[equivalent]] and [[trained]]."
        ) from problem
    return path, declared


def line_of(path: Path, text: str) -> str:
    """``path:12`` for the first line that holds ``text``, ``path`` where none does."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else []
    number = next((number for number, line in enumerate(lines, start=1) if text in line), None)
    return f"{path}:{number}" if number else str(path)


def twin_notebook(solution: bytes, answers: dict[str, str]) -> bytes:
    """The solution with some answers spelled otherwise, as a student hands it in."""
    return with_answers(solution, {exercise: _whole_cell(exercise, text) for exercise, text in answers.items()})


def _whole_cell(exercise: str, text: str) -> Edit:
    return lambda source: text if text.startswith(header(exercise)) else f"{header(exercise)}\n{text.strip()}"
