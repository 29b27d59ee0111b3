"""What a task's page shows of its failures."""

from __future__ import annotations

from inference_ui.backend.records import ErrorGroup
from inference_ui.backend.services.failures import FailedItem, FailedItems
from inference_ui.rows.failures import failure_rows, opened_row

NGINX = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>…</body></html>"


def test_groups_come_by_their_number_with_a_share_and_a_path_that_can_be_cut() -> None:
    rows = failure_rows(
        (
            ErrorGroup("TIMEOUT", 2, "/workspace/dataset/a.json", "no answer within 60 s", "T.1"),
            ErrorGroup("HTTP_503", 6, "/workspace/dataset/night/cam04/000812.json", "full", "H.1"),
            ErrorGroup("HTTP_503", 2, "/workspace/dataset/b.json", "a\n b", "HTTP_503", kinds=7),
        )
    )
    assert [(row.key, row.count, row.share, row.cause) for row in rows] == [
        ("H.1", 6, 0.6, "HTTP 503"),
        ("HTTP_503", 2, 0.2, "HTTP 503"),
        ("T.1", 2, 0.2, "TIMEOUT"),
    ]
    first, others, last = rows
    assert (first.head, first.tail) == ("night/cam", "04/000812.json")
    assert (last.head, last.tail, last.others) == ("", "a.json", False)
    assert (others.others, others.message) == (True, "a b")


def test_groups_of_older_records_are_called_by_their_cause() -> None:
    (row,) = failure_rows((ErrorGroup("HTTP_503", 9, "elsewhere/a.json", "full"),))
    assert (row.key, row.share, row.others) == ("HTTP_503", 1, False)
    assert row.head + row.tail == "elsewhere/a.json"
    assert failure_rows(()) == []


def test_of_a_page_that_a_proxy_answers_its_title_is_the_line() -> None:
    (row,) = failure_rows((ErrorGroup("HTTP_502", 1, "a.json", NGINX, "H.2"),))
    assert row.message == "502 Bad Gateway"
    (row,) = failure_rows((ErrorGroup("HTTP_502", 1, "a.json", "x" * 500, "H.3"),))
    assert row.message == "x" * 300


def test_an_opened_group_shows_its_first_items_and_what_was_sent() -> None:
    items = (FailedItem(7, "night/cam04/000812.json", "whole words"), FailedItem(9, "b.json", ""))
    row = opened_row(FailedItems(items, whole=False, request="{}"))
    assert (row.read, row.whole, row.error, row.request) == (True, False, "whole words", "{}")
    assert [(item.number, item.head + item.tail) for item in row.rows] == [
        (7, "night/cam04/000812.json"),
        (9, "b.json"),
    ]
    none = opened_row(FailedItems((), whole=True))
    assert (none.read, none.rows, none.error, none.request) == (True, [], "", "")
