"""The two pipes between a run and its supervisor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Pipes"]


class Pipes:
    """``channel`` for events, ``output`` for text; our ends do not block. All four are closed on exec."""

    def __init__(self) -> None:
        self.channel, self.channel_theirs = os.pipe()
        self.output, self.output_theirs = os.pipe()
        os.set_blocking(self.channel, False)
        os.set_blocking(self.output, False)

    @contextmanager
    def theirs(self) -> Iterator[None]:
        """Closes their ends afterwards, and ours as well where handing theirs over failed."""
        try:
            yield
        except BaseException:
            os.close(self.channel)
            os.close(self.output)
            raise
        finally:
            os.close(self.channel_theirs)
            os.close(self.output_theirs)
