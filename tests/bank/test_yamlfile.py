"""The strict YAML reader, with the C parser and with the pure one."""
# ruff: noqa: S506  # BaseLoader makes text only

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quizapp.bank import plainfile
from quizapp.bank.plainfile import Doubt
from quizapp.bank.yamlfile import MAX_BYTES, MAX_DEPTH, MAX_FAULTS, Document, _read, _Reading, decoded, read
from quizapp.shipped import shipped

C, PURE = getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader
SIGNS = [" # lost", "\t", "&a ", "*a", "!t ", "<<: ", "? ", "\\", '"', "'", "- ", ": ", "\n", "\n---\n", "#"]
FILES = sorted([*(Path(__file__).parent / "samples").glob("*.yaml"), *shipped("questions").rglob("*.yaml")])


def both(content: str | bytes) -> Document:
    """What both parsers make of a file: the same."""
    raw = content.encode() if isinstance(content, str) else content
    document = read("f.yaml", raw, C)
    other = read("f.yaml", raw, PURE)
    assert other == document
    assert other.marks == document.marks
    return document


def told(content: str | bytes) -> list[str]:
    return [f"{fault.line}:{fault.column}: {fault.text}" for fault in both(content).faults]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_both_parsers_read_real_files_alike(path: Path) -> None:
    document = both(path.read_bytes())
    assert document.faults or squeezed(document.root) == squeezed(
        yaml.load(path.read_bytes(), yaml.BaseLoader)
    )


def squeezed(value: Any) -> str:
    """All that a file says, without the line ends that a block adds."""
    return repr(value).replace("\\n'", "'").replace('\\n"', '"')


PLAIN = (
    "no yes 3.10 12:30 017 0x1F ~ null true 1_000 2026-11-20 .inf = -x a#b it's http://a/b#c C:\\dir 🐍ü 1e3"
)


@pytest.mark.parametrize("written", PLAIN.split())
def test_scalars_stay_the_text_that_was_written(written: str) -> None:
    assert both(f"a: {written}\nb: [{written}]\n").root == {"a": written, "b": [written]}


def test_keys_stay_the_text_that_was_written() -> None:
    assert both("no: a\n3.10: b\n~: c\n").root == {"no": "a", "3.10": "b", "~": "c"}


def test_quotes_and_blocks_are_read_as_yaml_says() -> None:
    text = "a: 'it''s # no comment: [x]'\nb: \"two\\nlines\\n\"\n"
    text += "c: |\n  one\n    two\n\nd: >\n  one\n  line\ne: |-\n  x\n"
    assert both(text).root == {
        "a": "it's # no comment: [x]",
        "b": "two\nlines\n",
        "c": "one\n  two",
        "d": "one line",
        "e": "x",
    }


def test_a_missing_value_is_empty_text() -> None:
    assert both("a:\nb: ''\nc: []\nd: {}\n").root == {"a": "", "b": "", "c": [], "d": {}}


def test_comments_on_lines_of_their_own_and_behind_quotes_are_welcome() -> None:
    assert told("# top\na: 'x'  # fine\nb:  # fine, the list follows\n- y\n# end\n") == []


