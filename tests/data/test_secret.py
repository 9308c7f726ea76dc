from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fairmark.data import data_folder, secret_folder, secret_seed
from fairmark.errors import MachineError, UsageError


def test_the_seed_is_for_its_owner_only_and_outside_the_data_folder() -> None:
    seed = secret_seed()
    path = secret_folder() / "seed"
    assert path.read_text() == f"{seed}\n"
    assert len(bytes.fromhex(seed)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret_folder().stat().st_mode) == 0o700
    assert not secret_folder().is_relative_to(data_folder())
    assert secret_seed() == seed


def test_processes_that_make_the_seed_at_once_agree(start: Callable[[str], subprocess.Popen[str]]) -> None:
    several = [start("print(secret_seed())") for _ in range(3)]
    assert {process.communicate()[0] for process in several} == {f"{secret_seed()}\n"}


def test_a_secret_folder_inside_the_data_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRMARK_SECRET", str(data_folder() / "secret"))
    with pytest.raises(UsageError, match="lies inside the data folder"):
        secret_folder()


def test_a_link_into_the_data_folder_is_refused_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data_folder().mkdir()
    (tmp_path / "linked").symlink_to(data_folder())
    monkeypatch.setenv("FAIRMARK_SECRET", str(tmp_path / "linked" / "secret"))
    with pytest.raises(UsageError, match="lies inside the data folder"):
        secret_folder()


def test_in_a_folder_that_others_can_open_a_private_one_is_made(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir(mode=0o755)
    secret_seed()
    assert secret_folder() == tmp_path / "secret" / "private"
    assert secret_folder().stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o755


def test_a_private_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret" / "private").mkdir(parents=True)
    (tmp_path / "secret").chmod(0o755)
    (tmp_path / "secret" / "private").chmod(0o755)
    with pytest.raises(MachineError, match="is open to other users") as caught:
        secret_seed()
    assert "chmod 700" in (caught.value.remedy or "")


def test_a_seed_that_others_can_read_is_refused() -> None:
    secret_seed()
    (secret_folder() / "seed").chmod(0o644)
    with pytest.raises(MachineError, match=r"other users can read the secret seed \(mode 0644\)"):
        secret_seed()


def test_a_damaged_seed_is_refused() -> None:
    secret_seed()
    (secret_folder() / "seed").write_text("")
    with pytest.raises(MachineError, match="is not a seed of 64 hexadecimal digits"):
        secret_seed()


def test_a_seed_behind_a_link_is_refused(tmp_path: Path) -> None:
    secret_seed()
    (secret_folder() / "seed").rename(tmp_path / "elsewhere")
    (secret_folder() / "seed").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="seed"):
        secret_seed()


def test_folders_are_the_users_own_where_no_variable_names_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FAIRMARK_DATA")
    monkeypatch.delenv("FAIRMARK_SECRET")
    assert data_folder().is_relative_to(tmp_path)
    assert data_folder().parts[-2:] == ("fairmark", "datasets")
    assert secret_folder() == data_folder().with_name("secret")


def test_a_seed_of_which_a_digit_has_changed_is_refused_until_it_is_restored() -> None:
    seed = secret_seed()
    path = secret_folder() / "seed"
    other = seed.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    path.write_text(f"{other}\n")
    with pytest.raises(MachineError, match=r"seed: this is another secret seed than the one whose digest is in"):
        secret_seed()
    path.write_text(f"{seed}\n")
    assert secret_seed() == seed


def test_a_seed_that_was_deleted_is_made_anew_and_one_from_before_digests_were_kept_stays() -> None:
    seed = secret_seed()
    (secret_folder() / "seed.sha256").unlink()
    assert secret_seed() == seed
    assert (secret_folder() / "seed.sha256").is_file()
    (secret_folder() / "seed").unlink()
    assert secret_seed() != seed
    assert secret_seed() == secret_seed()


def test_a_pipe_in_the_place_of_the_seed_keeps_nobody_waiting() -> None:
    secret_seed()
    (secret_folder() / "seed").unlink()
    os.mkfifo(secret_folder() / "seed", 0o600)
    with pytest.raises(MachineError, match="is not a seed of 64 hexadecimal digits"):
        secret_seed()
