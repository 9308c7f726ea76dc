"""What a run can reach: the installation, the system's programs, what it is given; never the engine or a course."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fairmark
from fairmark.sandbox.walls.reach import ENGINE, Reach, reach_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    return reach_of(tmp_path, [])


def test_python_and_its_packages_are_in_it(reach: Reach) -> None:
    for path in (Path(sys.executable).resolve(), Path(pytest.__file__), Path(sys.modules["json"].__file__ or "")):
        assert any(path.resolve().is_relative_to(part.resolve()) for part in reach.installed)


def test_neither_the_course_nor_the_users_home_is(reach: Reach) -> None:
    for path in (ROOT / "solutions", ROOT / "graders", ROOT / "datasets", ROOT / "tests", Path.home()):
        assert not any(path.is_relative_to(part) for part in reach.installed)


def test_the_engine_is_hidden_wherever_it_was_installed(reach: Reach) -> None:
    assert reach.hidden == (ENGINE,)
    assert Path(fairmark.__file__).resolve().parent == ENGINE


def test_nothing_of_the_systems_settings_names_its_users_or_its_network(reach: Reach) -> None:
    settings = {str(path) for path in reach.installed if path.is_relative_to("/etc")}
    assert settings <= {
        "/etc/alternatives",
        "/etc/fonts",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/etc/mime.types",
    }


def test_what_is_given_is_where_it_really_lies_and_is_there(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pictures")
    reach = reach_of(tmp_path / "link", [tmp_path / "link", tmp_path / "nothing"])
    assert reach.given == (tmp_path / "pictures",)
    assert reach.folder == tmp_path / "pictures"


def test_devices_are_few_and_hold_nothing(reach: Reach) -> None:
    names = {path.name for path in reach.devices if not path.name.startswith("nvidia")}
    assert names == {"null", "zero", "random", "urandom"}


# --- in pieces --------------------------------------------------------------------------------------------------------


def tree(root: Path, *files: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def reach_below(root: Path, *hidden: str) -> Reach:
    return Reach((root,), tuple(root / name for name in hidden), (), root, ())


def test_where_nothing_is_hidden_it_is_one_piece(tmp_path: Path) -> None:
    assert reach_below(tmp_path).pieces() == ([tmp_path], [])
    assert reach_below(tmp_path, str(tmp_path.parent / "elsewhere")).pieces() == ([tmp_path], [])


def test_folders_on_the_way_to_what_is_hidden_are_only_listed(tmp_path: Path) -> None:
    tree(tmp_path, "a/b/hidden/secret", "a/b/seen", "a/seen/file", "seen/file")
    whole, split = reach_below(tmp_path, "a/b/hidden").pieces()
    assert set(whole) == {tmp_path / name for name in ("a/b/seen", "a/seen", "seen")}
    assert set(split) == {tmp_path, tmp_path / "a", tmp_path / "a/b"}


def test_what_is_hidden_altogether_leaves_nothing(tmp_path: Path) -> None:
    assert reach_below(tmp_path, ".").pieces() == ([], [])


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@given(files=st.sets(NAMES, min_size=1), hidden=st.sets(NAMES))
def test_no_piece_holds_what_is_hidden_and_all_else_is_in_one(
    files: set[str], hidden: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("tree")
    tree(root, *(f"{name}/file" for name in files))
    whole, split = reach_below(root, *hidden).pieces()
    for name in files:
        path = root / name / "file"
        is_hidden = any(path.is_relative_to(root / one) for one in hidden)
        assert any(path.is_relative_to(piece) for piece in whole) is not is_hidden
    assert not [piece for piece in whole for one in hidden if (root / one).is_relative_to(piece)]
    assert all(any((root / one).is_relative_to(folder) for one in hidden) for folder in split)
