"""What the browser makes of an address that says which items are looked for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_ui.backend.results.query import ItemFilter, ItemKind, ItemOrder
from inference_ui.web.plugin import CLIENT

NODE = Path(sys.executable).parent / "node"
PROGRAM = """
import * as filter from "./results_filter.mjs";
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  const made = typeof filter[name] === "function" ? filter[name](...given) : filter[name];
  console.log(JSON.stringify(made));
}
"""

Filter = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filter]:
    """Calls a function of the script: ``ask("toSearch", query)``."""
    folder = tmp_path_factory.mktemp("filter")
    script = (CLIENT / "results_filter.js").read_text("utf-8")
    (folder / "results_filter.mjs").write_text(script, "utf-8")
    (folder / "main.mjs").write_text(PROGRAM, "utf-8")
    with subprocess.Popen(
        [NODE, "main.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def call(name: str, *given: Any) -> Any:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([name, *given]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield call
        process.stdin.close()


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
limits = st.none() | st.integers(0, 999_999_999)
shares = st.none() | st.floats(0, 1)
queries = st.fixed_dictionaries(
    {
        "text": words,
        "kind": st.sampled_from([kind.value for kind in ItemKind]),
        "classes": st.lists(words, max_size=6),
        "least": limits,
        "most": limits,
        "above": shares,
        "below": shares,
        "order": st.sampled_from([order.value for order in ItemOrder]),
    }
)
usable = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@usable
@given(queries)
def test_an_address_says_a_query_and_nothing_is_lost(ask: Filter, query: dict[str, Any]) -> None:
    meant = ask("normal", query)
    search = ask("toSearch", query)
    assert ask("fromAddress", f"?{search}") == meant
    assert ask("normal", meant) == meant
    assert ask("isPlain", query) == (meant == ask("EMPTY")) == (search == "")


@usable
@given(queries)
def test_conditions_taken_away_one_by_one_leave_all_items(
    ask: Filter, query: dict[str, Any]
) -> None:
    left = ask("normal", query)
    taken = 0
    while not ask("isPlain", left):
        (first, *further) = ask("conditions", left)
        left = ask("normal", first["without"])
        assert len(ask("conditions", left)) == len(further)
        taken += 1
    assert taken == len(ask("conditions", query))


@usable
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["q", "kind", "class", "least", "above", "below", "order", "item"]),
            words,
        ),
        max_size=8,
    )
)
def test_any_address_means_something(ask: Filter, said: list[tuple[str, str]]) -> None:
    query = ask("fromAddress", urlencode(said))
    assert query["kind"] in list(ItemKind)
    assert query["order"] in list(ItemOrder)
    assert ask("itemOf", urlencode(said)) >= 0
    assert ask("fromAddress", ask("toSearch", query)) == query


@pytest.mark.parametrize(
    "garbage",
    [
        "kind=failed",
        "order=sideways",
        "least=-1",
        "most=1e3",
        "least=99999999999",
        "above=1.5",
        "below=NaN",
        "above=",
        "class=",
        "q=%20",
        "item=-3&item=x",
        "%E0%A4%A",
        "view=overview",
    ],
)
def test_garbage_is_no_condition(ask: Filter, garbage: str) -> None:
    assert ask("isPlain", ask("fromAddress", f"?{garbage}"))
    assert ask("itemOf", f"?{garbage}") == 0


def test_limits_are_put_in_order_and_meet_the_steps_of_the_server(ask: Filter) -> None:
    query = ask("fromAddress", "?least=9&most=2&above=0.91&below=0.3")
    assert (query["least"], query["most"]) == (2, 9)
    assert (query["above"], query["below"]) == (0.3, 0.9)
    same = ask("fromAddress", "?above=0.5&below=0.5")
    assert (same["above"], same["below"]) == (0.5, 0.55)
    last = ask("fromAddress", "?above=1&below=1")
    assert (last["above"], last["below"]) == (0.95, 1)


def test_what_others_keep_in_the_address_stays(ask: Filter) -> None:
    search = ask("withQuery", "?view=overview&kind=FAILED&item=7", {**ask("EMPTY"), "text": "a b"})
    assert dict(parse_qsl(search)) == {"view": "overview", "item": "7", "q": "a b"}


@pytest.mark.parametrize(
    ("text", "number", "only"),
    [
        ("7", 7, False),
        (" 431208 ", 431_208, False),
        ("431,208", 431_208, False),
        ("#12", 12, True),
        ("＃１２", 12, True),
    ],
)
def test_what_can_be_the_number_of_an_item(ask: Filter, text: str, number: int, only: bool) -> None:
    assert ask("ordinal", text) == {"number": number, "only": only}
    assert ask("isNoName", text) == only


@pytest.mark.parametrize("text", ["", "0", "007", "12a", "1.5", "-3", "12,34", "9" * 10, "#x"])
def test_what_can_only_be_a_name(ask: Filter, text: str) -> None:
    assert ask("ordinal", text) is None
    assert not ask("isNoName", text)


def test_an_order_alone_leaves_nothing_out(ask: Filter) -> None:
    sorted_only = {**ask("EMPTY"), "order": "SLOWEST"}
    assert not ask("isPlain", sorted_only)
    assert not ask("isFiltered", sorted_only)
    assert ask("isFiltered", {**sorted_only, "classes": ["car"]})


def test_the_address_names_what_the_server_calls_so(ask: Filter) -> None:
    assert ask("KINDS") == [kind.value for kind in ItemKind if kind]
    assert ask("ORDERS") == [order.value for order in ItemOrder]
    assert len(ask("PARAMETERS")) == len(ItemFilter.__dataclass_fields__)
