"""The command line: `python -m bench [SCENARIO …] [--runs N] [--items N]`."""

import argparse
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from bench.harness import BenchError, Options, say

FOLDER = Path(__file__).resolve().parent
SCENARIOS = {
    "throughput": "files in, files out, against curl",
    "mlserver": "Open Inference V2, against mlserver infer",
    "capacity": "finding a server's hidden capacity",
    "replicas": "four servers, one of them slow",
    "million": "memory, steadiness and resuming with a million items",
    "transports": "HTTP clients without files",
    "check": "checking a dataset, and what pages feel of it",
    "cluster": "the arithmetic of a large cluster",
    "kubernetes": "watching a large Kubernetes cluster",
    "kubernetes-tasks": "500 tasks on a Kubernetes cluster",
    "deletion": "deleting 10,000 tasks, and what others feel of it",
    "export": "exporting 100,000 results",
    "results": "the results of a task at a million items",
    "tasks": "the task list at 100,000 tasks, with 50 tabs",
}
MODULES = {
    "kubernetes-tasks": "kubernetes_tasks",
    "mlserver": "against_mlserver",
    "results": "million_results",
}


def main() -> None:
    """Run scenarios, print their tables, and delete what they wrote at the very end."""
    listing = "\n".join(f"  {name:16} {text}" for name, text in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"Measure the batch client.\n\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help="all when none is given")
    parser.add_argument("--runs", type=int, metavar="N", help="rounds; 7 unless said otherwise")
    parser.add_argument("--items", type=int, metavar="N", help="items a run")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of what is drawn at random"
    )
    parser.add_argument("--processes", type=int, metavar="N", help="of the product's batch client")
    parser.add_argument("--work", type=Path, default=FOLDER / ".work", help="where runs write")
    parser.add_argument("--keep", action="store_true", help="delete nothing")
    args = parser.parse_args()
    if unknown := set(args.scenario) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")

    work: Path = args.work.resolve()
    datasets = work / "datasets"
    datasets.mkdir(parents=True, exist_ok=True)
    here = Path(tempfile.mkdtemp(prefix="bench-", dir=work))
    options = Options(here, datasets, args.runs, args.items, args.seed, args.processes)
    try:
        for name in args.scenario or SCENARIOS:
            say(f"== {name}: {SCENARIOS[name]}")
            print(import_module(f"bench.{MODULES.get(name, name)}").run(options), flush=True)
    except BenchError as error:
        say(f"{error}\nkept: {here}")
        sys.exit(1)
    if args.keep:
        say(f"kept: {here}")
        return
    say("deleting what was written …")
    shutil.rmtree(here)


if __name__ == "__main__":
    main()
