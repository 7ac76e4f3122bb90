"""The command line: serve the app, keep the database, check and write banks."""

from __future__ import annotations


def main() -> None:
    """Placeholder until the commands are in."""
