"""Text that nobody means well: for fields, files and addresses."""

from __future__ import annotations

from hypothesis import strategies as st

SQL = (
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE step; --",
    '" OR ""="',
    "1; SELECT pg_sleep(9)",
    "1 UNION SELECT secret FROM account --",
    "') UNION SELECT name, folded FROM account --",
    "%' OR '%'='",
    "_%",
    "\\' OR 1=1 --",
    "admin'/*",
    "1' AND (SELECT COUNT(*) FROM account) > 0 --",
    "0x27 OR 1=1",
    "x' || (SELECT password FROM account LIMIT 1) || '",
    "'||CHR(39)||'",
    "${1}",
    ":name",
    "%s",
    "%(name)s",
    "?",
)
TEMPLATES = (
    "{{7*7}}",
    "{% for x in y %}",
    "${7*7}",
    "#{7*7}",
    "{0.__class__}",
    "%(x)s",
    "{{config}}",
    "<%= 7*7 %>",
)
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r\n=1",
    "＝1+1",
    "'=1",
    '=HYPERLINK("http://x","y")',
    " =1",
)
UNICODE = (
    "\u202egnp.exe",
    "a\u200db\u200b\ufeff",
    "Z" + "\u0310\u0323" * 200,
    "\U0001f9d1\u200d\U0001f4bb\U0001f1e9\U0001f1ea",
    "\U0010ffff\U000e0001",
    "\u0130\u0131\u017f\ufb03",
    "\u2028\u2029\x85\x0b\x0c",
    "\x01\x1b[31m\x7f",
    "\ufdfa" * 30,
    "١２³½",
    "\u3164\u115f",
)
NESTED = (
    "> " * 400 + "x",
    "- " * 400 + "x",
    "[" * 400 + "](x)" * 400,
    "*a **b " * 200,
    "`" * 999,
    "![" * 300,
    "<" * 500,
    "&" * 500,
    "(((" * 300,
    "\\" * 501,
    "[a](<" * 200,
    "_" * 700,
)
MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><h1>x",
    "<!--",
    "]]>",
    "&lt;",
)
LONG = ("x" * 9_000, "word " * 1_700, "é" * 8_001, "\n" * 3_000, "𝕏" * 2_001)
HOSTILE = (*SQL, *TEMPLATES, *FORMULAS, *UNICODE, *NESTED, *MARKUP, *LONG)
NUMBERS = (
    "0",
    "1",
    "2",
    "-1",
    "1.5",
    "1e9",
    "٣",
    "１",
    "³",
    "0x1",
    "1_0",
    " 1",
    "99999999999999999999",
    "9" * 5_000,
)

texts = st.text(max_size=40)
hostile = st.one_of(
    texts, st.sampled_from((*HOSTILE, *NUMBERS)), st.sampled_from(("", "\0", "a\0b", "\ud800"))
)
"""Any text, text that means trouble, and what only a program can send."""
