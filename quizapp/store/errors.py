"""What the store says when it can't do what is asked of it."""

from __future__ import annotations


class StoreError(Exception):
    """The database can't be used; the text is one plain sentence for who runs the server."""


class StoreBusy(Exception):
    """The database did not answer in time. Nothing was stored; the same request may be sent again."""


class StoreFull(StoreBusy):
    """The disk is full, broken or read-only. Nothing was stored; it works again once that is mended."""


def in_one_line(error: Exception) -> str:
    """What a driver said, or the error itself, without line breaks."""
    return " ".join(str(getattr(error, "orig", error)).split())
