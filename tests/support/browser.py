"""The Chromium that tests use: the one installed on the machine, else Playwright's own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PROGRAMS = (
    "chromium-headless-shell",  # draws as the others do, and is much lighter without a window
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def chromium() -> Path:
    """Return the program; raises ``LookupError`` where there is none."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if not own.exists():
        raise LookupError("no Chromium is installed; `make test` installs one where it can")
    return own


if __name__ == "__main__":
    sys.stdout.write(f"{chromium()}\n")
