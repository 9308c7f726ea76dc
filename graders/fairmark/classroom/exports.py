"""Files that exporters make of a graded class, in a folder of its own for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairmark.atomic_write import write_file
from fairmark.classroom.grade import Place
from fairmark.errors import ExtensionFailed, FairmarkError, MachineError
from fairmark.evidence import Evidence
from fairmark.grading.pipeline import GradedSubmission
from fairmark.present.escape import file_stem
from fairmark.present.exporters import Exporter, exporter_for
from fairmark.report import Report, Standing

__all__ = ["ResultsOnDisk", "export_class", "exporters_for"]


@dataclass
class ResultsOnDisk:
    """A class as ``grade`` has written it into ``place``."""

    place: Place
    standings: Sequence[Standing]
    _last: tuple[Standing, Evidence | None] | None = field(default=None, repr=False)

    @property
    def deadline_passed(self) -> bool:
        return self.place.deadline_passed

    def report(self, standing: Standing) -> Report:
        """Raises :class:`fairmark.errors.MachineError` if it cannot be read."""
        named = standing.student, standing.assignment, standing.file_number
        report = self.place.written(*named)
        if report is None:
            raise MachineError(
                f"{self.place.report(*named)}: cannot be read", remedy="Run the command again: it writes it anew."
            )
        return report

    def evidence(self, standing: Standing) -> Evidence | None:
        """The last one is kept, since whoever asks once asks again."""
        if self._last is None or self._last[0] is not standing:
            recorded = self.place.recorded(standing.student, standing.assignment, standing.file_number)
            self._last = standing, recorded
        return self._last[1]

    def cell_lines(self, standing: Standing) -> Mapping[int, str]:
        evidence = self.evidence(standing)
        return {} if evidence is None else GradedSubmission(evidence, self.report(standing)).cell_lines


def exporters_for(names: Iterable[str]) -> dict[str, Exporter]:
    """The exporters with these names, each once. Raises what :func:`fairmark.present.exporters.exporter_for` does."""
    return {name: exporter_for(name) for name in dict.fromkeys(names)}


def export_class(place: Place, standings: Sequence[Standing], exporters: Mapping[str, Exporter]) -> list[Path]:
    """Writes what each of ``exporters`` makes of the class into ``exports/<name>/`` below the folder of ``place``; the
    folders. A file that stands there and is not made this time is left alone.

    Raises:
        ExtensionFailed: an exporter raised, or gave a file a name that is none or that another one has.
        MachineError: a report cannot be read, or a file cannot be written.
    """
    return [
        _export(name, exporter, ResultsOnDisk(place, standings), place.exports / file_stem(name))
        for name, exporter in exporters.items()
    ]


def _export(name: str, exporter: Exporter, results: ResultsOnDisk, folder: Path) -> Path:
    written: set[str] = set()
    try:
        for file_name, content in exporter.files(results):
            if Path(file_name).name != file_name or file_name[:1] in ("", ".") or file_name in written:
                raise _failed(name, f"{file_name!r} is no name for a file of its own")
            written.add(file_name)
            write_file(folder / file_name, content)
    except FairmarkError:
        raise
    except Exception as problem:
        raise _failed(name, f"{type(problem).__name__}: {problem}") from problem
    return folder


def _failed(name: str, reason: str) -> ExtensionFailed:
    return ExtensionFailed(
        f"The exporter {name!r} failed: {reason}",
        remedy="Gradebook and reports are written. Leave out the exporter, or ask whoever offers it.",
    )
