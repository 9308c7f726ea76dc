"""The ledger: the state of every submission of a class, in SQLite beside the results.

A batch that was killed goes on where it stopped: what the ledger calls done is done, with its files written; anything
else is marked again. What was learned of each assignment, seconds and memory, plans the next batch.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fairmark.classroom.same_code import Answers, Handed
from fairmark.errors import MachineError

__all__ = ["Ledger", "Measured"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS submission (
    student TEXT NOT NULL,
    assignment TEXT NOT NULL,
    file_number INTEGER NOT NULL DEFAULT 1,
    sha256 TEXT NOT NULL,
    settings TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    wall_seconds REAL NOT NULL DEFAULT 0,
    peak_memory_bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (student, assignment, file_number)
);
CREATE TABLE IF NOT EXISTS enrolled (
    number INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    assignment TEXT NOT NULL,
    file_number INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS notebook (sha256 TEXT PRIMARY KEY, assignment TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gradebook (sha256 TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS answers (
    student TEXT NOT NULL,
    assignment TEXT NOT NULL,
    file_number INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    is_telling INTEGER NOT NULL,
    PRIMARY KEY (student, assignment, file_number)
);
"""
_VERSION = 1
_UPGRADE = f"""
BEGIN;
ALTER TABLE submission RENAME TO earlier;
ALTER TABLE enrolled ADD COLUMN file_number INTEGER NOT NULL DEFAULT 1;
{_SCHEMA}
INSERT INTO submission (student, assignment, sha256, settings, state, wall_seconds, peak_memory_bytes)
    SELECT student, assignment, sha256, settings, state, wall_seconds, peak_memory_bytes FROM earlier;
DROP TABLE earlier;
COMMIT;
"""
"""Of a ledger that was begun when a student had one file for an assignment."""
_MEASURED = "FROM submission WHERE assignment = ? AND state = 'done' AND wall_seconds > 0"
_WAIT_SECONDS = 2.0
"""For another batch that is just ending."""


@dataclass(frozen=True)
class Measured:
    """What runs of one assignment have needed so far: the median of seconds, the most bytes."""

    wall_seconds: float
    peak_memory_bytes: int


