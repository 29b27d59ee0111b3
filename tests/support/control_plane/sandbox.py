"""Runs one container: a process with namespaces of its own, on file systems put together for it.

``sandbox.py SPEC`` is a program of its own, without imports of the tests, so that it starts at
once. SPEC is a JSON file: ``argv``, ``env``, ``cwd``, ``root`` (an empty folder to mount on),
``read_only``, ``keep`` (folders that no mount may hide) and ``mounts``: ``source`` (a folder or
file, empty: a tmpfs), ``target``, ``read_only``.

Three processes: this one waits outside, and dies with whoever started it; the first of a new pid
namespace watches over the container, and takes all that the container left behind with it when it
ends; the container. SIGTERM is passed on to the container, SIGUSR1 kills everything. The exit code
is the container's, 128 + n after signal n.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

MS_BIND, MS_REC, MS_UNBINDABLE, MS_PRIVATE = 4096, 16384, 1 << 17, 1 << 18
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
PR_SET_PDEATHSIG = 1
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
CANNOT_START = 128
WATCHED = (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise OSError where a call of the C library failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def mount(
    source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None
) -> None:
    """Mount a file system, or bind a folder or file."""
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    source_, target_, kind_, data_ = texts
    flags_ = ctypes.c_ulong(flags)
    checked(libc.mount(source_, target_, kind_, flags_, data_), f"mount {source} on {target}")


def lock(path: str, flags: int = AT_RECURSIVE) -> None:
    """Make the file system at ``path`` read-only, and all below it."""
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY, 0, 0, 0)
    size = ctypes.sizeof(attributes)
    at = os.fsencode(path)
    call = libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, at, flags, attributes, size)
    checked(call, f"read-only {path}")


def unshare() -> None:
    """Take namespaces of its own; without rights, inside a user namespace that gives them."""
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNS | CLONE_NEWPID | (CLONE_NEWUSER if user else 0)
    checked(libc.unshare(flags), "unshare")
    if user:
        for file, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{file}", "w") as map_:
                map_.write(text)


class Furniture:
    """The container's file systems, put together below ``root``: the machine's own, and mounts."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.root: str = spec["root"]
        self.read_only: bool = spec["read_only"]
        self.keep: list[str] = spec["keep"]
        self.mounts = sorted(spec["mounts"], key=lambda one: one["target"])
        self.own: list[str] = []

    def build(self) -> None:
        """Put all in its place."""
        mount("none", "/", flags=MS_REC | MS_PRIVATE)
        self.shadow("")
        if self.read_only:  # a container has this one writable whatever else is not
            mount("tmpfs", f"{self.root}/dev/shm", "tmpfs", data="size=64m")
        for one in self.mounts:
            one["target"] = os.path.realpath(one["target"])
            self.make_point(one["target"], os.path.isdir(one["source"]))
        for one in self.mounts:
            self.put(one)
        if self.read_only:
            for path in self.own:
                lock(path, 0)

    def shadow(self, folder: str) -> None:
        """Put a tmpfs in place of a folder, with all that the machine has in it."""
        at = self.root + folder
        entries = list(os.scandir(folder or "/"))
        mount("tmpfs", at, "tmpfs", data="mode=755")
        if not folder:  # else it would be bound into itself
            mount("none", at, flags=MS_UNBINDABLE)
        self.own.append(at)
        for entry in entries:
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), f"{at}/{entry.name}")
            elif entry.path == "/proc":
                os.mkdir(f"{at}/proc")
                mount("proc", f"{at}/proc", "proc")
            elif entry.is_dir() or entry.is_file():
                bind(entry.path, f"{at}/{entry.name}")
                if self.read_only:
                    lock(f"{at}/{entry.name}")

    def make_point(self, target: str, is_folder: bool) -> None:
        """Make what a mount will stand on, never in a folder of the machine itself."""
        if os.path.exists(self.root + target) or self.inside_another(target):
            return
        folder = os.path.dirname(target)
        while not os.path.isdir(self.root + folder):
            folder = os.path.dirname(folder)
        folder = "" if folder == "/" else folder
        if not self.is_own(folder):
            self.shadow(folder)
        make(self.root + target, is_folder)

    def is_own(self, folder: str) -> bool:
        """Tell whether a folder is on a file system that was made here."""
        device = os.stat(self.root + folder).st_dev
        return any(os.stat(path).st_dev == device for path in self.own)

    def inside_another(self, target: str) -> bool:
        """Tell whether a mount stands inside another one, whose volume gets its point."""
        return any(
            target.startswith(one["target"].rstrip("/") + "/") and one["target"] != target
            for one in self.mounts
        )

    def put(self, one: dict[str, Any]) -> None:
        """Mount a volume; what must stay visible is bound anew below it."""
        target = self.root + one["target"]
        bind(one["source"], target)
        hidden = [path for path in self.keep if f"{path}/".startswith(one["target"] + "/")]
        for path in hidden:
            bind(path, self.root + path)
            if self.read_only:
                lock(self.root + path)
        if one["read_only"]:
            lock(target)


def make(path: str, is_folder: bool) -> None:
    """Make an empty folder or file, and the folders above it."""
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def bind(source: str, target: str) -> None:
    """Bind a folder or file, on a point that is made where it is missing."""
    if not os.path.exists(target):
        make(target, os.path.isdir(source))
    mount(source, target, flags=MS_BIND | MS_REC)


def run(spec: dict[str, Any]) -> NoReturn:
    """Become the container's program; returns only where that fails."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
    os.chdir(spec["cwd"])
    os.execvpe(spec["argv"][0], spec["argv"], spec["env"])


def child(work: Callable[[], int]) -> int:
    """Fork a process that dies with this one, and does ``work`` or says why it cannot."""
    pid = os.fork()
    if pid:
        return pid
    code = CANNOT_START
    try:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        code = work()
    except OSError as error:
        print(f"exec failed: {error}", file=sys.stderr, flush=True)
    os._exit(code)


def attend(pid: int) -> int:
    """Pass signals on to a child and reap what ends; return the child's exit code."""
    while True:
        number = signal.sigwaitinfo(WATCHED).si_signo
        if number == signal.SIGCHLD:
            code = reaped(pid)
            if code is not None:
                return code
        else:
            os.kill(pid, signal.SIGKILL if number == signal.SIGUSR1 else number)


def reaped(awaited: int) -> int | None:
    """Take leave of all children that ended; return the exit code of the awaited one."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == awaited:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if not pid:
            return None


def first_process(spec: dict[str, Any]) -> int:
    """Be the first process of the container, whose end ends all others."""
    Furniture(spec).build()
    os.chroot(spec["root"])
    return attend(child(lambda: run(spec)))


def main() -> None:
    """Run the container that the first argument describes."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with open(sys.argv[1]) as file:
        spec = json.load(file)
    unshare()
    sys.exit(attend(child(lambda: first_process(spec))))


if __name__ == "__main__":
    main()
