"""Text of a bank as HTML: Markdown without raw HTML, programs with five colours, both cleaned once more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

CACHE = 8192
TAGS = {"a", "code", "em", "strong", "p", "ul", "ol", "li", "pre", "br", "blockquote"}
MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": False}).disable("image")
COLOURS: tuple[tuple[_TokenType, str], ...] = (
    (Keyword, "k"),
    (Operator.Word, "k"),
    (String, "s"),
    (Name.Function, "f"),
    (Name.Builtin, "f"),
    (Number, "n"),
    (Comment, "c"),
)


@lru_cache(CACHE)
def markdown(text: str) -> Markup:
    """Markdown as paragraphs."""
    return _clean(MARKDOWN.render(text))


@lru_cache(CACHE)
def inline(text: str) -> Markup:
    """Markdown within one line: for options, headings and list items."""
    return _clean(MARKDOWN.renderInline(text))


@lru_cache(CACHE)
def plain(text: str) -> str:
    """Markdown as bare text: for titles and choices where nothing can be marked up."""
    return " ".join(Markup(MARKDOWN.render(text)).striptags().split())  # noqa: S704 - its tags go


@lru_cache(CACHE)
def code_lines(code: str) -> tuple[Markup, ...]:
    """A Python program as coloured lines."""
    lines: list[Markup] = [Markup()]
    for css, text in _coloured(code):
        head, *more = text.split("\n")
        for number, piece in enumerate([head, *more]):
            if number:
                lines.append(Markup())
            lines[-1] += (
                Markup('<span class="{}">{}</span>').format(css, piece) if css and piece else escape(piece)
            )
    return tuple(lines)


def source_title(address: str) -> str:
    """A readable name for a source: `asyncio-task › coroutines, Python documentation`."""
    parts = urlsplit(address)
    page = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".html")
    section = parts.fragment if re.search(r"[._]", parts.fragment) else parts.fragment.replace("-", " ")
    name = " › ".join(filter(None, [page, section]))
    if parts.netloc == "docs.python.org":
        return f"{name}, Python documentation"
    return f"{name}, {parts.netloc}" if name else parts.netloc


def _clean(html: str) -> Markup:
    cleaned = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
    return Markup(cleaned.strip())  # noqa: S704 - nh3 has just made it safe


def _coloured(code: str) -> Iterator[tuple[str, str]]:
    """Each piece of the program with its colour class; a name before a parenthesis is a call."""
    tokens = list(PythonLexer(stripnl=False, ensurenl=False).get_tokens(code))
    following = [*(text for _, text in tokens[1:]), ""]
    for (kind, text), after in zip(tokens, following, strict=False):
        if is_a(kind, Name) and after.startswith("("):
            yield "f", text
        else:
            yield next((css for parent, css in COLOURS if is_a(kind, parent)), ""), text


def is_a(kind: _TokenType, parent: _TokenType) -> bool:
    """Whether a kind of token is that one or a finer one below it."""
    return kind[: len(parent)] == parent
