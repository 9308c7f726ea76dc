"""A tree of files of the run's own: what it can reach, read-only, on a small file system that ends with it.

Everything a run writes (its folder, ``/tmp``, ``/dev/shm``, the folders of Colab and Kaggle) lies on one tmpfs, so that
one size limits all of it and nothing of it has to be removed.
"""

from __future__ import annotations

import os
from pathlib import Path

from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.reach import Reach

__all__ = ["enter_private_root"]

_PASSWD = "student:x:{uid}:{gid}:student:{home}:/bin/sh\n"
_GROUP = "student:x:{gid}:\n"
_MORE_FILES = 1024
"""Beyond a run's own: the folders on which everything is shown, and some by which the supervisor sees that the limit
was passed."""


def enter_private_root(
    reach: Reach, *, owner: tuple[int, int], written_bytes: int, files: int, own_processes: bool
) -> None:
    """Replaces the root of this mount namespace by one that shows what ``reach`` names and nothing else.

    ``owner`` is the user and group id of whoever will run in it. ``own_processes`` says that this process is in a PID
    namespace of its own, whose ``/proc`` it may have. The current folder is the run's own afterwards.
    """
    kernel.keep_mounts_private()
    root = reach.folder
    kernel.mount("fairmark", str(root), "tmpfs", f"size={written_bytes},nr_inodes={files + _MORE_FILES},mode=755")
    for path in reach.installed:
        _show(path, root)
    for hidden in reach.hidden:
        _hide(hidden, root)
    for path in reach.given:
        _show(path, root)
    for device in reach.devices:
        _bind_device(device, root)
    _mount_proc(root, own_processes=own_processes)
    _write_users(root, owner, reach.folder)
    for path in (reach.folder, *reach.private()):
        made = _inside(path, root)
        made.mkdir(parents=True, exist_ok=True)
        os.chown(made, *owner)
    kernel.pivot_into(str(root))
    os.chdir(reach.folder)


def _inside(path: Path, root: Path) -> Path:
    return root / path.relative_to("/")


def _show(path: Path, root: Path) -> None:
    """``path``, in the same place, read-only; a link stays a link."""
    target = _inside(path, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        target.symlink_to(path.readlink())
        return
    _place_for(path, target)
    kernel.bind_read_only(str(path), str(target))


def _place_for(path: Path, target: Path) -> None:
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.touch()


def _hide(path: Path, root: Path) -> None:
    """An empty folder over ``path``, where that can be seen at all."""
    target = _inside(path, root)
    if target.is_dir():
        kernel.mount("fairmark", str(target), "tmpfs", "size=0,nr_inodes=1,mode=555")


def _bind_device(path: Path, root: Path) -> None:
    target = _inside(path, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    _place_for(path, target)
    kernel.bind_writable(str(path), str(target))


def _mount_proc(root: Path, *, own_processes: bool) -> None:
    target = root / "proc"
    target.mkdir()
    if own_processes:
        kernel.mount("proc", str(target), "proc")
        return
    # A framework may end the process if it cannot find itself there. What else it shows is for Landlock to withhold.
    kernel.bind_read_only("/proc", str(target))


def _write_users(root: Path, owner: tuple[int, int], home: Path) -> None:
    """One user and one group, so that looking oneself up does not fail, and names nobody."""
    (root / "etc").mkdir(exist_ok=True)
    uid, gid = owner
    (root / "etc/passwd").write_text(_PASSWD.format(uid=uid, gid=gid, home=home), encoding="utf-8")
    (root / "etc/group").write_text(_GROUP.format(gid=gid), encoding="utf-8")
