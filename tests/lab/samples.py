"""The programs that several tests run."""

from __future__ import annotations

from quizapp import lab

GATHER = """
import asyncio

async def fetch(name, seconds):
    print(name, "start")
    await asyncio.sleep(seconds)
    print(name, "done")
    return name

async def main():
    print(await asyncio.gather(fetch("A", 2), fetch("B", 1)))

asyncio.run(main())
"""

BLOCKING = """
import asyncio, time

async def polite():
    await asyncio.sleep(1)
    print("polite")

async def rude():
    time.sleep(3)
    print("rude")

async def main():
    await asyncio.gather(polite(), rude())

asyncio.run(main())
"""

FORGOTTEN = """
import asyncio

async def save():
    print("saved")

async def main():
    save()
    print("end")

asyncio.run(main())
"""

GROUP = """
import asyncio

async def child(name, seconds):
    try:
        await asyncio.sleep(seconds)
        raise ValueError(name)
    finally:
        print(name, "ends")

async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(child("fails", 1))
        group.create_task(child("other", 2))

asyncio.run(main())
"""

QUEUE = """
import asyncio

async def producer(queue):
    for item in range(3):
        await queue.put(item)
    await queue.put(None)

async def consumer(queue):
    while (item := await queue.get()) is not None:
        await asyncio.sleep(1)
        print(item)

async def main():
    queue = asyncio.Queue(maxsize=1)
    await asyncio.gather(producer(queue), consumer(queue))

asyncio.run(main())
"""

TIMEOUT = """
import asyncio

async def main():
    try:
        async with asyncio.timeout(2):
            await asyncio.sleep(10)
    except TimeoutError:
        print("too late")

asyncio.run(main())
"""

DEADLOCK = """
import asyncio

async def wait_for_other(mine, other):
    async with mine:
        await asyncio.sleep(1)
        async with other:
            print("never")

async def main():
    a, b = asyncio.Lock(), asyncio.Lock()
    await asyncio.gather(wait_for_other(a, b), wait_for_other(b, a))

asyncio.run(main())
"""

TO_THREAD = """
import asyncio, time

def work(name, seconds):
    time.sleep(seconds)
    print(name)
    return name

async def main():
    print(await asyncio.gather(asyncio.to_thread(work, "slow", 2), asyncio.to_thread(work, "quick", 1)))

asyncio.run(main())
"""

ALL = (GATHER, BLOCKING, FORGOTTEN, GROUP, QUEUE, TIMEOUT, DEADLOCK, TO_THREAD)


def kinds(trace: lab.Trace, lane: int) -> list[str]:
    """What happened to a lane, without its timers and marks."""
    left_out = ("timer", "sync", "print")
    return [
        event.kind for event in trace.events if event.lane == lane and not event.kind.startswith(left_out)
    ]


def events(trace: lab.Trace, kind: str) -> list[lab.Event]:
    return [event for event in trace.events if event.kind == kind]


def main_of(*lines: str, head: str = "import asyncio, time") -> str:
    """A program whose `main()` has these lines."""
    return "\n".join([head, "async def main():", *(f"    {line}" for line in lines), "asyncio.run(main())"])
