"""Tasks and futures that tell the recorder what happens to them. They stay asyncio's own, written in C."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

from quizapp.lab import labels

if TYPE_CHECKING:
    from quizapp.lab.loop import RecordingLoop
    from quizapp.lab.recording import Recorder


class Stepped(Coroutine[Any, Any, Any]):
    """Stands between a task and its coroutine, and sees each step begin and end.

    What it adds to its coroutine's frames never shows: tracebacks name only lines of the program.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], recorder: Recorder) -> None:
        """A task is being made for this coroutine."""
        self.inner = inner
        self.has_begun = False
        self.__name__ = getattr(inner, "__name__", type(inner).__name__)
        self.__qualname__ = getattr(inner, "__qualname__", self.__name__)
        self._recorder = recorder
        self.lane = recorder.created(self._label())

    def _label(self) -> str:
        frame = getattr(self.inner, "cr_frame", None)
        if self.__qualname__ == "to_thread" and frame is not None:
            return f"to_thread({labels.function_name(frame.f_locals.get('func'))})"
        return self.__qualname__

    def __getattr__(self, name: str) -> Any:
        # asyncio looks at cr_code, cr_frame, cr_running … to describe a task
        if name.startswith("cr_"):
            return getattr(self.inner, name)
        raise AttributeError(name)

    def send(self, value: Any, /) -> Any:
        """Run the next step."""
        return self._step(self.inner.send, (value,), "")

    def throw(self, *args: Any) -> Any:
        """Run the next step with an exception, most often CancelledError."""
        error = args[0]
        kind = error if isinstance(error, type) else type(error)
        return self._step(self.inner.throw, args, kind.__name__)

    def close(self) -> None:
        """Close the coroutine."""
        self.inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        """Await the coroutine itself."""
        return self.inner.__await__()

    def __repr__(self) -> str:
        """As the coroutine shows itself."""
        return repr(self.inner)

    def _step(self, method: Callable[..., Any], args: tuple[Any, ...], thrown: str) -> Any:
        self._recorder.enter(self, thrown)
        try:
            awaited = method(*args)
        except StopIteration as result:
            self._recorder.returned(result.value)
            raise
        except BaseException as error:
            self._recorder.raised(error)
            raise
        self._recorder.suspended(self, awaited)
        return awaited


class Task(asyncio.Task[Any]):
    """A task with a lane. Its hash is no address, so that the order of a set of tasks is the schedule's."""

    def __init__(self, coro: Any, *, loop: RecordingLoop, **options: Any) -> None:
        """Like asyncio.Task; an eager one runs its first step here."""
        self._recorder = loop.recorder
        self._hash = loop.recorder.next_hash()
        self.lane = coro.lane if isinstance(coro, Stepped) else None
        super().__init__(coro, loop=loop, **options)
        self._recorder.name_lane(self.lane, self.get_name())

    def __hash__(self) -> int:
        """Its place in a set."""
        return self._hash

    def get_coro(self) -> Any:
        """The program's coroutine."""
        coro = super().get_coro()
        return coro.inner if isinstance(coro, Stepped) else coro

    def set_name(self, value: object, /) -> None:
        """Name the task, and its lane."""
        super().set_name(value)
        self._recorder.name_lane(self.lane, self.get_name())

    def cancel(self, msg: Any | None = None) -> bool:
        """Ask the task to cancel."""
        if not self.done():
            self._recorder.cancelling(self)
        return super().cancel(msg)


class Future(asyncio.Future[Any]):
    """A future that knows what it stands for. Its hash is no address either."""

    def __init__(self, *, loop: RecordingLoop) -> None:
        """A future that is being made by what the caller's frames say."""
        self._hash = loop.recorder.next_hash()
        self.awaiting = loop.recorder.awaiting_here()
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        """Its place in a set."""
        return self._hash


# A program that prints the type of a task sees what it would see without the lab.
Task.__module__ = Future.__module__ = "_asyncio"