class Ledger:
    """The ledger in the file ``path``, which is made. For any number of threads; one batch at a time.

    Raises :class:`MachineError` where it cannot be opened, or is in use by another batch.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_new = True
        """Whether there was none."""
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False, isolation_level=None)
        except (OSError, sqlite3.Error) as problem:
            raise self._broken(problem) from problem
        try:
            # Held from the first use on, until this process ends, however it ends.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._upgrade()
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as problem:
            self._database.close()
            raise self._broken(problem) from problem

    def _broken(self, problem: Exception) -> MachineError:
        if getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            return MachineError(
                f"{self._path}: another batch is writing there",
                remedy="Wait for it, or choose another folder with --out.",
            )
        return MachineError(
            f"{self._path}: the ledger cannot be used: {problem}",
            remedy="Move it away, or choose another folder with --out; nothing but time is lost.",
        )

    def _upgrade(self) -> None:
        [version] = self._database.execute("PRAGMA user_version").fetchone()
        self.is_new = not self._database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        columns = [name for _, name, *_ in self._database.execute("PRAGMA table_info(submission)")]
        if version < _VERSION and columns and "file_number" not in columns:
            self._database.executescript(_UPGRADE)
        self._database.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._database
            except sqlite3.Error as problem:
                raise self._broken(problem) from problem

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # --- notebooks ---

    def assignment_of(self, sha256: str) -> str | None:
        """The assignment that a file of this digest was found to belong to; None where it was not seen before."""
        with self._using() as database:
            row = database.execute("SELECT assignment FROM notebook WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, sha256: str, assignment: str) -> None:
        with self._using() as database:
            database.execute("INSERT OR REPLACE INTO notebook VALUES (?, ?)", (sha256, assignment))

    # --- the class ---

    def enrol(self, submissions: Iterable[tuple[str, str, int]]) -> None:
        """These make the class from here on, by student, assignment and number of the file, in the order of the
        gradebook."""
        with self._using() as database:
            database.execute("BEGIN")
            database.execute("DELETE FROM enrolled")
            database.executemany(
                "INSERT INTO enrolled (student, assignment, file_number) VALUES (?, ?, ?)", submissions
            )
            database.execute("COMMIT")

    def enrolled(self) -> list[tuple[str, str, int]]:
        """Who makes the class, in the order of the gradebook."""
        with self._using() as database:
            rows = database.execute("SELECT student, assignment, file_number FROM enrolled ORDER BY number").fetchall()
        return [(str(student), str(assignment), int(number)) for student, assignment, number in rows]

    # --- the gradebook ---

    def gradebooks(self) -> set[str]:
        """Digests of what may stand in the gradebook as it was written; none where that is not known."""
        with self._using() as database:
            return {str(sha256) for [sha256] in database.execute("SELECT sha256 FROM gradebook").fetchall()}

    def gradebook_may_be(self, sha256: str) -> None:
        """From here on it may be this one, too."""
        with self._using() as database:
            database.execute("INSERT OR IGNORE INTO gradebook VALUES (?)", (sha256,))

    def gradebook_is(self, sha256: str) -> None:
        """It was written, and is no other any more."""
        with self._using() as database:
            database.execute("DELETE FROM gradebook WHERE sha256 != ?", (sha256,))

    # --- what students wrote ---

    def wrote(self, student: str, assignment: str, file_number: int, *, sha256: str, answers: Answers | None) -> None:
        """What stands in a file of this digest; None where nothing was written."""
        with self._using() as database:
            database.execute(
                "DELETE FROM answers WHERE student = ? AND assignment = ? AND file_number = ?",
                (student, assignment, file_number),
            )
            if answers is not None:
                database.execute(
                    "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                    (student, assignment, file_number, sha256, answers.sha256, answers.is_telling),
                )

    def written(self) -> list[Handed]:
        """What all of the class wrote, in the order of the gradebook."""
        with self._using() as database:
            rows = database.execute(
                "SELECT student, assignment, file_sha256, sha256, is_telling FROM answers"
                " JOIN enrolled USING (student, assignment, file_number) ORDER BY number"
            ).fetchall()
        return [
            Handed(str(student), str(assignment), str(file_sha256), Answers(str(sha256), bool(is_telling)))
            for student, assignment, file_sha256, sha256, is_telling in rows
        ]

    # --- submissions ---

    def is_done(self, student: str, assignment: str, file_number: int = 1, *, sha256: str, settings: str) -> bool:
        """Whether this very file was marked, under these settings, and what came of it was written."""
        with self._using() as database:
            row = database.execute(
                "SELECT 1 FROM submission WHERE student = ? AND assignment = ? AND file_number = ? AND sha256 = ?"
                " AND settings = ? AND state = 'done'",
                (student, assignment, file_number, sha256, settings),
            ).fetchone()
        return row is not None

    def begin(self, student: str, assignment: str, file_number: int = 1, *, sha256: str, settings: str) -> None:
        """It is being marked, once more."""
        with self._using() as database:
            database.execute(
                "INSERT INTO submission (student, assignment, file_number, sha256, settings, state) VALUES"
                " (?, ?, ?, ?, ?, 'running') ON CONFLICT (student, assignment, file_number) DO UPDATE SET"
                " sha256 = excluded.sha256, settings = excluded.settings, state = 'running'",
                (student, assignment, file_number, sha256, settings),
            )

    def end(
        self,
        student: str,
        assignment: str,
        file_number: int = 1,
        *,
        done: bool,
        wall_seconds: float = 0.0,
        peak_memory_bytes: int = 0,
    ) -> None:
        """It was marked and its files are written; or it could not be, through no fault of the student's."""
        with self._using() as database:
            database.execute(
                "UPDATE submission SET state = ?, wall_seconds = ?, peak_memory_bytes = ? WHERE student = ? AND"
                " assignment = ? AND file_number = ?",
                ("done" if done else "failed", wall_seconds, peak_memory_bytes, student, assignment, file_number),
            )

    def measured(self, assignment: str) -> Measured | None:
        """None where nothing of it has run yet."""
        with self._using() as database:
            count, most = database.execute(
                f"SELECT COUNT(*), MAX(peak_memory_bytes) {_MEASURED}", (assignment,)
            ).fetchone()
            if not count:
                return None
            [median] = database.execute(
                f"SELECT wall_seconds {_MEASURED} ORDER BY wall_seconds LIMIT 1 OFFSET ?", (assignment, count // 2)
            ).fetchone()
        return Measured(median, most)
