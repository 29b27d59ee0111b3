"""Which failures are of one kind: by their cause and by what the server said, but for what differs
from item to item."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.failure_kinds import cause_of, choice, just, kind_of, without_varying

SAME = {
    "a time": ("timeout after 61.2 s", "timeout after 60.9 s"),
    "triton, a shape": (
        "[request id: 17] unexpected shape for input 'INPUT0' for model 'densenet_onnx'. "
        "Expected [3,224,224], got [1,3,480,640]",
        "[request id: 9] unexpected shape for input 'INPUT0' for model 'densenet_onnx'. "
        "Expected [3,224,224], got [3,37,37]",
    ),
    "triton, its queue": (
        "in ensemble 'ocr', Exceeds maximum queue size of 64",
        "in ensemble 'ocr', Exceeds maximum queue size of 128",
    ),
    "seldon, a path": (
        "[Errno 2] No such file or directory: '/mnt/data/night shot/000812.jpg'",
        "[Errno 2] No such file or directory: '/mnt/data/7.jpg'",
    ),
    "seldon, an object's address": (
        "cannot identify image file <_io.BytesIO object at 0x7f3a1c2b4d60>",
        "cannot identify image file <_io.BytesIO object at 0x7f00aa2b4d12>",
    ),
    "vllm, tokens": (
        "This model's maximum context length is 4096 tokens. However, you requested 5123 tokens "
        "(4611 in the messages, 512 in the completion). Please reduce the length.",
        "This model's maximum context length is 4096 tokens. However, you requested 9001 tokens "
        "(8489 in the messages, 512 in the completion). Please reduce the length.",
    ),
    "vllm, a request": (
        "Request chatcmpl-8f3a2b9dd0e14c0f8d1e3ab1c0a7 was aborted",
        "Request chatcmpl-00b1c2d3e4f5061728394a5b6c7d was aborted",
    ),
    "tensorflow serving": (
        "Could not parse example input, value: 'AB-01' [[{{node ParseExample/ParseExampleV2}}]]",
        "Could not parse example input, value: 'x9/z' [[{{node ParseExample/ParseExampleV2}}]]",
    ),
    "mlserver, a uuid": (
        "Model yolo failed on 2f1c8a90-5a3e-4b5e-9c52-0d7c3a1b2c3d",
        "Model yolo failed on aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee1",
    ),
    "kserve, a time of day": (
        "2026-11-28T09:20:24.102Z predictor failed",
        "2026-11-29T23:59:01.7Z predictor failed",
    ),
    "torch": (
        "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 79.15 GiB total capacity)",
        "CUDA out of memory. Tried to allocate 4.50 GiB (GPU 3; 47.53 GiB total capacity)",
    ),
    "an address": (
        "connect to 10.0.0.12:8000 failed",
        "connect to 10.0.3.7:31022 failed",
    ),
    "a path in Chinese": (
        "图片损坏：夜间/cam04/000812.jpeg 提前结束",
        "图片损坏：白天/cam11/3.jpeg 提前结束",
    ),
    "json": (
        '{"detail":[{"loc":["body","inputs",0,"shape"],"msg":"field required"}]}',
        '{"detail":[{"loc":["body","inputs",3,"shape"],"msg":"field required"}]}',
    ),
}

NGINX = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n"
    "<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n"
)
DIFFERENT = (
    "model queue is full",
    "overloaded",
    "",
    NGINX,
    NGINX.replace("Service Temporarily Unavailable", "Bad Gateway"),
    "upstream connect error or disconnect/reset before headers. reset reason: overflow",
    "KeyError: 'image'",
    "KeyError: 'shape'",
    "inference input data-type is 'FP32', model expects 'INT64'",
    "inference input data-type is 'FP16', model expects 'INT64'",
    "expected image/jpeg",
    "expected image/png",
    '{"detail":"field required"}',
    '{"detail":"not authenticated"}',
    "unexpected protocol",
    "图片损坏",
)


@pytest.mark.parametrize("name", SAME)
def test_what_differs_per_item_makes_no_other_kind(name: str) -> None:
    one, other = SAME[name]
    assert without_varying(one) == without_varying(other)
    assert kind_of("HTTP_500", one) == kind_of("HTTP_500", other)


def test_other_words_and_other_causes_are_other_kinds() -> None:
    for one, other in combinations(DIFFERENT, 2):
        assert kind_of("HTTP_503", one) != kind_of("HTTP_503", other), (one, other)
    assert kind_of("HTTP_503", "overloaded") != kind_of("HTTP_429", "overloaded")


def test_the_inputs_own_name_does_not_count_wherever_it_is_quoted() -> None:
    one = kind_of("HTTP_400", "bad picture in 一号 a b.json!", "/workspace/dataset/x/一号 a b.json")
    other = kind_of("HTTP_400", "bad picture in zwei.json!", "/workspace/dataset/y/zwei.json")
    assert one == other


def test_an_answer_that_is_no_json_is_one_kind_whatever_it_says() -> None:
    start = "the answer is not JSON: "
    assert kind_of("ANSWER_NOT_JSON", start + "a cat") == kind_of("ANSWER_NOT_JSON", start + "dog")


def test_a_key_is_short_fits_an_address_and_tells_its_cause() -> None:
    key = kind_of("HTTP_503", "model queue is full")
    assert key == "HTTP_503.da45fa682d"  # it must never change: retries and links name it
    assert cause_of(key) == cause_of("HTTP_503") == "HTTP_503"


def test_a_choice_takes_kinds_whole_causes_and_causes_without_some_kinds() -> None:
    full, busy = kind_of("HTTP_503", "full"), kind_of("HTTP_503", "overloaded")
    one = choice((full,))
    assert one("HTTP_503", "full", "a")
    assert not one("HTTP_503", "overloaded", "a")
    assert not one("HTTP_429", "full", "a")
    rest = choice(("HTTP_503", f"!{full}"))
    assert not rest("HTTP_503", "full", "a")
    assert rest("HTTP_503", "overloaded", "a")
    assert choice(("HTTP_503",))("HTTP_503", "full", "a")
    assert not choice((f"!{busy}",))("HTTP_503", "full", "a")
    assert not choice(())("HTTP_503", "full", "a")


def test_just_some_of_the_groups_leaves_the_others_out_of_a_whole_cause() -> None:
    full, busy = kind_of("HTTP_503", "full"), kind_of("HTTP_503", "overloaded")
    shown = (full, busy, "HTTP_503", "TIMEOUT")
    assert just((busy,), shown) == (busy,)
    assert set(just(("HTTP_503",), shown)) == {"HTTP_503", f"!{full}", f"!{busy}"}
    assert set(just(("HTTP_503", full), shown)) == {"HTTP_503", full, f"!{busy}"}
    assert just(("TIMEOUT",), shown) == ("TIMEOUT",)
    assert just((), shown) == ()


PIECES = st.lists(
    st.sampled_from(
        [*"a1/\\.-_'\"` \n,:<>#xéTe+~[]夜²٣", "FP32", "12", "0x7f", "json", "deadbeef01"]
    ),
    max_size=60,
)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(st.text(max_size=300), PIECES.map("".join)))
def test_taking_out_twice_is_once_and_nothing_grows_without_bound(words: str) -> None:
    plain = without_varying(words)
    assert without_varying(plain) == plain
    assert len(plain) <= 600
    assert len(kind_of("HTTP_500", words)) == len("HTTP_500.") + 10
