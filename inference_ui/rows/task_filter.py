"""What of the task list is shown. It lives in the page's address, so that a reload and a link keep
it: ``/?name=night&status=FAILED&status=STOPPED&owner=lin&sort=-progress&page=2&mine=1``.

Conditions are given once for each value. ``typed`` is the text that stands in the search box and is
no condition of its own yet: it narrows the names as it is typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from inference_ui import routes
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.models.task_search import SearchField, SortKey, TaskOrder, TaskSearch

PAGE_SIZE = 50

MOST_VALUES = 50
"""Values that are taken of each condition; an address may hold anything."""

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What is shown: what meets ``search`` and has ``typed`` in its name, in which order, which
    page, of all or one's own."""

    search: TaskSearch = field(default_factory=TaskSearch)
    typed: str = ""
    mine: bool = False
    order: TaskOrder = field(default_factory=TaskOrder)
    page: int = 1

    @classmethod
    def of(cls, query: str) -> TaskFilter:
        """Read it from the query of an address; what makes no sense there is left out."""
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(query[:20_000]):
            text = value.strip()[:LONGEST_TEXT].replace("\0", "")
            if text and len(given.setdefault(name, [])) < MOST_VALUES:
                given[name].append(text)
        search = TaskSearch(
            names=_all(given, SearchField.NAME),
            statuses=tuple(
                TaskStatus(name)
                for name in _all(given, SearchField.STATUS)
                if name in TaskStatus.__members__
            ),
            owners=_all(given, SearchField.OWNER),
            specs=_all(given, SearchField.SPEC),
            packages=_all(given, SearchField.PACKAGE),
        )
        return cls(
            search=search,
            typed=_last(given, "q"),
            mine=_last(given, "mine") == "1",
            order=_order(_last(given, "sort")),
            page=_page(_last(given, "page")),
        )

    @property
    def wanted(self) -> TaskSearch:
        """What tasks have to meet, what is being typed included."""
        if not self.typed:
            return self.search
        return replace(self.search, names=(*self.search.names, self.typed))

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order keeps tasks out of sight."""
        return self.mine or bool(self.wanted.fields)

    @property
    def offset(self) -> int:
        """How many tasks stand on the pages before."""
        return (self.page - 1) * PAGE_SIZE

    @property
    def href(self) -> str:
        """The address that shows this."""
        search = self.search
        pairs = [("q", self.typed)]
        pairs += [("name", text) for text in search.names]
        pairs += [("status", status.value) for status in search.statuses]
        pairs += [("owner", name) for name in search.owners]
        pairs += [("spec", name) for name in search.specs]
        pairs += [("package", name) for name in search.packages]
        pairs += [
            ("mine", "1" if self.mine else ""),
            ("sort", "" if self.order == TaskOrder() else _sort(self.order)),
            ("page", str(self.page) if self.page > 1 else ""),
        ]
        return routes.tasks(pairs)

    def but(
        self,
        *,
        search: TaskSearch | None = None,
        mine: bool | None = None,
        order: TaskOrder | None = None,
    ) -> TaskFilter:
        """Return the first page of the same with something else."""
        return replace(
            self,
            search=self.search if search is None else search,
            mine=self.mine if mine is None else mine,
            order=order or self.order,
            page=1,
        )

    def without(self, about: SearchField) -> TaskFilter:
        """Return the first page without the conditions about a field."""
        changed = self.but(search=self.search.without(about))
        return replace(changed, typed="") if about is SearchField.NAME else changed

    def sorted_by(self, key: SortKey) -> TaskFilter:
        """Return the first page sorted by a column: the other way round where it is already. Times
        and numbers begin with the largest, words with the first."""
        order = self.order
        first_down = key in (SortKey.CREATED, SortKey.DURATION, SortKey.PROGRESS)
        down = not order.descending if order.key is key else first_down
        return self.but(order=TaskOrder(key, down))


def _all(given: dict[str, list[str]], about: SearchField) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given.get(about, ())))


def _last(given: dict[str, list[str]], name: str) -> str:
    return given.get(name, [""])[-1]


def _order(text: str) -> TaskOrder:
    key = text.removeprefix("-")
    known = key in set(SortKey)
    return TaskOrder(SortKey(key), text.startswith("-")) if known else TaskOrder()


def _sort(order: TaskOrder) -> str:
    return f"-{order.key}" if order.descending else str(order.key)


def _page(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