def test_marks_say_where_each_value_stands() -> None:
    document = both("a: x\nlist:\n- k: v\n  deep: [1, 22]\n")
    assert document.mark(("a",)) == (1, 4)
    assert document.mark(("list", 0, "k")) == (3, 6)
    assert document.mark(("list", 0, "deep", 1)) == (4, 13)
    assert document.mark(("list", 0, "deep", "@key")) == (4, 3)
    assert document.mark(("list", 0, "nowhere", 7)) == (3, 3)
    assert document.mark(("nowhere",)) == (1, 1)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    text = "a: x\nb: |\n  one\n  two\nc: `x`\n"
    plain = both(text)
    assert both(text.replace("\n", "\r\n")) == plain
    assert both(text.replace("\n", "\r")) == plain
    assert both(b"\xef\xbb\xbf" + text.encode()) == plain
    assert both(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == plain


QUOTES = "needs quotes around all of it, or a block: | and a new line"
TAB = "a tab; write spaces (tabs may stand in quotes and in blocks)"
LOST = "the text after # would be lost; quote the text, or give the comment a line of its own"
OUT_OF_LINE = "this does not line up with what stands above it; keys that belong together begin in one column"
REFUSED = {
    "": ["1:1: the file is empty"],
    "# nothing\n\n": ["1:1: the file is empty"],
    "a: 1\nb: 2\na: 3\n": ["3:1: the key 'a' stands here twice, first in line 1"],
    "a: wait for #1\n": [f"1:4: {LOST}"],
    "a: # nothing\nb: x\n": [f"1:3: {LOST}"],
    "a: [x, y # z\n  ]\n": [f"1:8: {LOST}"],
    "a: `x` is\n": [f"1:4: text that begins with ` {QUOTES}"],
    "a: @x\n": [f"1:4: text that begins with @ {QUOTES}"],
    "a: %x\n": [f"1:4: text that begins with % {QUOTES}"],
    'a: "x" is\n': [f'1:4: text that begins with " {QUOTES}'],
    "a: 'x' is\n": [f"1:4: text that begins with ' {QUOTES}"],
    "a: [x] is\n": [f"1:4: text that begins with [ {QUOTES}"],
    "a: {x} is\n": [f"1:4: text that begins with {{ {QUOTES}"],
    "a: *x* is\n": [f"1:4: text that begins with * {QUOTES}"],
    "a: * x\n": [f"1:4: text that begins with * {QUOTES}"],
    "a: & x\n": [f"1:4: text that begins with & {QUOTES}"],
    "a: > x\n": [f"1:4: text that begins with > {QUOTES}"],
    "a: | x\n": [f"1:4: text that begins with | {QUOTES}"],
    "a: ? x\n": [f"1:4: text that begins with ? {QUOTES}"],
    "a: - x\n": [f"1:4: text that begins with - {QUOTES}"],
    "a: ]\n": [f"1:4: text that begins with ] {QUOTES}"],
    "a: b c: d\n": ["1:7: text that holds ': ' needs quotes around all of it"],
    "a: b\n  c: d\n": [
        "2:3: is 'c' a key? Then line it up with the keys above it. If it is text, the text needs quotes"
    ],
    "a: *b\n": ["1:4: '*b' is an alias; write the text out (or quote it)"],
    "a: &b c\n": ["1:4: '&b' is an anchor; take it out (or quote the text)"],
    "a: !b c\n": ["1:4: '!b' is a tag; take it out (or quote the text)"],
    "a: ! c\n": ["1:4: '!' is a tag; take it out (or quote the text)"],
    "a: !!python/object:os.system x\n": [
        "1:4: 'tag:yaml.org,2002:python/object:os.system' is a tag; take it out (or quote the text)"
    ],
    "<<: {a: b}\nc: d\n": ["1:1: << is a merge key; write the keys out"],
    "? [a]\n: b\n": ["1:3: a key must be text"],
    "a: b\n---\nc: d\n": ["3:1: a second document begins here; a file holds one"],
    "a: b\n...\nc: d\n": ["3:1: nothing can follow '...'; take that line out"],
    "%a: b\n": ["1:1: a line can't begin with %; quote the text"],
    'a: "b\nc: d\n': ["1:4: the quote that opens here is never closed"],
    "a: [b, c\nd: e\n": [
        "1:4: [ opens a list here that is not closed, or a comma is missing; if it begins a text, quote it"
    ],
    "- a: [b,\n- c: d\n": [
        "1:6: [ opens a list here that is not closed, or a comma is missing; if it begins a text, quote it"
    ],
    'a: "C:\\dir"\n': ["1:7: inside double quotes \\ begins an escape; write \\\\ or use single quotes"],
    "a:\n\t- b\n": [f"2:1: {TAB}"],
    "\ta: b\n": [f"1:1: {TAB}"],
    "a:\tb\n": [f"1:3: {TAB}"],
    "a: b\tc\n": [f"1:5: {TAB}"],
    "a: b\t\n": [f"1:5: {TAB}"],
    "a: b\nc\nd: e\n": [
        "2:1: this is neither 'key: value' nor part of the text above; indent the text under its key"
    ],
    "a:\n- b:c\n  d: e\n": ["2:5: a space is missing after the colon"],
    'a: "\\users"\n': ["1:5: inside double quotes \\ begins an escape; write \\\\ or use single quotes"],
    "a:\n- b: c\n\td: e\n": [f"3:1: {TAB}"],
    "- a: b\n c: d\n": [f"2:2: {OUT_OF_LINE}"],
    "a: b\n- c\n": [f"2:1: {OUT_OF_LINE}"],
    "a: x\x07y\n": ["1:5: the character U+0007 can't be seen; take it out"],
    "a: x\u2028y\u200b\n": ["1:5: the character U+2028 can't be seen; take it out"],
    'a: "x\\0y"\n': ["1:4: the character U+0000 can't be shown; take it out"],
}


@pytest.mark.parametrize("content", REFUSED, ids=repr)
def test_what_would_be_guessed_or_lost_is_refused_at_its_place(content: str) -> None:
    assert told(content) == REFUSED[content]


@pytest.mark.parametrize(
    "written", ["`x` is", "@x", '"x" is', "'x' is", "[x] is", "*x* is", "> x", "| x", "- x", "a: b"]
)
def test_text_that_lacks_quotes_is_still_read_as_it_was_meant(written: str) -> None:
    document = both(f"a: {written}\nb: c\n")
    assert document.faults
    assert document.whole
    assert document.root == {"a": written, "b": "c"}


@pytest.mark.skipif(C is PURE, reason="PyYAML has no C parser here")
def test_half_a_surrogate_pair_is_refused_by_both_parsers() -> None:
    for loader in (C, PURE):
        assert [fault.line for fault in read("f.yaml", b'a: "\\ud800"\n', loader).faults] == [1]


def test_what_is_not_utf_8_is_refused_at_its_place() -> None:
    said = "this is not UTF-8; save the file with the encoding UTF-8"
    assert told("ä: x\nü: ".encode() + b"\xff") == [f"2:4: {said}"]
    assert told("a: x".encode("utf-16")) == [f"1:1: {said}"]
    assert told(b"\xef\xbb\xbfa: \xe4") == [f"1:4: {said}"]


def test_a_file_may_have_a_million_bytes_and_no_more() -> None:
    content = b"a: " + b"x" * (MAX_BYTES - 3)
    assert told(content) == []
    size = "the file has 1,000,001 bytes; 1,000,000 are allowed"
    assert told(content + b"x") == [f"1:1: {size}, so make the topic a folder of smaller files"]


def test_values_may_be_nested_12_deep_and_no_deeper() -> None:
    assert told("[" * 12 + "x" + "]" * 12) == []
    assert told("[" * 13 + "x" + "]" * 13) == ["1:13: nested deeper than 12 levels"]
    assert told("[" * 500 + "x" + "]" * 500 + "\n") == ["1:13: nested deeper than 12 levels"]
    assert told("- " * 500 + "x") == ["1:25: nested deeper than 12 levels"]
    for loader in (C, PURE):
        assert "nested deeper than 12 levels" in str(read("f.yaml", b"[" * 500, loader).faults[0])
    assert told("a: {" * 13 + "x: y" + "}" * 13)[0].endswith("nested deeper than 12 levels")


def test_an_alias_bomb_is_refused_alias_by_alias() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{f'*{a}, ' * 8}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
    )
    faults = told(bomb)
    assert len(faults) == 7 + 6 * 8
    assert all("anchor" in fault or "alias" in fault for fault in faults)


