"""The sign-in page: without scripts, in two languages, and never a door to elsewhere."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from inference_ui import context, cookies, routes
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.models.account import Role
from inference_ui.backend.settings import Settings
from inference_ui.web.serve import listen
from tests.support.inside import PASSWORD, Inside

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def test_a_name_and_a_password_open_a_session_and_lead_to_where_one_wanted_to_go(
    inside: Inside,
) -> None:
    name, _ = inside.session()
    with inside.client() as browser:
        form = {"name": name, "password": PASSWORD, "next": "/tasks/abc?page=2"}
        answer = browser.post(routes.SIGN_IN, data=form)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/tasks/abc?page=2"
        cookie = SimpleCookie(answer.headers["set-cookie"])[context.session_cookie()]
        assert cookie["httponly"]
        assert cookie["samesite"] == "lax"
        assert cookie["path"] == "/"
        assert not cookie["secure"]  # the address is http
        assert cookie["expires"]


def test_the_session_is_kept_nowhere_but_in_the_browser(inside: Inside) -> None:
    _, cookie = inside.session()
    token = cookie.partition("=")[2]
    folder = inside.product.settings.data_folder
    for path in folder.glob("inference-ui.sqlite3*"):
        assert token.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
def test_a_sign_in_never_leads_to_another_site(inside: Inside, elsewhere: str) -> None:
    name, _ = inside.session()
    with inside.client() as browser:
        form = {"name": name, "password": PASSWORD, "next": elsewhere}
        assert browser.post(routes.SIGN_IN, data=form).headers["location"] == "/"
        assert elsewhere not in browser.get(routes.SIGN_IN, params={"next": elsewhere}).text


def test_a_wrong_password_is_said_beside_the_field_and_the_name_is_kept(inside: Inside) -> None:
    name, _ = inside.session()
    with inside.client() as browser:
        form = {"name": name, "password": "wrong"}
        answer = browser.post(routes.SIGN_IN, data=form, headers=CHINESE)
    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text
    assert f'value="{name}"' in answer.text
    assert 'aria-describedby="problem_password"' in answer.text
    assert "wrong" not in answer.text
    assert "set-cookie" not in answer.headers


def test_an_unknown_name_is_answered_like_a_wrong_password(inside: Inside) -> None:
    known, _ = inside.session()
    with inside.client() as browser:
        texts = {
            browser.post(routes.SIGN_IN, data={"name": name, "password": "wrong"})
            .text.replace(name, "NAME")
            .partition("more tr")[0]
            for name in (known, f"no-{known}")
        }
    assert len(texts) == 1


def test_empty_fields_are_asked_for_one_by_one(inside: Inside) -> None:
    with inside.client() as browser:
        answer = browser.post(routes.SIGN_IN, data={"name": " ", "password": ""})
    assert answer.status_code == 422
    assert 'id="problem_name"' in answer.text
    assert 'id="problem_password"' in answer.text


def test_who_tries_too_often_is_told_to_wait(inside: Inside) -> None:
    name, _ = inside.session()
    with inside.client() as browser:
        for _ in range(20):
            answer = browser.post(routes.SIGN_IN, data={"name": name, "password": "wrong"})
            if answer.status_code != 401:
                break
        assert answer.status_code == 429
        assert "Try again in" in answer.text
        right = browser.post(routes.SIGN_IN, data={"name": name, "password": PASSWORD})
        assert right.status_code == 429


def test_what_was_typed_is_never_taken_for_markup(inside: Inside) -> None:
    with inside.client() as browser:
        form = {"name": '"><script>alert(1)</script>', "password": "x", "next": '/"><script>'}
        answer = browser.post(routes.SIGN_IN, data=form)
    assert "<script>alert" not in answer.text
    assert '/"><script>' not in answer.text


def test_a_link_works_once_and_then_says_so_beside_a_form(inside: Inside) -> None:
    name, _ = inside.session(Role.VIEWER)
    path = routes.sign_in_link(inside.product.accounts.new_link(name))
    with inside.client() as browser, inside.client() as other:
        assert browser.get(path).status_code == 303
        assert browser.get(routes.WHO).json()["name"] == name
        assert browser.get(path).headers["location"] == "/"  # a reload by who is in already
        refused = other.get(path, headers=CHINESE)
        assert refused.status_code == 401
        assert "这个登录链接已经用过或过期" in refused.text


def test_a_sign_out_ends_the_session_in_the_database(inside: Inside) -> None:
    _, cookie = inside.session()
    with inside.client(cookie) as browser:
        assert browser.get(routes.WHO).status_code == 200
        assert browser.post(routes.SIGN_OUT).headers["location"] == routes.SIGN_IN
    with inside.client(cookie) as stolen:
        assert stolen.get(routes.WHO).status_code == 401


def test_the_page_speaks_the_browsers_language_until_one_is_chosen(inside: Inside) -> None:
    with inside.client() as browser:
        assert "<h1>登录</h1>" in browser.get(routes.SIGN_IN, headers=CHINESE).text
        chosen = browser.get(routes.SIGN_IN, params={"locale": "en"}, headers=CHINESE)
        assert "<h1>Sign in</h1>" in chosen.text
        assert '<html lang="en"' in chosen.text
        assert "<h1>Sign in</h1>" in browser.get(routes.SIGN_IN, headers=CHINESE).text
        dark = browser.get(routes.SIGN_IN, params={"theme": "dark"})
        assert 'class="dark"' in dark.text
        assert 'class="dark"' in browser.get(routes.SIGN_IN).text
        odd = browser.get(routes.SIGN_IN, params={"locale": "xx", "theme": '"><b>'})
        assert "<b>" not in odd.text


def test_sign_in_pages_are_kept_in_no_cache_and_sent_to_no_one(inside: Inside) -> None:
    with inside.client() as browser:
        headers = browser.get(routes.SIGN_IN).headers
    assert headers["cache-control"] == "no-store"
    # Not no-referrer: with it, browsers send the form with an Origin that names nobody.
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


def test_two_servers_on_one_machine_do_not_share_a_cookie(inside: Inside) -> None:
    """Browsers share cookies between the ports of one host."""
    assert str(inside.product.settings.port) in context.session_cookie()


@pytest.mark.parametrize(
    "other", ['x={"a":1}', "a[b]=1", "foo=bar baz", "u=Zoë", "flag", "path=/x", "x=[1, 2]", "=;;"]
)
def test_other_programs_cookies_of_any_form_hide_no_session(inside: Inside, other: str) -> None:
    name = context.session_cookie()
    assert cookies.session_of(f"{other}; {name}=token-1; locale=zh") == "token-1"
    assert cookies.session_of(f"{other}; not{name}=token-1") is None


def test_a_stranger_sends_no_files(inside: Inside) -> None:
    with inside.client() as browser:
        answer = browser.post(routes.SIGN_IN, files={"name": b"x" * 100_000})
    assert answer.status_code == 415


def test_a_port_is_taken_before_anything_is_built_for_it() -> None:
    with listen(Settings(port=1).model_copy(update={"port": 0})) as first:
        taken = Settings(port=first.getsockname()[1])
        with pytest.raises(CannotStart, match="PORT_IN_USE"):
            listen(taken)
