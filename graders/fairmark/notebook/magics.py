"""IPython's additions taken out of a cell's text, so that Python's own parser can read the rest.

Line numbers stay as they are. This is done here, not by IPython's `TransformerManager`: that one reads the whole cell
again for every magic in it, and importing it takes longer than everything else this package does.
"""

from __future__ import annotations

import re

from fairmark.notebook.lexing import statement_end

__all__ = ["module_written_by", "python_source"]

RUNS_ITS_BODY = {"time", "timeit", "capture", "prun"}
"""Cell magics whose body is Python that runs in the notebook's own process."""

CELL_MAGIC = re.compile(r"%%(\w+)")
MODULE_WRITTEN = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?['\"]?[^\n'\"]+\.py['\"]?[ \t]*\n")
TIMED = re.compile(r"(\s*(?:[A-Za-z_][\w., \[\]]*=\s*)?)%(?:time|prun)[ \t]+(\S.*)", re.DOTALL)
ASSIGNED = re.compile(r"(\s*[A-Za-z_][\w., \[\]]*=\s*)[%!](?!=)")
COMMAND = re.compile(r"\s*(?:[%!?])")
HELP = re.compile(r"\s*%{0,2}[\w.*]+\?{1,2}\s*$")


def python_source(source: str) -> str:
    """``source`` with magics (``%``, ``%%``), shell commands (``!``) and help (``?``) replaced by Python that does
    nothing. ``%time`` keeps its statement, and cell magics that run their body here (``%%time``) keep the body; any
    other cell magic leaves nothing. Text without any of these comes back unchanged, be it Python or not."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    magic = CELL_MAGIC.match(lines[first])
    if magic:
        if magic.group(1) not in RUNS_ITS_BODY:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
        source = "\n".join(lines)
    return _without_commands(source)


def module_written_by(source: str) -> str:
    """The text of the Python file that the cell ``source`` writes by ``%%writefile``; empty where it writes none."""
    written = MODULE_WRITTEN.match(source)
    return source[written.end() :] if written else ""


def _without_commands(source: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(source):
        line_end = _line_end(source, at)
        replaced = _replaced(source[at:line_end])
        end = statement_end(source, at) if replaced is None else line_end
        parts.append(source[at:end] if replaced is None else replaced)
        at = end
    return "".join(parts)


def _line_end(source: str, at: int) -> int:
    """Just after the line that begins at ``at``, with the lines a backslash at its end continues it on."""
    while True:
        newline = source.find("\n", at)
        if newline < 0:
            return len(source)
        if not source.endswith("\\", at, newline):
            return newline + 1
        at = newline + 1


def _replaced(line: str) -> str | None:
    """The Python that stands for a line of IPython's, None for a line of Python."""
    ends = "\n" * line.count("\n")
    indent = line[: len(line) - len(line.lstrip())].rstrip("\n")
    timed, assigned = TIMED.match(line), ASSIGNED.match(line)
    if timed:
        return timed[1] + timed[2]
    if assigned:
        return f"{assigned[1]}...{ends}"
    if COMMAND.match(line) or HELP.match(line):
        return f"{indent}pass{ends}"
    return None
