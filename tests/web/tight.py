"""Whether a response holds to the content security policy: only scripts with its nonce, nothing inline."""

from __future__ import annotations

import re

from werkzeug.test import TestResponse

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:")
SCRIPT = re.compile(r"<script\b[^>]*>")
ELSEWHERE = re.compile(r"""(?:\bsrc=|<link[^>]*\bhref=|url\()["']?(?!/static/|data:image/svg)[^"'>\s]+""")
NONCE = re.compile(r"script-src 'nonce-([\w-]{22})';")
EXPECTED = {
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
}


def looseness(page: TestResponse) -> list[str]:
    """What is not as tight as it has to be, in the headers and the page; nothing, if all is well."""
    policy = page.headers.get("Content-Security-Policy", "")
    nonce = NONCE.search(policy)
    if nonce is None or {each.strip() for each in policy.split(";")} - {nonce[0][:-1]} != EXPECTED:
        return [f"policy: {policy}"]
    found = [f"header {name}" for name, value in _expected(page) if page.headers.get(name) != value]
    if not (page.mimetype or "").endswith("html"):
        return found
    found += INLINE.findall(page.text) + ELSEWHERE.findall(page.text)
    tags = SCRIPT.findall(page.text)
    return found + [tag for tag in tags if f'nonce="{nonce[1]}"' not in tag]


def _expected(page: TestResponse) -> list[tuple[str, str | None]]:
    is_secure = page.request.scheme == "https"
    return [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)"),
        ("Strict-Transport-Security", "max-age=31536000" if is_secure else None),
        ("Cross-Origin-Opener-Policy", "same-origin" if is_secure else None),
    ]
