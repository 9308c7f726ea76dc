"""Extension points: what is found by name, and what people read if it cannot be used."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pytest

import fairmark
from fairmark.classroom.executors import Executor
from fairmark.errors import ExtensionFailed, ExtensionNotFound, UsageError
from fairmark.extensions import ExtensionPoint
from fairmark.present.exporters import Exporter

MODULE = """
from fairmark.errors import UsageError

class Bell:
    def __init__(self, *pitch):
        self.pitch = pitch
    def ring(self):
        return "ding"

def refuses(*arguments):
    raise UsageError("no bell today")

def breaks(*arguments):
    raise ValueError("cracked")

class Stone:
    def __init__(self, *arguments):
        pass
"""


HANDBOOK = Path(fairmark.__file__).parent


@runtime_checkable
class Rings(Protocol):
    """What the bells of these tests are."""

    def ring(self) -> str: ...


BELLS = ExtensionPoint("fairmark.tests.bells", "bell", Rings)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Python finds packages in."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "belfry.py").write_text(MODULE)
    return tmp_path


def install(site: Path, package: str, **points: str) -> None:
    """Puts the metadata of a package there that offers bells."""
    metadata = site / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[fairmark.tests.bells]", *lines]) + "\n")


def test_what_is_made_is_called_with_the_arguments(site: Path) -> None:
    install(site, "foundry", bronze="belfry:Bell")
    assert BELLS.make("bronze", "C", "E").pitch == ("C", "E")


def test_names_are_those_of_all_packages(site: Path) -> None:
    install(site, "fairmark", iron="belfry:Bell")
    install(site, "foundry", bronze="belfry:Bell")
    assert BELLS.names() == ["bronze", "iron"]


def test_what_fairmark_brings_along_cannot_be_taken_over(site: Path) -> None:
    install(site, "fairmark", iron="belfry:Bell")
    install(site, "foundry", iron="belfry:breaks")
    assert BELLS.make("iron").ring() == "ding"
    assert BELLS.own_names() == ["iron"]


def test_an_engine_that_is_not_installed_says_so(site: Path) -> None:
    install(site, "foundry", bronze="belfry:Bell")
    with pytest.raises(ExtensionNotFound, match=r"^fairmark's own bells are not to be found$") as refused:
        BELLS.own_names()
    assert refused.value.remedy == "Install fairmark again: `pip install -e .` in a checkout, or its wheel."


def test_an_unknown_name_is_refused_with_the_names_known(site: Path) -> None:
    install(site, "foundry", bronze="belfry:Bell")
    with pytest.raises(ExtensionNotFound, match=r"^There is no bell called 'brass'\. Known: bronze$"):
        BELLS.make("brass")


def test_two_packages_that_offer_one_name_are_refused(site: Path) -> None:
    install(site, "foundry", bronze="belfry:Bell")
    install(site, "quarry", bronze="belfry:Stone")
    with pytest.raises(ExtensionFailed, match=r"^Several packages offer the bell 'bronze': belfry:Bell, belfry:Stone$"):
        BELLS.make("bronze")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("belfry:breaks", r"The bell 'bronze' (belfry:breaks) cannot be loaded: ValueError: cracked"),
        ("belfry:Gong", "The bell 'bronze' (belfry:Gong) cannot be loaded: AttributeError: "),
        ("nowhere:Bell", "The bell 'bronze' (nowhere:Bell) cannot be loaded: ModuleNotFoundError: "),
        ("belfry:Stone", "The bell 'bronze' (belfry:Stone) is not one: Stone lacks what "),
    ],
)
def test_what_cannot_be_used_is_named_with_the_reason(site: Path, value: str, said: str) -> None:
    install(site, "foundry", bronze=value)
    with pytest.raises(ExtensionFailed) as failed:
        BELLS.make("bronze")
    assert failed.value.message.startswith(said)
    assert failed.value.remedy == "Repair or uninstall the package that offers it."


def test_an_error_of_ours_comes_through_as_it_is(site: Path) -> None:
    install(site, "foundry", bronze="belfry:refuses")
    with pytest.raises(UsageError, match=r"^no bell today$"):
        BELLS.make("bronze")


@pytest.mark.parametrize(
    ("page", "name", "arguments", "protocol"),
    [
        ("classroom/executors.md", "OneByOne", (None,), Executor),
        ("present/exporters.md", "Points", (), Exporter),
    ],
)
def test_the_program_in_the_handbook_is_one(page: str, name: str, arguments: tuple[None, ...], protocol: type) -> None:
    text = (HANDBOOK / page).read_text(encoding="utf-8")
    program = text[text.index("    from ") : text.index("\n- ")]
    names: dict[str, Any] = {}
    exec(textwrap.dedent(program), names)
    assert isinstance(names[name](*arguments), protocol)
