"""An exporter that lists who has how many points, and which checks failed."""

from __future__ import annotations

from collections.abc import Iterator

from fairmark.present.exporters import ClassResults, ExportedFile

__all__ = ["Points"]


class Points:
    """Writes ``points.txt``, a line for each submission."""

    def files(self, results: ClassResults) -> Iterator[ExportedFile]:
        lines = []
        for standing in results.standings:
            checks = [check for exercise in results.report(standing).exercises for check in exercise.checks]
            failed = [check.id for check in checks if check.outcome != "passed"]
            lines.append(f"{standing.student}: {standing.score:g} of {standing.max_score:g} {failed}")
        yield "points.txt", "\n".join(lines) + "\n"
