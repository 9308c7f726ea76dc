"""Many submissions: which files they are (`discover`), which of them are run and which reuse a result (`plan`), where
they are run (one of the `executors`, in this process or elsewhere), and what is kept of them (`ledger`,
`gradebook_file`)."""

from fairmark.classroom.grade_class import ClassRequest, Graded, grade_class
from fairmark.classroom.reporter import Reporter

__all__ = ["ClassRequest", "Graded", "Reporter", "grade_class"]
