"""Watches the disk being synced: notes how long the write-ahead log is each time SQLite has synced it.

SQLite calls the `xSync` of the file's methods for that and nothing else. Each connection's log gets a copy of
these methods in which `xSync` is ours; it calls the real one first. What is noted is thus what really
happened, whatever any setting says.
"""

import ctypes
import os
from pathlib import Path
from typing import Any

import pysqlite3._sqlite3
import sqlalchemy as sa

JOURNAL_POINTER = 28  # SQLITE_FCNTL_JOURNAL_POINTER: in WAL mode the file of the log
METHODS = 19  # an int, padded, and 18 functions: sqlite3_io_methods, version 3
SYNC = 5
CALL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)

sqlite = ctypes.CDLL(pysqlite3._sqlite3.__file__)
sqlite.sqlite3_file_control.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
wal = Path(os.environ["QUIZAPP_TEST_WAL"])
notes = os.open(f"{wal}.synced", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
kept: dict[int, tuple[Any, Any]] = {}  # the copies, by the methods that they were made of


def _watch(connection: Any, *_: object) -> None:
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # opens the log
    database = ctypes.c_void_p.from_address(id(connection) + 16).value  # the first field of the object
    file = ctypes.c_void_p()
    sqlite.sqlite3_file_control(database, b"main", JOURNAL_POINTER, ctypes.byref(file))
    if not file.value:
        return
    methods = ctypes.c_void_p.from_address(file.value)
    if methods.value and methods.value not in {ctypes.addressof(table) for table, _ in kept.values()}:
        methods.value = ctypes.addressof(_watched(methods.value))


def _watched(address: int) -> Any:
    if address not in kept:
        table = (ctypes.c_void_p * METHODS).from_buffer_copy(
            (ctypes.c_void_p * METHODS).from_address(address)
        )
        real = CALL(table[SYNC])

        def sync(file: int, flags: int) -> int:
            code: int = real(file, flags)
            os.write(notes, f"{wal.stat().st_size}\n".encode())
            return code

        ours = CALL(sync)
        table[SYNC] = ctypes.cast(ours, ctypes.c_void_p).value
        kept[address] = (table, (ours, real))
    return kept[address][0]


sa.event.listen(sa.pool.Pool, "checkout", _watch)
