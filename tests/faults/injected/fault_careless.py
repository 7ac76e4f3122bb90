"""No write waits for the disk: the null control of all that is said about a power cut."""

from typing import Any

import sqlalchemy as sa


def _careless(connection: Any, *_: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


sa.event.listen(sa.pool.Pool, "checkout", _careless)
