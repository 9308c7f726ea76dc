"""How all that crosses the wall of the sandbox is checked."""

from __future__ import annotations

from pydantic import ConfigDict

__all__ = ["CROSSES_THE_WALL"]

CROSSES_THE_WALL = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings", protected_namespaces=())
"""Unknown fields are refused; numbers that are not finite travel as strings."""
