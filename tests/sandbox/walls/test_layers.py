"""Layers: which there are, what each confines, and how they are found on a machine."""

from __future__ import annotations

import sys

import pytest
from apart import apart

from fairmark.sandbox.walls.layers import LAYERS, Confined, Layer, confined_by, probe_layers

ALWAYS: set[Confined] = {"memory", "time"}


@pytest.mark.parametrize(
    ("layers", "confined"),
    [
        ([], set()),
        (["landlock"], {"files"}),
        (["mounts"], set()),
        (["mounts", "processes"], {"files"}),
        (["network"], {"network"}),
        (["seccomp"], {"network"}),
        (["processes", "ipc", "privileges"], set()),
        (["landlock", "seccomp"], {"files", "network"}),
        (list(LAYERS), {"files", "network"}),
    ],
)
def test_what_a_run_cannot_get_out_of_follows_from_its_layers(layers: list[Layer], confined: set[Confined]) -> None:
    assert confined_by(layers) == ALWAYS | confined


def test_every_layer_is_tried_and_says_how_it_was_found() -> None:
    probed = probe_layers()
    assert [one.layer for one in probed] == list(LAYERS)
    assert all(one.state for one in probed)
    assert all(one.state.startswith("on") for one in probed if one.on)


def test_trying_them_changes_nothing_here() -> None:
    before = open_to_us()
    probe_layers.cache_clear()
    probe_layers()
    assert open_to_us() == before


def open_to_us() -> list[str]:
    """What this process is, as far as layers change it."""
    kept = ("NoNewPrivs", "Seccomp", "CapEff", "NSpid", "Groups")
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - read once
        return [line for line in status if line.startswith(kept)]


@pytest.mark.skipif(sys.platform != "linux", reason="layers are Linux's")
def test_one_that_cannot_be_put_up_is_off_and_says_why() -> None:
    """In a process that may neither mount nor unshare, as in many a container."""
    told = apart("""
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.layers import probe_layers
from fairmark.sandbox.walls.seccomp import refuse_system_calls
kernel.forbid_new_privileges()
refuse_system_calls(socket_pairs=True)
print(json.dumps({one.layer: [one.on, one.state] for one in probe_layers()}))
""")
    off = {layer: state for layer, (on, state) in told.items() if not on}
    assert set(off) == {"mounts", "processes", "network", "ipc"}
    assert off["network"] == "[Errno 1] unshare: Operation not permitted"
    assert told["seccomp"] == [True, "on"]
    assert told["landlock"][0] is next(one.on for one in probe_layers() if one.layer == "landlock")
