"""Zips that nobody's zip program would write, or that somebody's would but nobody should open."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["encrypted", "with_long_directory", "with_overlapping_members", "with_sizes_declared", "zip_of"]


def zip_of(members: Iterable[Mapping[str, Any]], right: bytes) -> bytes:
    """A zip of members that are tables of a case.

    Each has a ``name``; what it holds: ``text``, so many ``zeros``, the members of a ``zip``, or else ``right``; how it
    is packed: ``method``, ``mode`` (as Unix has it); and ``copies``, each with its number for ``NUMBER`` in the name.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same name twice is what some of them are about
        for member in members:
            for number in range(member.get("copies", 1)):
                info = zipfile.ZipInfo(member["name"].replace("NUMBER", str(number)))
                info.external_attr = member.get("mode", 0o100644) << 16
                info.compress_type = member.get("method", zipfile.ZIP_DEFLATED)
                archive.writestr(info, _content(member, right))
    return made.getvalue()


def _content(member: Mapping[str, Any], right: bytes) -> bytes:
    if "text" in member:
        return bytes(member["text"], "utf-8")
    if "zeros" in member:
        return bytes(member["zeros"])
    return zip_of(member["zip"], right) if "zip" in member else right


def encrypted(data: bytes) -> bytes:
    """``data`` with its members said to be encrypted."""
    changed = bytearray(data)
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(header)
        while at >= 0:
            changed[at + flags] |= 1
            at = changed.find(header, at + 4)
    return bytes(changed)


def with_sizes_declared(data: bytes, size_bytes: int, declared_bytes: int) -> bytes:
    """``data`` with members of ``size_bytes`` unpacked said to have another size."""
    return data.replace(struct.pack("<L", size_bytes), struct.pack("<L", declared_bytes))


def with_long_directory(size_bytes: int) -> bytes:
    """An empty zip whose list of members is said to have ``size_bytes``, which are there."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size_bytes, 0, 0)
    return bytes(size_bytes) + end


def with_overlapping_members(count: int) -> bytes:
    """One member of a MiB, stored, that the directory lists ``count`` times under other names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("work000.ipynb", b"x" * 2**20)
    data = made.getvalue()
    at = data.index(b"PK\x01\x02")
    entry, body = data[at : data.index(b"PK\x05\x06")], data[:at]
    entries = b"".join(entry.replace(b"work000", f"work{number:03}".encode()) for number in range(count))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), len(body), 0)
    return body + entries + end
