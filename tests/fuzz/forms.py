"""The forms of a page as a browser finds them, filled by somebody who means no good."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

VOID_KINDS = ("submit", "button", "image", "reset", "file")


@dataclass
class Control:
    """One field: its values as they stand, and all that could be chosen."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form, and where it goes."""

    method: str
    action: str
    controls: list[Control] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.open: Form | None = None
        self.area: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith(("/", "?")):
            self.links.append(urljoin(self.path, given["href"]).partition("#")[0])
        if tag == "form":
            action = urljoin(self.path, given.get("action") or self.path)
            self.open = Form(given.get("method", "get").lower(), action)
            self.forms.append(self.open)
        elif self.open is not None:
            self._control(self.open, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag in ("textarea", "select") and name:
            self.area = Control(name, tag)
            form.controls.append(self.area)
        elif tag == "option" and self.area:
            self.area.choices.append(given.get("value", ""))
            self.area.value = given.get("value", "") if "selected" in given else self.area.value
        elif tag == "input" and name and given.get("type") not in VOID_KINDS:
            form.controls.append(Control(name, given.get("type", "text"), given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self.area and self.area.kind == "textarea":
            self.area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        if tag in ("textarea", "select"):
            self.area = None


def read(path: str, text: str) -> tuple[list[Form], list[str]]:
    """The forms of a page, and the links that stay on the site."""
    reader = _Reader(path)
    reader.feed(text)
    return reader.forms, reader.links


WRITTEN = (
    "text",
    "textarea",
    "password",
    "search",
    "email",
    "number",
    "datetime-local",
    "date",
    "tel",
    "url",
)


def filled(form: Form, text: str, rng: random.Random, *, breaks: str = "") -> list[tuple[str, str]]:
    """The form with the text in each field that is written in, and in the control named by `breaks`."""
    sent: list[tuple[str, str]] = []
    for control in form.controls:
        if control.name == breaks or control.kind in WRITTEN:
            sent.append((control.name, text))
        elif control.kind == "select":
            sent.append((control.name, rng.choice(control.choices) if control.choices else ""))
        elif control.kind == "hidden" or rng.random() < 0.5:
            sent.append((control.name, control.value))
    if form.buttons:
        sent.append(rng.choice(form.buttons))
    return sent


def fills(
    form: Form, texts: tuple[str, ...], rng: random.Random, times: int
) -> Iterator[list[tuple[str, str]]]:
    """Some ways to fill the form: each field written with trouble, and one other field broken."""
    names = [control.name for control in form.controls if control.kind not in WRITTEN]
    for number in range(times):
        breaks = rng.choice(names) if names and number % 2 else ""
        yield filled(form, rng.choice(texts), rng, breaks=breaks)
