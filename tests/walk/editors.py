"""What a student does between opening a notebook and saving it: by a kernel alone, or with JupyterLab in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

__all__ = ["browser", "cards_in", "solve_in_browser", "solve_in_kernel", "write_answers"]

_POINTS = re.compile(r"([\d.]+) / ([\d.]+) points?")
_START_SECONDS = 90
_RUN_SECONDS = 600
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",  # Chromium's own sandbox refuses to run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def write_answers(notebook: Path, answers: Mapping[str, str]) -> None:
    """Replaces the text of each exercise's cell in the file itself, and asks ``check`` in a new cell below it."""
    content = nbformat.read(notebook, 4)
    cells = []
    for cell in content.cells:
        cells.append(cell)
        exercise = cell.metadata.get("nbgrader", {}).get("grade_id")
        if cell.cell_type == "code" and exercise in answers:
            cell.source = answers[exercise]
            cells.append(nbformat.v4.new_code_cell(f'check("{exercise}")'))
    content.cells = cells
    nbformat.write(content, notebook)


def solve_in_kernel(notebook: Path, answers: Mapping[str, str]) -> None:
    """Writes the answers, runs all cells in a kernel that starts in the notebook's folder, and saves with outputs."""
    write_answers(notebook, answers)
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to=notebook", "--execute", "--inplace", "--allow-errors", notebook.name],
        cwd=notebook.parent,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        check=True,
        timeout=_RUN_SECONDS,
    )


def cards_in(notebook: Path) -> dict[str, tuple[float, float]]:
    """Points and possible points that each ``check`` showed in the saved notebook, by exercise; none for an exercise
    whose checks are all made when it is handed in, and say so."""
    shown: dict[str, tuple[float, float]] = {}
    for cell in nbformat.read(notebook, 4).cells:
        asked = re.fullmatch(r'check\("(\w+)"\)', cell.source)
        if cell.cell_type != "code" or asked is None:
            continue
        texts = ["".join(output.get("data", {}).get("text/plain", "")) for output in cell.outputs]
        found = next((match for match in map(_POINTS.search, texts) if match), None)
        later = any("made when you hand in" in text for text in texts)
        assert found is not None or later, json.dumps([texts, [output.get("evalue") for output in cell.outputs]])
        if found is not None:
            shown[asked[1]] = (float(found[1]), float(found[2]))
    return shown


def browser() -> str | None:
    """Chromium's program, None where there is none."""
    return next((found for found in map(shutil.which, _CHROMIUM) if found), None)


def solve_in_browser(notebook: Path, answers: Mapping[str, str], *, settings: Path) -> None:
    """Opens the notebook in JupyterLab, types every answer over its stub, asks ``check`` in a new cell below each, runs
    all cells by the menu, and saves with Ctrl+S. ``settings`` is an empty folder for what JupyterLab writes."""
    from playwright.sync_api import sync_playwright  # here: only this test drives a browser

    with _jupyterlab(notebook.parent, settings) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=list(_QUIET))
        try:
            page = chromium.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"{address}/lab/tree/{notebook.name}?token=walk")
            page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=_START_SECONDS * 1000)
            for exercise, answer in answers.items():
                cell = page.locator(".jp-CodeCell").filter(has_text=f"# Exercise: {exercise}").first
                cell.scroll_into_view_if_needed()
                cell.locator(".cm-content").click()
                page.keyboard.press("Control+A")
                page.keyboard.insert_text(answer)
                for key in ("Escape", "b", "Enter"):
                    page.keyboard.press(key)
                page.keyboard.insert_text(f'check("{exercise}")')
                page.keyboard.press("Escape")
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            _wait_until_run(page.locator(".jp-InputPrompt"))
            page.keyboard.press("Control+s")
            page.wait_for_selector("text=Saving completed", timeout=_START_SECONDS * 1000)
        finally:
            chromium.close()


def _wait_until_run(prompts: Any) -> None:  # noqa: ANN401 - playwright's, which is imported where it is used
    """Until no prompt shows the star of a cell that waits or runs, and the last has its number."""
    ends = time.monotonic() + _RUN_SECONDS
    while time.monotonic() < ends:
        shown = [text for text in prompts.all_inner_texts() if text]
        if shown and not any("*" in text for text in shown):
            return
        time.sleep(0.5)
    raise AssertionError("the notebook did not run to its end")


@contextmanager
def _jupyterlab(folder: Path, settings: Path) -> Iterator[str]:
    """JupyterLab's address, with ``folder`` as its root."""
    log = settings / "jupyterlab.log"
    places = {name: str(settings / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "HOME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"]
    command += ["--IdentityProvider.token=walk", f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None"]
    with log.open("w") as written:
        process = subprocess.Popen(command, env={**os.environ, **places}, stdout=written, stderr=subprocess.STDOUT)
    try:
        yield _address(log)
    finally:
        process.terminate()
        process.wait(timeout=_START_SECONDS)


def _address(log: Path) -> str:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/lab", log.read_text())
        if found is not None:
            address = f"http://127.0.0.1:{found[1]}"
            urllib.request.urlopen(f"{address}/api?token=walk").close()
            return address
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])
