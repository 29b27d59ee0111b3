"""What an engine that starts beside running tasks does, in a process of its own: prints JSON.

Its settings come from the environment, as the product's own do. Argument: the number of passes
over all tasks to time, once everything is in.
"""

import json
import sys
import time

from inference_ui.backend import bootstrap
from inference_ui.backend.reconciler import Reconciler
from inference_ui.backend.settings import Settings


def main() -> None:
    """Start, and time the first pass and those after it."""
    begun = time.perf_counter()
    product = bootstrap.build(Settings())
    built_s = time.perf_counter() - begun
    names = len(product.cluster.names())
    synced_s = time.perf_counter() - begun
    reconciler = Reconciler(product.store, product.cluster)
    passes, changed = [], 0
    for number in range(int(sys.argv[1])):
        at = time.perf_counter()
        found = len(reconciler.run_once())
        passes.append(time.perf_counter() - at)
        # The first one takes up what clients wrote after the engine before had stopped.
        changed += found if number else 0
    product.close()
    told = {"built_s": built_s, "synced_s": synced_s, "names": names, "changed": changed}
    print(json.dumps({**told, "passes": passes}))


if __name__ == "__main__":
    main()