def test_all_faults_of_a_file_come_at_once() -> None:
    text = "a: `x`\nb: c: d\ne: &f g\na: 1\nh: i # j\nk: @l\nm: 'n' o\n"
    assert [fault.split(": ")[0] for fault in told(text)] == ["1:4", "2:5", "3:4", "4:1", "5:4", "6:4", "7:4"]


def test_behind_a_broken_item_the_reading_goes_on() -> None:
    text = "list:\n- a: 1\n   b: 2\n- c: [x\n- d: `y`\n- e: 3\n   f\n- g: 4\n"
    document = both(text)
    assert [fault.line for fault in document.faults] == [3, 4, 5]
    assert not document.whole
    assert {"g": "4"} in document.root["list"]


def test_a_quote_that_is_not_closed_is_told_where_it_opens() -> None:
    text = 'list:\n- a: "one\n  b: x\n- a: "`two`"\n  b: "y"\n- a: z\n'
    assert told(text) == ["2:6: the quote that opens here is never closed"]
    assert both(text).root == {"list": [{"a": "`two`", "b": "y"}, {"a": "z"}]}


def test_a_text_in_quotes_may_go_on_in_the_next_line() -> None:
    assert told('a: "one\n  two"\nb: `x`\n') == [f"3:4: text that begins with ` {QUOTES}"]


