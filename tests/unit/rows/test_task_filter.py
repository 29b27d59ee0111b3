"""What of the task list an address shows, and the address that shows it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.models.task_search import SearchField, SortKey, TaskOrder, TaskSearch
from inference_ui.rows.task_filter import LONGEST_TEXT, MOST_VALUES, TaskFilter

TEXT = (
    st.text(min_size=1, max_size=20).map(str.strip).filter(lambda text: text and "\0" not in text)
)
TEXTS = st.lists(TEXT, max_size=3, unique=True).map(tuple)
FILTERS = st.builds(
    TaskFilter,
    search=st.builds(
        TaskSearch,
        names=TEXTS,
        statuses=st.lists(st.sampled_from(TaskStatus), max_size=3, unique=True).map(tuple),
        owners=TEXTS,
        specs=TEXTS,
        packages=TEXTS,
    ),
    typed=st.one_of(st.just(""), TEXT),
    mine=st.booleans(),
    order=st.builds(TaskOrder, st.sampled_from(SortKey), st.booleans()),
    page=st.integers(1, 99_999),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", TaskFilter()),
        (
            "status=RUNNING&mine=1&page=3",
            TaskFilter(TaskSearch(statuses=(TaskStatus.RUNNING,)), mine=True, page=3),
        ),
        ("status=NONSENSE&mine=yes&page=-1&sort=nothing", TaskFilter()),
        ("page=0", TaskFilter()),
        ("page=²", TaskFilter()),
        ("page=" + "9" * 40, TaskFilter()),
        ("name=a&name=&name=%20&name=a", TaskFilter(TaskSearch(names=("a",)))),
        ("name=%00", TaskFilter()),
        ("sort=-progress", TaskFilter(order=TaskOrder(SortKey.PROGRESS, True))),
        ("%ff&=&&q=%E5%A4%9C", TaskFilter(typed="夜")),
    ],
)
def test_an_address_says_what_is_shown_and_nonsense_in_it_nothing(
    query: str, expected: TaskFilter
) -> None:
    assert TaskFilter.of(query) == expected


@given(FILTERS)
def test_what_is_shown_is_kept_by_its_address(shown: TaskFilter) -> None:
    assert TaskFilter.of(urlsplit(shown.href).query) == shown


def test_what_an_address_holds_is_bounded() -> None:
    query = "&".join(f"owner={number}" for number in range(200)) + "&name=" + "x" * 5000
    found = TaskFilter.of(query)
    assert len(found.search.owners) == MOST_VALUES
    assert [len(name) for name in found.search.names] == [LONGEST_TEXT]
    assert TaskFilter.of("&".join("a=1" for _ in range(100_000))) == TaskFilter()


def test_what_is_typed_narrows_the_names() -> None:
    found = TaskFilter.of("name=night&q=10")
    assert found.wanted.names == ("night", "10")
    assert found.search.names == ("night",)
    assert found.without(SearchField.NAME).href == "/"


def test_another_condition_or_order_begins_at_the_first_page() -> None:
    found = TaskFilter.of("status=FAILED&page=7&mine=1")
    assert found.but(mine=False).href == "/?status=FAILED"
    assert found.sorted_by(SortKey.CREATED).href == "/?status=FAILED&mine=1&sort=created"
    assert found.sorted_by(SortKey.NAME).href == "/?status=FAILED&mine=1&sort=name"
