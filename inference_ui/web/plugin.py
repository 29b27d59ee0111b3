"""What the build of the front end adds to Reflex's own: our scripts, and addresses that fit.

Runs while the front end is built, never while it is served.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reflex.plugins import Plugin

from inference_ui.i18n.catalogue import LOCALES, messages

CLIENT = Path(__file__).parents[1] / "client"
ASSETS = Path(__file__).parents[2] / "assets"
_ADDRESS = re.compile(r"""(["'`])(http|ws)s?://localhost:\d+(/[^"'`]*)\1""")


class Frontend(Plugin):
    """Ships ``client/*.js`` with the catalogues, and makes one build serve any host and port."""

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str | bytes]]:
        """Return the scripts, importable as ``$/utils/product/NAME``."""
        scripts = {path.name: path.read_text("utf-8") for path in sorted(CLIENT.glob("*.js"))}
        catalogues = {locale: dict(messages(locale)) for locale in LOCALES}
        text = json.dumps(catalogues, ensure_ascii=False, separators=(",", ":"))
        scripts["i18n.js"] += f"\nconst MESSAGES = {text};\n"
        scripts["sprite.js"] += f"\nconst SYMBOLS = {json.dumps(_symbols())};\n"
        return [(Path("utils", "product", name), script) for name, script in scripts.items()]

    def post_build(self, **context: Any) -> None:
        """Replace the addresses of the build by those of the page that is open.

        Reflex writes the server's address into the scripts when it builds them.
        """
        static: Path = context["static_dir"]
        replaced = 0
        for script in static.glob("assets/*.js"):
            before = script.read_text("utf-8")
            after, count = _ADDRESS.subn(_relative, before)
            if count:
                script.write_text(after, "utf-8")
                replaced += count
        if not replaced:
            raise RuntimeError("the build holds no address to replace; does Reflex store it anew?")


def _symbols() -> str:
    """The symbols of the icons' file, with ids that no element of a page has."""
    svg = (ASSETS / "icons.svg").read_text("utf-8")
    inner = svg.partition(">")[2].rpartition("</svg>")[0]
    return re.sub(r">\s+<", "><", inner).strip().replace('id="', 'id="icon-')


def _relative(match: re.Match[str]) -> str:
    _, scheme, path = match.groups()
    protocol = "location.protocol" if scheme == "http" else 'location.protocol.replace("http","ws")'
    return f'({protocol}+"//"+location.host+{json.dumps(path)})'