def test_a_flood_of_faults_is_cut_off() -> None:
    assert len(told("a: 1\n" * 2_000)) <= MAX_FAULTS + 1
    assert len(told("\x00" * 2_000)) <= MAX_FAULTS + 1


values = st.recursive(
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
    | st.sampled_from(["no", "1:2", "#", "a: b"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc-", min_size=1, max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(values)
def test_what_a_yaml_library_writes_is_read_back(value: Any) -> None:
    content = yaml.safe_dump({"root": value}, allow_unicode=True, width=10_000)
    assert both(content).root == {"root": value}


yamlish = st.text(st.sampled_from(list("ab:- \n\t#'\"[]{},|>&*!%@`?\\<~=.0é\u2028")), max_size=60)


@settings(max_examples=400, deadline=None)
@given(yamlish | st.text(max_size=40))
@example("a: |\n")
@example('"')
@example("a:\n\n\n")
@example("- \n-")
def test_any_text_is_read_or_refused_inside_the_file(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    for loader in (C, PURE):
        stays_inside(read("f.yaml", content, loader), content)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_inside_the_file(content: bytes) -> None:
    for loader in (C, PURE):
        stays_inside(read("f.yaml", content, loader), content)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_inside_the_file(data: st.DataObject) -> None:
    content = data.draw(
        st.sampled_from([path for path in FILES if path.parent.name == "samples"])
    ).read_bytes()
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=3)) + content[at + data.draw(st.integers(0, 9)) :]
    for loader in (C, PURE):
        stays_inside(read("f.yaml", damaged, loader), damaged)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_short_way_through_a_file_and_the_careful_one_read_the_same(path: Path) -> None:
    text = decoded(path.read_bytes())
    document, careful = Document("f.yaml"), Document("f.yaml")
    _read(document, text, C)
    _Reading(careful, text, C).run()
    assert (document.root, document.faults, document.whole) == (careful.root, careful.faults, careful.whole)
    assert document.marks == careful.marks


@settings(max_examples=60)
@given(st.data())
def test_what_the_short_way_takes_the_careful_one_reads_without_a_fault(data: st.DataObject) -> None:
    text = decoded(data.draw(st.sampled_from(FILES)).read_bytes())
    at = data.draw(st.integers(0, len(text)))
    piece = data.draw(st.sampled_from(SIGNS) | st.text(max_size=3))
    text = text[:at] + piece + text[at + data.draw(st.integers(0, 9)) :]
    for loader in (C, PURE):
        try:
            found = plainfile.values(text, loader, MAX_DEPTH)
        except (Doubt, yaml.YAMLError):
            continue
        careful = Document("f.yaml")
        _Reading(careful, text, loader).run()
        assert (careful.root, careful.faults) == (found, [])


def stays_inside(document: Document, content: bytes) -> None:
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    places = [*document.marks.values(), *((fault.line, fault.column) for fault in document.faults)]
    for line, column in places:
        assert 1 <= line <= len(rows)
        assert 1 <= column <= len(rows[line - 1]) + 1
    assert document.faults or document.whole
    assert (document.root is not None) or document.faults


def test_a_line_of_more_values_than_a_bank_can_need_is_given_up_soon() -> None:
    found = read("x.yaml", b"k: [" + b"a," * 200_000)
    assert "takes too long" in str(found.faults[0])
    assert not found.whole
