"""Finding items by their name, in a journal that grows and holds anything."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.records import SOURCE_ROOT
from inference_ui.backend.results.names import NameSearch

DATASET = Path("/data/pages")

letters = st.text(alphabet='abAB夜É"\\/é. _1', min_size=1, max_size=6)


def line(name: str, *, ascii_only: bool = False, root: str = SOURCE_ROOT) -> bytes:
    said = {"source": f"{root}{name}", "status": "SUCCEEDED", "resultLocation": f"result/{name}"}
    return json.dumps(said, ensure_ascii=ascii_only, separators=(",", ":")).encode() + b"\n"


@settings(max_examples=200, deadline=None)
@given(
    names=st.lists(letters, max_size=12),
    text=letters,
    ascii_only=st.booleans(),
    root=st.sampled_from((SOURCE_ROOT, "/elsewhere/", f"{DATASET}/")),
    cut=st.integers(0, 12),
)
def test_it_finds_the_names_that_have_the_text(
    tmp_path_factory, names, text, ascii_only, root, cut
):
    path = tmp_path_factory.mktemp("names") / "journal"
    lines = [line(name, ascii_only=ascii_only, root=root) for name in names]
    path.write_bytes(b"".join(lines[:cut]))
    search = NameSearch(path, text, DATASET)
    search.within(len(lines[:cut]))
    path.write_bytes(b"".join(lines))
    outside = "/elsewhere/" if root == "/elsewhere/" else ""
    whole = [f"{outside}{name}".lower() for name in names]
    expected = [number for number, name in enumerate(whole) if text.lower() in name]
    assert search.within(len(names)).tolist() == expected
    assert search.within(len(names) // 2).tolist() == [
        number for number in expected if number < len(names) // 2
    ]


def test_only_names_count_and_not_what_else_a_line_says(tmp_path):
    path = tmp_path / "journal"
    failed = b'{"source":"/x/b.jpg","status":"FAILED","errorMesssage":"c"}\n'
    path.write_bytes(line("a.jpg") + failed)
    for text in ("result", "succeeded", "status", "workspace", "errormesssage", "source", "c"):
        assert NameSearch(path, text, DATASET).within(2).tolist() == [], text
    assert NameSearch(path, ".JPG", DATASET).within(2).tolist() == [0, 1]


def test_a_line_that_never_ends_hides_nothing_after_it(tmp_path):
    path = tmp_path / "journal"
    endless = b'{"source":"' + b"night" * 1_000_000 + b'"}\n'
    path.write_bytes(line("night/a.jpg") + endless + line("night/b.jpg") + b'{"source":"night')
    assert NameSearch(path, "night", DATASET).within(10).tolist() == [0, 2]


def test_a_foreign_way_to_write_a_slash_is_read(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(line("night/a.jpg").replace(b"night/", b"night\\/"))
    assert NameSearch(path, "ght/A", DATASET).within(1).tolist() == [0]
