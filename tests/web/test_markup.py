from hypothesis import given
from hypothesis import strategies as st

from quizapp.web.markup import code_lines, inline, markdown, plain, source_title

DANGEROUS = ("<script", "<img", "<iframe", "javascript:", "onerror=", "<svg")


@given(st.text())
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    for made in (markdown(text), inline(text)):
        lowered = made.replace("&lt;", "").lower()
        assert not any(f"<{tag}" in lowered for tag in ("script", "img", "iframe", "svg", "style", "form"))


def test_raw_html_and_bad_links_are_shown_as_text() -> None:
    assert "<script" not in markdown("<script>alert(1)</script>")
    assert "href" not in markdown("[here](javascript:alert(1))")
    assert "<img" not in inline("![x](http://example.org/x.png)")
    assert "{{ 7 * 7 }}" in inline("{{ 7 * 7 }}")


def test_markdown_of_the_bank_is_kept() -> None:
    assert inline("Use `await`, *always*") == "Use <code>await</code>, <em>always</em>"
    assert 'href="https://docs.python.org/3/"' in inline("[docs](https://docs.python.org/3/)")
    assert plain("Use `await`\n\n*now*") == "Use await now"


@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    )
)
def test_a_program_keeps_its_lines_and_characters(code: str) -> None:

    shown = code_lines(code)
    assert len(shown) == code.count("\n") + 1


def test_calls_keywords_and_strings_are_coloured() -> None:
    (line,) = code_lines('await asyncio.gather(job("a"), 1)  # both')
    for part in (
        '<span class="k">await</span>',
        '<span class="f">gather</span>',
        '<span class="n">1</span>',
        'class="c"',
    ):
        assert part in line


def test_sources_have_readable_names() -> None:
    address = "https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread"
    assert source_title(address) == "asyncio-task › asyncio.to_thread, Python documentation"
    assert source_title("https://peps.python.org/pep-0492/") == "pep-0492, peps.python.org"
