"""A model for MLServer, which imports this file in an environment of its own: it answers with the
text that it got, or with the digest of a picture, and with a detection. Some texts it refuses."""

from __future__ import annotations

import asyncio
import hashlib

from mlserver import MLModel
from mlserver.codecs import Base64Codec, StringCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class Echo(MLModel):
    """Answers after a moment, so that a run lasts."""

    async def load(self) -> bool:
        """Nothing is to be loaded."""
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer one request."""
        text = text_of(payload)
        if "refuse" in text:
            raise InferenceError(f"will not do {text}")
        if "break" in text:
            raise RuntimeError(f"broke at {text}")
        await asyncio.sleep(0.02)
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                StringCodec.encode_output("echo", [text]),
                ResponseOutput(name="dclasses", shape=[2], datatype="BYTES", data=["cat", "dog"]),
                ResponseOutput(
                    name="dobjects",
                    shape=[2, 4],
                    datatype="FP32",
                    data=[[1, 2, 30, 40], [5, 6, 70, 80]],
                ),
                ResponseOutput(name="dconfidences", shape=[2], datatype="FP32", data=[0.75, 0.5]),
                ResponseOutput(name="dnum", shape=[1], datatype="INT64", data=[2]),
            ],
        )


def text_of(payload: InferenceRequest) -> str:
    """Return the text of a request, or the digest of its picture."""
    first = payload.inputs[0]
    if first.name == "image":
        (picture,) = Base64Codec.decode_input(first)
        return hashlib.sha256(picture).hexdigest()
    (text,) = StringCodec.decode_input(first)
    return text
