"""Six small programs, each with one thing to see on its timeline, and one that pairs with `blocking`."""

from __future__ import annotations

GATHER = """\
import asyncio

async def job(name, seconds):
    await asyncio.sleep(seconds)
    print(name)

async def main():
    await asyncio.gather(job("a", 2), job("b", 1))

asyncio.run(main())
"""

BLOCKING = """\
import asyncio
import time

async def job(name):
    time.sleep(1)
    print(name)

async def main():
    await asyncio.gather(job("a"), job("b"))

asyncio.run(main())
"""

SLEEPING = BLOCKING.replace("time.sleep", "await asyncio.sleep")

FORGOTTEN = """\
import asyncio

async def save():
    print("saved")

async def main():
    save()
    print("done")

asyncio.run(main())
"""

TASKGROUP = """\
import asyncio

async def ok():
    await asyncio.sleep(5)
    print("ok")

async def bad():
    await asyncio.sleep(1)
    raise ValueError("no luck")

async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(ok())
            group.create_task(bad())
    except* ValueError as error:
        print("caught", error.exceptions)

asyncio.run(main())
"""

QUEUE = """\
import asyncio

async def produce(queue):
    for number in range(4):
        await queue.put(number)
        print("put", number)
    await queue.put(None)

async def consume(queue):
    while (item := await queue.get()) is not None:
        await asyncio.sleep(1)
        print("got", item)

async def main():
    queue = asyncio.Queue(maxsize=1)
    await asyncio.gather(produce(queue), consume(queue))

asyncio.run(main())
"""

TIMEOUT = """\
import asyncio

async def fetch():
    try:
        await asyncio.sleep(10)
    finally:
        print("cleaning up")

async def main():
    try:
        async with asyncio.timeout(2):
            await fetch()
    except TimeoutError:
        print("too slow")

asyncio.run(main())
"""

SIX = {
    "gather": GATHER,
    "blocking": BLOCKING,
    "forgotten": FORGOTTEN,
    "taskgroup": TASKGROUP,
    "queue": QUEUE,
    "timeout": TIMEOUT,
}
