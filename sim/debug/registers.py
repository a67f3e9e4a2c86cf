"""The registers that GDB sees, in its order: those of M-profile, then floating point, then the special ones.

The features and the names in them are those of GDB's manual, "ARM Features".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Register:
    """A register and its size in bits."""

    name: str
    bits: int
    type: str = "int"

    @property
    def size_bytes(self) -> int:
        """Size in bytes."""
        return self.bits // 8


_CORE = (
    *(Register(f"r{number}", 32) for number in range(13)),
    Register("sp", 32, "data_ptr"),
    Register("lr", 32),
    Register("pc", 32, "code_ptr"),
    Register("xpsr", 32),
)
_FLOAT = (*(Register(f"d{number}", 64, "ieee_double") for number in range(16)), Register("fpscr", 32))
_SYSTEM = (
    Register("msp", 32, "data_ptr"),
    Register("psp", 32, "data_ptr"),
    *(Register(name, 32) for name in ("primask", "basepri", "faultmask", "control")),
)


def register_features(has_float: bool) -> dict[str, tuple[Register, ...]]:
    """Return the features of a target description with their registers, in order."""
    features = {"org.gnu.gdb.arm.m-profile": _CORE}
    if has_float:
        features["org.gnu.gdb.arm.vfp"] = _FLOAT
    features["org.gnu.gdb.arm.m-system"] = _SYSTEM
    return features


def registers(has_float: bool) -> tuple[Register, ...]:
    """Return all registers by their number."""
    return tuple(register for feature in register_features(has_float).values() for register in feature)


def target_description(has_float: bool) -> str:
    """Return the target description (``target.xml``)."""
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE target SYSTEM "gdb-target.dtd">', "<target>"]
    lines.append("  <architecture>arm</architecture>")
    for feature, members in register_features(has_float).items():
        lines.append(f'  <feature name="{feature}">')
        lines += [
            f'    <reg name="{register.name}" bitsize="{register.bits}" type="{register.type}"/>'
            for register in members
        ]
        lines.append("  </feature>")
    return "\n".join([*lines, "</target>", ""])
