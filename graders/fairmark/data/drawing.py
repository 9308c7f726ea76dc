"""Draws pictures with a recipe's ``render.py``. Also the program that worker processes run.

As a program it is started by path, not as a module, so that a worker imports only the standard library, Pillow and
``render.py``: no framework, nothing of the parent's ``__main__``. Its arguments are the file descriptor of one end of
a socket pair, the path of ``render.py``, width and height. Over the socket go messages of JSON (secret seeds would be
seen by other users in the arguments):

    to the worker     lists of [seed, class name, target path]
    from the worker   for each picture {"size_bytes", "sha256", "pixels_sha256"},
                      or {"fault": text} from render.py, or {"errno": number, "path": path} from the disk

When the socket closes, because the parent is done or dead, the worker ends at once, in the middle of a picture if
need be.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import threading
import traceback
import types
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import Any, TypeAlias

from PIL import Image

__all__ = ["Draw", "RenderError", "draw_picture", "load_draw", "pixels_digest", "png_bytes"]

Draw: TypeAlias = Callable[[str, Random], Image.Image]

MODES = ("RGB", "L")
COMPRESS_LEVEL = 1
"""zlib's fastest: the drawn pictures come out a third larger than at 6, and are written and read sooner."""


class RenderError(Exception):
    """``render.py`` is wrong; the text names the file and the place in it."""


def load_draw(render: Path) -> Draw:
    """The function ``draw`` of a ``render.py``, which is run to find it: it is the course author's own code.

    Leaves no bytecode beside it. Raises :class:`RenderError` where the file cannot be read or run, or defines no
    ``draw``.
    """
    module = types.ModuleType(f"fairmark_render_{hashlib.sha256(os.fsencode(render)).hexdigest()[:8]}")
    module.__file__ = str(render)
    sys.modules[module.__name__] = module  # classes defined there look their module up by name
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # of modules it loads from beside it
    try:
        exec(compile(render.read_bytes(), str(render), "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        raise RenderError(_place(render, error)) from error
    finally:
        sys.dont_write_bytecode = writes_none
    draw = getattr(module, "draw", None)
    if not callable(draw):
        raise RenderError(f"{render}: defines no function draw(class_name, random)")
    return draw  # type: ignore[no-any-return]  # author's code, called with care below


def draw_picture(draw: Draw, render: Path, size: tuple[int, int], seed: str, class_name: str) -> Image.Image:
    """One picture of ``size`` (width, height) pixels: the same for the same seed.

    Raises :class:`RenderError` where ``draw`` raises, or returns no RGB or L picture of that size.
    """
    call = f"{render}: draw({class_name!r}, random)"
    try:
        picture = draw(class_name, Random(seed))
    except (Exception, SystemExit) as error:
        raise RenderError(f"{_place(render, error)} [draw({class_name!r}, Random({_public(seed)!r}))]") from error
    if not isinstance(picture, Image.Image):
        raise RenderError(f"{call} returned a {type(picture).__name__}, not a PIL.Image.Image")
    if picture.mode not in MODES:
        raise RenderError(f"{call} returned a picture of mode {picture.mode}, not one of {', '.join(MODES)}")
    if picture.size != size:
        raise RenderError(
            f"{call} returned {picture.width} x {picture.height} pixels; dataset.toml says {size[0]} x {size[1]}"
        )
    return picture


def pixels_digest(picture: Image.Image) -> str:
    """SHA-256, hexadecimal, of ``"MODE WIDTHxHEIGHT\\n"`` and the decoded pixels, row by row."""
    digest = hashlib.sha256(f"{picture.mode} {picture.width}x{picture.height}\n".encode())
    digest.update(picture.tobytes())
    return digest.hexdigest()


def png_bytes(picture: Image.Image) -> bytes:
    """The picture as a PNG file without any metadata: the same bytes for the same pixels and version of zlib."""
    buffer = io.BytesIO()
    # A copy, because what stands in ``info`` would become chunks of the file.
    plain = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    plain.save(buffer, "PNG", compress_level=COMPRESS_LEVEL)
    return buffer.getvalue()


def _public(seed: str) -> str:
    """The seed as an error may show it: the secret ones are 64 digits long."""
    first, _, rest = seed.partition("/")
    return f"secret/{rest}" if len(first) == 64 else seed


def _place(render: Path, error: BaseException) -> str:
    """``…/render.py, line 41, in mane: ZeroDivisionError: division by zero``; a file beside it is named likewise."""
    said = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).parent == render.parent:
        return f"{error.filename}, line {error.lineno}: {said}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).parent == render.parent:
            return f"{frame.filename}, line {frame.lineno}, in {frame.name}: {said}"
    return f"{render}: {said}"


def _draw_to(draw: Draw, render: Path, size: tuple[int, int], job: list[str]) -> dict[str, Any]:
    """Draw one job's picture and write it as PNG; the answer for the parent."""
    seed, class_name, target = job
    try:
        picture = draw_picture(draw, render, size, seed, class_name)
        content = png_bytes(picture)
        Path(target).write_bytes(content)
    except RenderError as fault:
        return {"fault": str(fault)}
    except OSError as error:
        return {"errno": error.errno or 0, "path": target}
    return {
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "pixels_sha256": pixels_digest(picture),
    }


def _work(channel: Connection, render: Path, size: tuple[int, int]) -> None:
    """Answer lists of jobs until the socket closes."""
    messages: SimpleQueue[list[list[str]]] = SimpleQueue()

    def listen() -> None:
        try:
            while True:
                messages.put(json.loads(channel.recv_bytes()))
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    fault, draw = "", None
    try:
        draw = load_draw(render)
    except RenderError as error:
        fault = str(error)
    while True:
        for job in messages.get():
            answer = _draw_to(draw, render, size, job) if draw else {"fault": fault}
            channel.send_bytes(json.dumps(answer).encode())


if __name__ == "__main__":
    _work(Connection(int(sys.argv[1])), Path(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4])))
