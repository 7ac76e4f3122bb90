"""Spreadsheets: rows as a CSV file, sent while it is written, that no program takes for formulas."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from quizapp.bank import Answer, Question

MARK = "\ufeff"
"""The byte order mark. Excel reads a file without it in an old code page and spoils every name with an
accent; LibreOffice, pandas (`utf-8-sig`) and others read past it."""
RISKY = re.compile(r"['\s\0\u200b\ufeff]*[=+\-@＝＋－＠\t\r\n\0]")
"""What a spreadsheet may take for a formula: the characters of OWASP ASVS 1.2.10 and their full-width forms,
also behind blanks, which some programs strip."""
TOGETHER = 8192
"""Characters of a file that are sent at once."""
LONGEST_NAME = 60


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: a risky one gets a leading apostrophe.

    One that looks as if it had got one gets another, so that taking one away always gives the cell back.
    """
    return f"'{cell}" if RISKY.match(cell) else cell


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A CSV file (RFC 4180, UTF-8) to download. `rows` are asked for one by one, while it is sent."""
    return _download(_written(header, rows), "text/csv", f"{name}.csv")


def json_file(name: str, pieces: Iterable[str]) -> Response:
    """A JSON file to download, sent piece by piece."""
    return _download(pieces, "application/json", f"{name}.json")


def file_name(*words: str) -> str:
    """These words as a file name without an ending: lower-case ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", "-".join(words)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].strip("-") or "file"


def words_of(question: Question, answer: Answer) -> str:
    """An answer in words: the chosen parts as they are shown, or what was typed."""
    if question.rated:
        return answer[0] if answer else ""
    keys = question.keys()
    return " | ".join(question.face(part) if part in keys else part for part in answer)


def _download(pieces: Iterable[str], kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    encoded = (piece.encode("utf-8", "replace") for piece in pieces)
    return Response(encoded, mimetype=kind, headers=headers)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The file in pieces of some rows each."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(MARK)
    writer.writerow(map(harmless, header))
    for row in rows:
        writer.writerow(map(harmless, row))
        if text.tell() >= TOGETHER:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()
