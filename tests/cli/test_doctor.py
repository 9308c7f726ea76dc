"""``fairmark doctor``: what this machine has, and what follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run
from scripted import Scripted
from tiny import tiny_course

import fairmark.cli.doctor
from fairmark.course import Course
from fairmark.data import load_recipe, make
from fairmark.sandbox import best_launcher
from fairmark.sandbox.walls.layers import LAYERS, Confined, probe_layers


def findings(result: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(result)
    return found


def test_json_is_findings_and_what_follows_from_each(course: Course, fairmark_: Run) -> None:
    result = fairmark_("doctor", "--json", "--course", course.root)
    assert (result.exit_code, result.err) == (0, "")
    assert all(set(finding) == {"what", "state", "follows"} for finding in findings(result.out))


def test_software_machine_and_walls_are_named(course: Course, fairmark_: Run) -> None:
    found = findings(fairmark_("doctor", "--json", "--course", course.root).out)
    named = [finding["what"] for finding in found]
    for what in ("python", "tensorflow", "keras", "cores", "memory", "numerics", "course", "tiles"):
        assert named.count(what) == 1
    assert not [finding for finding in found if finding["state"] == "missing"]
    for layer in (*LAYERS, "bubblewrap"):
        assert named.count(f"sandbox: {layer}") == 1


def test_every_layer_says_how_it_was_found_and_what_follows(course: Course, fairmark_: Run) -> None:
    found = {
        finding["what"]: finding for finding in findings(fairmark_("doctor", "--json", "--course", course.root).out)
    }
    for probed in probe_layers():
        finding = found[f"sandbox: {probed.layer}"]
        assert finding["state"] == probed.state
        assert finding["follows"] == (LAYERS[probed.layer] if probed.on else f"not held here: {LAYERS[probed.layer]}")


def test_the_secret_folder_is_looked_at(
    course: Course, fairmark_: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def secret(place: Path) -> dict[str, str]:
        monkeypatch.setenv("FAIRMARK_SECRET", str(place))
        found = findings(fairmark_("doctor", "--json", "--course", course.root).out)
        [finding] = [one for one in found if one["what"] == "secret"]
        return finding

    (tmp_path / "file").touch()
    assert secret(tmp_path / "own")["state"] == str(tmp_path / "own")
    assert "cannot be made" in secret(tmp_path / "file")["state"]
    assert secret(tmp_path / "file")["follows"].startswith("`grade` fails: Set FAIRMARK_SECRET to a folder of your own")


def test_a_damaged_set_is_said_among_the_others(
    course: Course, fairmark_: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path))
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "manifest.json").write_text("junk")
    found = findings(fairmark_("doctor", "--json", "--course", course.root).out)
    [tiles] = [one for one in found if one["what"] == "tiles"]
    assert tiles["state"].startswith(f"damaged: {tmp_path}/tiles/manifest.json: Invalid JSON")
    assert "data make tiles --again" in tiles["follows"]


def test_the_sandbox_as_a_whole_is_what_reports_name(course: Course, fairmark_: Run) -> None:
    whole = [
        one for one in findings(fairmark_("doctor", "--json", "--course", course.root).out) if one["what"] == "sandbox"
    ]
    assert [one["state"] for one in whole] == [" + ".join(best_launcher().isolation)]


@pytest.mark.parametrize(
    ("confines", "follows"),
    [
        (
            {"files", "network", "memory", "time"},
            "files, network, memory and time are confined: `grade` may be given anything",
        ),
        ({"network", "memory", "time"}, "files not confined: `grade` asks for --trust"),
        ({"memory", "time"}, "files, network not confined: `grade` asks for --trust"),
    ],
)
def test_what_is_not_confined_is_said_with_what_follows(
    confines: set[Confined], follows: str, course: Course, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = Scripted("", confines=frozenset(confines))
    monkeypatch.setattr(fairmark.cli.doctor, "best_launcher", lambda: launcher)
    found = findings(fairmark_("doctor", "--json", "--course", course.root).out)
    assert {"what": "sandbox", "state": "nothing", "follows": follows} in found


def test_pictures_are_said_to_be_here_or_not(
    course: Course, fairmark_: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path / "pictures"))

    def tiles() -> tuple[str, str]:
        found = findings(fairmark_("doctor", "--json", "--course", course.root).out)
        [one] = [finding for finding in found if finding["what"] == "tiles"]
        return one["state"], one["follows"]

    assert tiles() == ("not on this computer", "drawn when first needed")
    make(load_recipe(course.dataset_folder("tiles")))
    assert tiles() == (f"drawn, {tmp_path / 'pictures' / 'tiles'}", "")


def test_people_get_a_line_for_each(course: Course, fairmark_: Run) -> None:
    result = fairmark_("doctor", "--course", course.root)
    assert result.exit_code == 0
    assert "tensorflow" in result.out
    assert "sandbox: landlock" in result.out


def test_a_folder_that_is_no_course_exits_with_2(tmp_path: Path, fairmark_: Run) -> None:
    result = fairmark_("doctor", "--course", tmp_path)
    assert (result.exit_code, result.out) == (2, "")


def test_a_set_of_real_pictures_is_added_not_drawn(
    fairmark_: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path / "empty"))
    own = tiny_course(tmp_path / "course")

    def tiles() -> dict[str, str]:
        found = findings(fairmark_("doctor", "--json", "--course", own.root).out)
        return next(finding for finding in found if finding["what"] == "tiles")

    assert (tiles()["state"], tiles()["follows"]) == ("not on this computer", "drawn when first needed")
    (own.dataset_folder("tiles") / "render.py").unlink()
    assert (tiles()["state"], tiles()["follows"]) == (
        "not on this computer",
        "Add its pictures from archives: fairmark data add tiles --train FILE --validation FILE",
    )


def test_a_recipe_that_cannot_be_read_is_a_finding(fairmark_: Run, tmp_path: Path) -> None:
    own = tiny_course(tmp_path / "course")
    toml = own.dataset_folder("tiles") / "dataset.toml"
    toml.write_text("name = ", encoding="utf-8")
    found = findings(fairmark_("doctor", "--json", "--course", own.root).out)
    [tiles] = [finding for finding in found if finding["what"] == "tiles"]
    assert tiles["state"].startswith(f"{toml}: is not TOML: Invalid value (at ")
    assert tiles["follows"] == "Correct the place named."
