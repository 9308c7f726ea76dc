"""IPython's additions taken out of a cell's text, so that Python's own parser can read the rest.

Line numbers stay as they are. This is done here, not by IPython's `TransformerManager`: that one reads the whole cell
again for every magic in it, and importing it takes longer than everything else this package does.
"""

from __future__ import annotations

import io
import re
import tokenize

from fairmark.notebook.lexing import TOKEN, statement_end

__all__ = ["as_dedented", "is_run_otherwise", "module_written_by", "python_source"]

RUNS_ITS_BODY = {"time", "timeit", "capture", "prun"}
"""Cell magics whose body is Python that runs in the notebook's own process."""

CELL_MAGIC = re.compile(r"%%(\w*)[ \t]*(.*)")
MODULE_WRITTEN = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?['\"]?[^\n'\"]+\.py['\"]?[ \t]*\n")
TIMED = re.compile(r"([ \t]*(?:[A-Za-z_][\w., \[\]]*=[ \t]*)?)%(?:time|prun)[ \t]+(\S.*)", re.DOTALL)
ASSIGNED = re.compile(r"([ \t]*[A-Za-z_][\w., \[\]]*=[ \t]*)(?:%(?=[^\W\d])|!(?!=))")
COMMAND = re.compile(r"[ \t]*(?:\?|[%!](?!=))")
HELP = re.compile(r"[ \t]*%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?[0-9]+\])*\?{1,2}$")

MAX_DECODED_CHARACTERS = 20_000
BLANK_LINE = re.compile(r"^[ \t]+$", re.MULTILINE)
IPYTHON_PROMPT = re.compile(r"(?:(?:\[(?:nav|ins)\])? )?In \[\d+\]: |\s*\.{3,}:")
PYTHON_PROMPT = re.compile(r"^[^\S\n]*>>>", re.MULTILINE)
THREE_QUOTES = re.compile(r"(?<!\\)(?:\"\"\"|''')")
BEFORE_A_DOCSTRING = re.compile(r"[ \t]*[rubfRUBF]*")


def as_dedented(source: str) -> str:
    """``source`` without the blanks of lines that hold nothing else, which IPython takes out of long strings, too."""
    return BLANK_LINE.sub("", source)


def is_run_otherwise(source: str) -> bool:
    """Whether IPython may run something else than `python_source` shows: such a cell cannot be read."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        body = "\n".join(lines[first + 1 :])
        return _loses_prompts(source) or body.lstrip("\n \t").startswith("%%") or _loses_prompts(body)
    return _loses_prompts(source) or _asks_across_lines(lines)


def _asks_across_lines(lines: list[str]) -> bool:
    """Whether a question mark at the end of a line may be taken for one about a command above it, whose brackets are
    open."""
    if not any(line.endswith("?") and not line.lstrip().startswith("#") for line in lines):
        return False
    commands = [line for line in lines if COMMAND.match(line) or ASSIGNED.match(line)]
    return any(sum(map(line.count, "([{")) != sum(map(line.count, ")]}")) for line in commands)


def _loses_prompts(source: str) -> bool:
    """Whether IPython may take prompts off lines of ``source``, if only in a string.

    It does where one of its own begins the first or the second line, and where Python's stands at the beginning of any
    line that is not in a string of three quotes which begins its line, as those of docstrings do. What it takes for
    such a string is told by the quotes alone, so there must be no others.
    """
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if any(map(IPYTHON_PROMPT.match, lines[first : first + 2])):
        return True
    if not PYTHON_PROMPT.search(source):
        return False
    strings = [one for one in TOKEN.finditer(source) if one["passed"] and one[0].startswith(("'''", '"""'))]
    if len(THREE_QUOTES.findall(source)) != 2 * len(strings):
        return True
    own = [one for one in strings if PYTHON_PROMPT.search(one[0])]
    starts = [(source.rfind("\n", 0, one.start()) + 1, one.start()) for one in own]
    if not all(BEFORE_A_DOCSTRING.fullmatch(source, *place) for place in starts):
        return True
    return sum(len(PYTHON_PROMPT.findall(one[0])) for one in own) != len(PYTHON_PROMPT.findall(source))


def python_source(source: str) -> str:
    """``source`` with magics (``%``, ``%%``), shell commands (``!``) and help (``?``) replaced by Python that does
    nothing. ``%time`` keeps its statement, and cell magics that run their body here (``%%time``) keep the body; any
    other cell magic leaves nothing. Text without any of these comes back unchanged, be it Python or not."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    magic = CELL_MAGIC.match(lines[first])
    if magic:
        name, line = magic.groups()
        if name not in RUNS_ITS_BODY or (name == "time" and line):  # `%%time` takes no statement beside its body
            return "\n" * (len(lines) - 1)
        lines[first] = ""
        source = "\n".join(lines)
    return _without_commands(source)


def module_written_by(source: str) -> str:
    """The text of the Python file that the cell ``source`` writes by ``%%writefile``; empty where it writes none."""
    written = MODULE_WRITTEN.match(source)
    return _as_python_decodes(source[written.end() :]) if written else ""


def _as_python_decodes(text: str) -> str:
    """What Python reads in a file of ``text``, which may name another encoding in one of its first two lines, so that a
    comment becomes code. Longer texts are taken as they are: some codecs take quadratic time."""
    if len(text) > MAX_DECODED_CHARACTERS:
        return text
    written = text.encode("utf-8", "surrogatepass")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(written).readline)
        return written.decode(encoding)
    except (SyntaxError, LookupError, ValueError):
        return text


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
    if line.rstrip("\n").endswith("?") and not COMMAND.match(line):
        return f"{indent}pass{ends}" if HELP.match(line) else None
    timed, assigned = TIMED.match(line), ASSIGNED.match(line)
    if timed:
        return timed[1] + timed[2]
    if assigned:
        return f"{assigned[1]}...{ends}"
    if COMMAND.match(line):
        return f"{indent}pass{ends}"
    return None
