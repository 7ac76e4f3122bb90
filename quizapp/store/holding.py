"""Who has a database file open: all who use it share it, and whoever replaces it has it alone."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quizapp.store.errors import StoreError

if sys.platform != "win32":
    import fcntl

LOCKS = Path("/proc/locks")


class InUse(Exception):
    """Somebody else has the file; the text says who, as far as the system tells."""


class Hold:
    """A share in a database file, or the whole of it, until `release` or the end of this process.

    Raises InUse when others have what is wanted, and OSError when the file beside the database that says so
    can't be made. On Windows nobody is kept out: there, the system itself replaces no file that is open.
    """

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        file = os.open(_sign(path), os.O_RDONLY | os.O_CREAT, 0o644)
        self._end = weakref.finalize(self, os.close, file)
        with suppress(OSError):  # whoever uses the database next may be another user
            _sign(path).chmod(0o644)
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise InUse(who(holders(_sign(path)))) from None
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Give it back; a second time changes nothing."""
        self._end()


@contextmanager
def alone(path: Path, advice: str) -> Iterator[None]:
    """Have a database file alone. Raises StoreError, with the advice, while others have it."""
    try:
        hold = Hold(path, alone=True)
    except InUse as error:
        raise StoreError(f"{path} is in use by {error}; {advice}") from None
    except OSError as error:
        raise StoreError(f"{path.parent} can't be written into: {error.strerror}") from error
    try:
        yield
    finally:
        hold.release()


def holders_of(path: Path) -> tuple[int, ...]:
    """The process ids of all others who have a database open, as far as the system tells."""
    return holders(_sign(path))


def holders(path: Path) -> tuple[int, ...]:
    """The process ids of all others who have a lock on a file, as far as the system tells."""
    if not LOCKS.exists() or not path.exists():
        return ()
    inode = path.stat().st_ino
    rows = [line.split() for line in LOCKS.read_text().splitlines() if "->" not in line]
    found = {int(row[4]) for row in rows if row[1] == "FLOCK" and int(row[5].split(":")[2]) == inode}
    return tuple(sorted(pid for pid in found if pid > 0 and pid != os.getpid()))


def who(pids: tuple[int, ...]) -> str:
    """Processes in words, each with its command."""
    return " and ".join(f"process {pid}{_command(pid)}" for pid in pids) or "another quizapp"


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    command = " ".join(words).strip()
    return f" ({command[:80]})" if command else ""


def _sign(path: Path) -> Path:
    return Path(f"{path}.open")
