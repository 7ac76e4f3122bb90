"""What of a question may stand on no page before its answer, and whether a page says it."""

from __future__ import annotations

import re
from html import unescape

from quizapp.bank import Open, Question
from quizapp.web.markup import inline

SHORTEST = 12
"""Letters of a text that can't stand on a page by chance."""
TAG = re.compile(r"<[^>]*>")
RIGHT = re.compile(r'<li class="opt done right">(.*?)</li>', re.S)


def told(page: str, question: Question) -> list[str]:
    """What of the question's key the page (HTML, CSV or JSON) says: nothing, before there is an answer."""
    text, asked = bare(page), _asked(question)
    found = [each for each in key_texts(question) if each in text and each not in asked]
    marked = [bare(each) for each in RIGHT.findall(page)]
    rows = question.tell(question.model(), question.keys())
    right = [bare(inline(row.text)) for row in rows if row.mark == "right" and bare(row.text)]
    return found + [f"marked right: {each}" for each in right if any(row.startswith(each) for row in marked)]


def key_texts(question: Question) -> tuple[str, ...]:
    """The bare texts that come with the answer only: explanation, reasons, refutations and model answer."""
    texts = [question.explanation, *(row.why for row in question.tell(question.model(), question.keys()))]
    texts += [mistake.why for mistake in getattr(question, "mistakes", ())]
    if isinstance(question, Open):
        texts += [question.model_answer, *(point.strong for point in question.rubric)]
    pieces = [bare(inline(piece)) for text in texts for piece in text.split("\n\n")]
    return tuple(piece for piece in pieces if len(piece) >= SHORTEST)


def bare(text: str) -> str:
    """A text without tags, quotes, blanks and marks: the same for HTML, CSV and JSON of it."""
    return re.sub(r"[\W_]+", "", unescape(TAG.sub("", text)).replace("\\n", " "))


def _asked(question: Question) -> str:
    parts = [part.text for part in question.offer(question.keys())]
    return bare("\n".join([question.prompt, question.code, *parts, *question.hints]))
