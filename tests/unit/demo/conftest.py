"""The trained model, once for all tests of this folder: training takes seconds."""

from __future__ import annotations

import pytest

from inference_ui.demo.model import DigitModel


@pytest.fixture(scope="session")
def model() -> DigitModel:
    return DigitModel.train()
