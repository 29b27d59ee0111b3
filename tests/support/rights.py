"""Taking from a process of root's what root may do everywhere."""

from __future__ import annotations

import ctypes

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_libc = ctypes.CDLL(None, use_errno=True)


def give_up_root_rights() -> None:
    """Let the program that is started next (as ``preexec_fn``) read only what the permissions of
    files allow, also when root starts it. See capabilities(7)."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
