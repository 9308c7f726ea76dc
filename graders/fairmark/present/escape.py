"""The one door for hostile text: names, messages and code that students wrote, made harmless for each medium.

A terminal obeys escape sequences, Unicode can reorder or hide what it shows, Rich reads markup, a spreadsheet runs
formulas, a file system reads separators. HTML is escaped by Jinja2; what reaches it has passed :func:`plain` first.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from rich.cells import cell_len
from rich.text import Text

__all__ = ["as_text", "csv_field", "directed", "file_stem", "one_line", "plain"]

REPLACEMENT = "\ufffd"
ELLIPSIS = "…"
DOTTED_CIRCLE = "\u25cc"
LEFT_TO_RIGHT_MARK = "\u200e"

# Nothing beyond this many characters is even looked at, so that a huge text costs no time.
_RAW_CHARACTERS = 100_000
# Unicode UTS 39, section 5.4: more marks on one letter serve no script; floods of them cover the lines above and below.
_MARKS_PER_LETTER = 4

# ECMA-48 and xterm: CSI; then OSC, DCS, SOS, PM and APC with their strings; then every shorter sequence. A string that
# is not closed on its line loses its opening alone, so that neither a trick nor a wrong encoding hides what follows.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\r\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
# Unicode UAX 14, classes BK and NL; CR is settled before.
_LINE_ENDS = frozenset("\v\f\x85\u2028\u2029")
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Drawn as nothing although Unicode does not class them as format characters: fillers, joiners, variation selectors; and
# skin tones, which some terminals draw as squares of their own where Rich counts none.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF), (0x1F3FB, 0x1F3FF))
    for code in range(first, last + 1)
}


class _Shown(dict[int, str]):
    """What stands for each code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = shown = _shown(chr(code))
        return shown


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _LINE_ENDS:
        return "\n"
    category = unicodedata.category(character)
    if character in _REORDERING or category in {"Cs", "Cn", "Co"}:
        return REPLACEMENT
    if category == "Zs":
        return " "
    return "" if category in {"Cc", "Cf"} or character in _INVISIBLE else character


_SHOWN = _Shown()


def plain(text: str, *, limit: int = 2000, lines: int = 40) -> str:
    """``text`` as characters that stay where they are put: at most ``limit`` of them, on at most ``lines`` lines.

    Escape sequences, control characters (newline and tab excepted), marks of direction and zero-width characters are
    dropped; overrides of direction, lone surrogates, private and unassigned characters become U+FFFD, so that their
    presence is seen; every kind of line end becomes a newline. A mark with no letter to stand on gets a dotted circle,
    lest it stands on ours. What is cut off leaves an ellipsis.
    """
    head = text[:_RAW_CHARACTERS]
    if not (head.isascii() and head.isprintable()):
        head = _ESCAPE_SEQUENCE.sub("", head).replace("\r\n", "\n").replace("\r", "\n").translate(_SHOWN)
        head = head if head.isascii() else _with_tame_marks(head)
    is_cut = len(text) > _RAW_CHARACTERS
    rows = head.split("\n", lines)
    if len(rows) > lines:
        head, is_cut = "\n".join(rows[:lines]), True
    if len(head) > limit or is_cut:
        head = head[: limit - 1].rstrip() + ELLIPSIS
    return head


class _Widthless(dict[str, int]):
    """0 for a character with a width of its own, 1 for a mark, 2 for what else has none; worked out when first met."""

    def __missing__(self, character: str) -> int:
        is_mark = unicodedata.category(character) in {"Mn", "Me"}
        is_vowel = not is_mark and character not in "\n\t" and not cell_len(character)
        self[character] = kind = 1 if is_mark else 2 * is_vowel
        return kind


_WIDTHLESS = _Widthless()


def _with_tame_marks(text: str) -> str:
    """At most four marks on a letter, and as many further characters without a width of their own (vowels of Hangul and
    of Indic scripts); none at the beginning of a line."""
    kinds = [_WIDTHLESS[character] for character in text]
    if not any(kinds):
        return text
    kept: list[str] = []
    counts = [0, 0, 0]
    for character, kind in zip(text, kinds, strict=True):
        if not kind:
            counts = [0, 0, 0]
        elif not kept or kept[-1] == "\n":
            kept.append(DOTTED_CIRCLE)
        counts[kind] += 1
        if not kind or counts[kind] <= _MARKS_PER_LETTER:
            kept.append(character)
    return "".join(kept)


