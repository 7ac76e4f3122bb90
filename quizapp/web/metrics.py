"""Figures for Prometheus: how many requests of which kind, how long they took, what was kept; no names."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from quizapp.web.serving import SHARED_FIGURES
from quizapp.web.shelf import Shelf

if TYPE_CHECKING:
    from quizapp.web.logs import Served

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The figures of one app."""

    kind = CONTENT_TYPE_LATEST
    """The content type of `text`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "quizapp_requests",
            "Requests answered, by what they asked for.",
            ("endpoint", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "quizapp_request_seconds",
            "Seconds from a request to its response.",
            ("endpoint", "method"),
            buckets=SECONDS,
            registry=registry,
        )
        self._steps = Counter(
            "quizapp_steps_kept",
            "Steps newly kept, by kind: submit is a graded answer, held one of an exam.",
            ("kind",),
            registry=registry,
        )
        self._waits = {
            "retry": Counter("quizapp_write_retries", "Writes that had to start again.", registry=registry),
            "busy": Counter(
                "quizapp_writes_refused", "Writes given up as the database was busy.", registry=registry
            ),
        }
        self._bank = {
            name: Gauge(f"quizapp_bank_{name}", text, registry=registry, multiprocess_mode="mostrecent")
            for name, text in (
                ("questions", "Questions of the bank in use."),
                ("loaded_timestamp_seconds", "When the bank in use was loaded."),
                ("faults", "Faults that keep a changed bank from being used; 0 when all is well."),
            )
        }
        Gauge(
            "quizapp_build_info",
            "The versions that serve.",
            ("version", "python"),
            registry=registry,
            multiprocess_mode="mostrecent",
        ).labels(version("quizapp"), platform.python_version()).set(1)

    def count_request(self, served: Served) -> None:
        """Count a request that was answered."""
        self._requests.labels(served.endpoint, served.method, f"{served.status // 100}xx").inc()
        self._seconds.labels(served.endpoint, served.method).observe(served.seconds)

    def count(self, event: str) -> None:
        """Count what the database tells."""
        if event in self._waits:
            self._waits[event].inc()
        else:
            self._steps.labels(event).inc()

    def text(self) -> bytes:
        """All figures, of all workers, as Prometheus reads them."""
        bank, trouble = self._shelf.bank(), self._shelf.trouble
        self._bank["questions"].set(len(bank))
        self._bank["loaded_timestamp_seconds"].set(self._shelf.loaded.timestamp())
        self._bank["faults"].set(len(trouble.faults) if trouble else 0)
        if SHARED_FIGURES not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(together)
