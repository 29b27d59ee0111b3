"""Where a sign-in may lead: to this server, and nowhere else."""

from __future__ import annotations

import pytest

from inference_ui import routes


@pytest.mark.parametrize("path", ["/", "/tasks/abc", "/tasks/abc?page=2&q=%2F%2Fa", "/数据"])
def test_a_path_of_this_server_is_kept(path: str) -> None:
    assert routes.own_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        "", None, "tasks", "//evil.example", "///evil.example", "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/a\r\nSet-Cookie: x=1",
    ],
)  # fmt: skip
def test_anything_else_leads_to_the_start_page(elsewhere: str | None) -> None:
    assert routes.own_path(elsewhere) == "/"


def test_the_sign_in_link_carries_the_whole_address() -> None:
    assert routes.sign_in("/tasks/a?b=c&d=e") == "/sign-in?next=%2Ftasks%2Fa%3Fb%3Dc%26d%3De"
    assert routes.sign_in("/") == "/sign-in"