def one_line(text: str, *, limit: int = 120) -> str:
    """:func:`plain`, on a single line with single spaces and none at its ends.

    A text of which nothing can be shown becomes U+FFFD: a name is never empty.
    """
    # Cut last: the ellipsis must still say that something is missing.
    collapsed = " ".join(plain(text, limit=_RAW_CHARACTERS, lines=_RAW_CHARACTERS).split())
    return plain(collapsed, limit=limit) or (REPLACEMENT if text else "")


def directed(text: str) -> str:
    """``text`` with a left-to-right mark at the end of each line that holds letters of a right-to-left script.

    For terminals, which have no other way to keep apart: behind such letters ``1 / 3`` would be drawn as ``3 / 1``
    (Unicode UAX 9, rules W2 and N1).
    """
    if text.isascii():
        return text
    return "\n".join(f"{line}{LEFT_TO_RIGHT_MARK}" if _is_right_to_left(line) else line for line in text.split("\n"))


def _is_right_to_left(line: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in line)


def as_text(text: str, style: str = "", *, limit: int = 2000) -> Text:
    """:func:`plain` text for Rich, with neither markup, emoji codes nor highlighting read into it.

    Rich reads markup and ``:codes:`` in any ``str`` it is given, so whatever students can influence is given as this.
    """
    return Text(plain(text, limit=limit), style=style)


# OWASP, "CSV Injection": these start a formula, in their full-width forms too, at the start of a cell or after a
# character that a spreadsheet of another locale takes for a separator. The other forms are those that compatibility
# normalization (NFKC), which importers apply, turns into these; and the minus sign itself.
_FORMULA_SIGNS = r"=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋⩵⩶﬩−"
_FORMULA_START = re.compile(rf"(^|[;,|])(?=[\"'`\s]*[{_FORMULA_SIGNS}])")


def csv_field(text: str, *, limit: int = 500) -> str:
    """``text`` on one line, with a single quote put before whatever a spreadsheet would run as a formula.

    Leading tabs and line ends, which OWASP lists too, are gone with the other white space at both ends. Quoting for
    the file is left to :mod:`csv`.
    """
    return _FORMULA_START.sub(r"\1'", one_line(text, limit=limit))


_STEM_BYTES = 80
_DIGEST_CHARACTERS = 12
_DIGEST_ENDING = re.compile(rf"-[0-9a-f]{{{_DIGEST_CHARACTERS}}}\Z")
# Microsoft, "Naming Files, Paths, and Namespaces": reserved whatever the case and whatever follows a dot.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE)


def file_stem(text: str, *, dots: bool = True) -> str:
    """A part of a file name made from any ``text``, at most 80 bytes of UTF-8 in Unicode's NFC.

    Letters, digits, spaces inside and ``._-@+`` are kept (``dots=False`` keeps no dots, for a part that dots set off).
    A text that cannot be kept as it is ends in a hyphen and twelve hexadecimal digits of its SHA-256, and so does any
    text that already looks like that: two different texts never share a stem. Upper and lower case are told apart
    here even where the file system does not.
    """
    normal = unicodedata.normalize("NFC", text[:_RAW_CHARACTERS])
    stem = "".join(character if _may_stay(character, dots) else "_" for character in normal)
    stem = stem.lstrip(".- ").rstrip(". ")
    if stem and not cell_len(stem[0]):
        stem = f"_{stem}"
    stem = unicodedata.normalize("NFC", _with_tame_marks(stem))
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    if stem == text and len(stem.encode()) <= _STEM_BYTES and not _DIGEST_ENDING.search(stem) and stem:
        return stem
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    room = _STEM_BYTES - len(digest) - 1
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip('. ') or 'unnamed'}-{digest}"


def _may_stay(character: str, dots: bool) -> bool:
    if character in "._-@+ ":
        return dots or character != "."
    return unicodedata.category(character)[0] in "LMN" and character not in _INVISIBLE
