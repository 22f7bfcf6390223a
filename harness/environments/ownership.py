"""The user that a container runs as, so that it is nobody special inside and its results belong to the caller."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

# The user of the images; any number would do that owns nothing.
NOBODY = 65532


@contextlib.contextmanager
def lent(evidence: Path, tokens: Path | None, *, rootless: bool) -> Iterator[str]:
    """``uid:gid`` for the container, which may write ``evidence`` as long as this lasts.

    Under a rootless daemon the container's user 0 is the caller. A caller who is root lends the folder to an
    unprivileged user and takes it back.
    """
    if rootless:
        yield "0:0"
    elif os.getuid() != 0:
        yield f"{os.getuid()}:{os.getgid()}"
    else:
        _give(evidence, NOBODY)
        if tokens is not None:
            os.chown(tokens, NOBODY, -1)
        try:
            yield f"{NOBODY}:{NOBODY}"
        finally:
            _give(evidence, 0)


def _give(root: Path, user: int) -> None:
    """Links are changed themselves, never what they point to: a container may have made them."""
    os.chown(root, user, user, follow_symlinks=False)
    for _, folders, files, handle in os.fwalk(root):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                os.chown(name, user, user, dir_fd=handle, follow_symlinks=False)
