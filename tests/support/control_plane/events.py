"""Events: what the parts of the control plane tell people of their work."""

from __future__ import annotations

import threading
from contextlib import suppress
from itertools import count

from tests.support.control_plane.objects import Json, timestamp
from tests.support.control_plane.store import ApiError, Store


class Events:
    """Writes events; what is said again is counted, not written anew. From any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str, str], str] = {}
        self._numbers = count(0x18EA8730B0436C1C)
        self._lock = threading.Lock()

    def say(
        self,
        about: Json,
        reason: str,
        message: str,
        component: str,
        *,
        host: str = "",
        warning: bool = False,
    ) -> None:
        """Say something of an object. What cannot be said (a namespace that ends) is left out."""
        meta = about["metadata"]
        namespace = meta.get("namespace", "default")
        said = (meta["uid"], reason, message)
        with self._lock, suppress(ApiError):
            known = self._store.get("events", namespace, self._known.get(said, ""))
            if known is not None:
                known["count"] += 1
                known["lastTimestamp"] = timestamp()
                self._store.update("events", known)
                return
            name = f"{meta['name']}.{next(self._numbers):x}"
            self._known[said] = name
            self._store.create(
                "events",
                {
                    "metadata": {"name": name, "namespace": namespace},
                    "count": 1,
                    "eventTime": None,
                    "firstTimestamp": timestamp(),
                    "lastTimestamp": timestamp(),
                    "involvedObject": {
                        "apiVersion": about["apiVersion"],
                        "kind": about["kind"],
                        "name": meta["name"],
                        "namespace": namespace,
                        "resourceVersion": meta["resourceVersion"],
                        "uid": meta["uid"],
                    },
                    "message": message,
                    "reason": reason,
                    "reportingComponent": component,
                    "reportingInstance": host,
                    "source": {"component": component, **({"host": host} if host else {})},
                    "type": "Warning" if warning else "Normal",
                },
            )
