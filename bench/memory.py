"""Memory of a process and all its children, shared pages counted once."""

from pathlib import Path

import psutil


def proportional_bytes(pid: int) -> int:
    """The sum of Pss over a process and its descendants; what has just ended counts nothing."""
    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_pss(each.pid) for each in tree)


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    lines = [line.split() for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(line[1]) * 1024 for line in lines)
