"""How many cycles an instruction of typical code takes on each core, where nothing finer is known."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CYCLES_PER_INSTRUCTION_CORTEX_M4 = 1.25
"""Of data processing, CoreMark and integer inference alike, on a Cortex-M4: estimate."""

_COREMARK_PER_MHZ: Mapping[str, float] = MappingProxyType(
    {
        "cortex-m0": 2.33,  # Arm's figure, recalled
        "cortex-m0plus": 2.46,  # Arm's figure, recalled
        "cortex-m3": 3.34,  # Arm's figure, recalled
        "cortex-m4f": 3.42,  # STM32L476, 273.55 at 80 MHz
        "cortex-m7f": 5.01,  # STM32F7, 1082 at 216 MHz: ST AN4667
        "cortex-m33f": 4.07,  # STM32U575, 651 at 160 MHz
        "cortex-m55": 4.40,  # Arm's figure, recalled
    }
)


def typical_cycles_per_instruction(core: str) -> float:
    """Return the cycles per instruction of typical code, scaled between cores by CoreMark per MHz."""
    return _CYCLES_PER_INSTRUCTION_CORTEX_M4 * _COREMARK_PER_MHZ["cortex-m4f"] / _COREMARK_PER_MHZ[core]
