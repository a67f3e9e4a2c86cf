"""What versions of Renode are known to execute wrongly."""

from __future__ import annotations

_DSP_CORES = frozenset({"cortex-m4f", "cortex-m7f", "cortex-m33f"})
_FLAGS_RIGHT_SINCE = [1, 16]  # antmicro/tlib 79469136
_LOOPS_SINCE = [1, 17]  # antmicro/tlib 953ec7ae, which is later than 1.16.1


def known_defect(version: str, core: str) -> str:
    """Return what a version executes wrongly on a core, as a sentence; empty for nothing that is known."""
    numbers = [int(part) for part in version.split(".")[:2] if part.isdecimal()]
    if core in _DSP_CORES and [0] < numbers < _FLAGS_RIGHT_SINCE:
        return (
            f"Renode {version} sets the GE flags of SSUB8 and its like wrongly: outputs of the optimized "
            "kernels are wrong, those of --kernels reference are not."
        )
    if core == "cortex-m55" and [0] < numbers < _LOOPS_SINCE:
        return f"Renode {version} does not know the loops of a Cortex-M55 (WLSTP, DLSTP, LETP)."
    return ""
