"""The commands of GDB's remote serial protocol, on a stopped machine. Knows nothing of sockets.

Source: GDB's manual, appendix E.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, TypeVar

from sim.debug.memory_map import memory_map
from sim.debug.monitor import run_monitor_command
from sim.debug.packet import MOST_BYTES
from sim.debug.registers import Register, registers, target_description
from sim.debug.target import DebugTarget, Resume, StopCause, WatchKind, Watchpoint
from sim.errors import SimError

_OK = b"OK"
_BAD_REQUEST, _BAD_ADDRESS, _BAD_REGISTER = b"E22", b"E14", b"E45"
_THREAD = "1"
_FEATURES = (
    f"PacketSize={MOST_BYTES:x};qXfer:features:read+;qXfer:memory-map:read+;QStartNoAckMode+;vContSupported+"
)
_WATCHES = {"2": WatchKind.WRITE, "3": WatchKind.READ, "4": WatchKind.ACCESS}
_BREAKS = ("0", "1")
_MOST_POINTS = 256

Answer = bytes | Resume
"""What a packet leads to: a reply, empty for a command that is not known, or going on."""
_Point = TypeVar("_Point")


class Stub:
    """One debugger's view of one machine.

    Attributes
    ----------
    acknowledges
        Whether packets are acknowledged.
    is_detached
        Whether the debugger has let the machine go.
    """

    def __init__(self) -> None:
        self.acknowledges = True
        self.is_detached = False
        self._breakpoints: set[int] = set()
        self._watchpoints: set[Watchpoint] = set()
        self._cause: StopCause | None = None

    def stop_reply(self, cause: StopCause) -> bytes:
        """Return what the debugger is told about a stop."""
        self._cause = cause
        watched = ""
        if cause.watched is not None:
            watched = f"{cause.watched.kind.value}:{cause.watched.address:x};"
        return f"T{cause.signal:02x}{watched}thread:{_THREAD};".encode()

    def answer(self, target: DebugTarget, packet: bytes) -> Answer:
        """Do what a packet asks for; anything that makes no sense is an error reply."""
        text = packet.decode("latin-1")
        try:
            if text[:1] == "X":
                return self._write_binary(target, packet)
            handler = self._HANDLERS.get(text[:1])
            return b"" if handler is None else handler(self, target, text[1:])
        except SimError:
            return _BAD_ADDRESS
        except (ValueError, IndexError):
            return _BAD_REQUEST

    def release(self, target: DebugTarget) -> None:
        """Forget all breakpoints: there is no debugger any more."""
        self.is_detached = True
        self._breakpoints.clear()
        self._watchpoints.clear()
        self._set_points(target)

    # -- state ---------------------------------------------------------------------------------------------

    def _why(self, _target: DebugTarget, _text: str) -> Answer:
        return b"" if self._cause is None else self.stop_reply(self._cause)

    def _read_all(self, target: DebugTarget, _text: str) -> Answer:
        values = (_pack(register, target) for register in registers(target.has_float))
        return "".join(values).encode()

    def _write_all(self, target: DebugTarget, text: str) -> Answer:
        data = bytes.fromhex(text)
        known = registers(target.has_float)
        if len(data) != sum(register.size_bytes for register in known):
            return _BAD_REQUEST
        for register in known:
            value, data = data[: register.size_bytes], data[register.size_bytes :]
            target.write_register(register.name, int.from_bytes(value, "little"))
        return _OK

    def _read_one(self, target: DebugTarget, text: str) -> Answer:
        register = _numbered(target, text)
        return _BAD_REGISTER if register is None else _pack(register, target).encode()

    def _write_one(self, target: DebugTarget, text: str) -> Answer:
        number, value = text.split("=", 1)
        register, data = _numbered(target, number), bytes.fromhex(value)
        if register is None:
            return _BAD_REGISTER
        if len(data) != register.size_bytes:
            return _BAD_REQUEST
        target.write_register(register.name, int.from_bytes(data, "little"))
        return _OK

    def _read_memory(self, target: DebugTarget, text: str) -> Answer:
        address, size = _range(text)
        if size > MOST_BYTES // 2:
            return _BAD_REQUEST
        return target.read_memory(address, size).hex().encode()

    def _write_memory(self, target: DebugTarget, text: str) -> Answer:
        place, data = text.split(":", 1)
        return _store(target, place, bytes.fromhex(data))

    def _write_binary(self, target: DebugTarget, packet: bytes) -> Answer:
        place, data = packet[1:].split(b":", 1)
        return _store(target, place.decode("ascii"), data)

    # -- execution -----------------------------------------------------------------------------------------

    def _continue(self, target: DebugTarget, text: str) -> Answer:
        return self._go(target, text, Resume.CONTINUE)

    def _step(self, target: DebugTarget, text: str) -> Answer:
        return self._go(target, text, Resume.STEP)

    def _continue_with_signal(self, target: DebugTarget, text: str) -> Answer:
        return self._go(target, text.partition(";")[2], Resume.CONTINUE)

    def _step_with_signal(self, target: DebugTarget, text: str) -> Answer:
        return self._go(target, text.partition(";")[2], Resume.STEP)

    def _go(self, target: DebugTarget, address: str, how: Resume) -> Answer:
        if address:
            target.write_register("pc", _number(address))
        return how

    def _kill(self, _target: DebugTarget, _text: str) -> Answer:
        return Resume.KILL

    def _detach(self, target: DebugTarget, _text: str) -> Answer:
        self.release(target)
        return _OK

    def _named(self, _target: DebugTarget, text: str) -> Answer:
        if text == "Cont?":
            return b"vCont;c;C;s;S"
        if text.startswith("Cont;"):
            action = text[len("Cont;") :].split(";")[0].split(":")[0]
            return {"c": Resume.CONTINUE, "C": Resume.CONTINUE, "s": Resume.STEP, "S": Resume.STEP}.get(
                action[:1], _BAD_REQUEST
            )
        return Resume.KILL if text.startswith("Kill") else b""

    # -- breakpoints and watchpoints -----------------------------------------------------------------------

    def _insert(self, target: DebugTarget, text: str) -> Answer:
        return self._change_point(target, text, insert=True)

    def _remove(self, target: DebugTarget, text: str) -> Answer:
        return self._change_point(target, text, insert=False)

    def _change_point(self, target: DebugTarget, text: str, *, insert: bool) -> Answer:
        kind, place = text.split(",", 1)
        address, size = _range(place.split(";")[0])
        if kind in _BREAKS:
            _change(self._breakpoints, address & ~1, insert=insert)
        elif kind in _WATCHES:
            _change(self._watchpoints, Watchpoint(address, size, _WATCHES[kind]), insert=insert)
        else:
            return b""
        if len(self._breakpoints) > _MOST_POINTS or len(self._watchpoints) > _MOST_POINTS:
            self._change_point(target, text, insert=False)
            return _BAD_REQUEST
        self._set_points(target)
        return _OK

    def _set_points(self, target: DebugTarget) -> None:
        target.set_breakpoints(sorted(self._breakpoints))
        target.set_watchpoints(sorted(self._watchpoints, key=lambda point: point.address))

    # -- queries -------------------------------------------------------------------------------------------

    def _query(self, target: DebugTarget, text: str) -> Answer:
        if text.startswith("Supported"):
            return _FEATURES.encode()
        if text.startswith("Xfer:features:read:target.xml:"):
            return _slice(target_description(target.has_float), text)
        if text.startswith("Xfer:memory-map:read::"):
            return _slice(memory_map(target.memory_areas()), text)
        if text.startswith("Rcmd,"):
            command = bytes.fromhex(text[len("Rcmd,") :]).decode("utf-8", "replace")
            answer = run_monitor_command(target, command)
            return answer if isinstance(answer, Resume) else answer.encode().hex().encode()
        return {
            "C": f"QC{_THREAD}".encode(),
            "fThreadInfo": f"m{_THREAD}".encode(),
            "sThreadInfo": b"l",
            "Attached": b"1",
            "Symbol::": _OK,
        }.get(text, b"")

    def _set(self, _target: DebugTarget, text: str) -> Answer:
        if text != "StartNoAckMode":
            return b""
        self.acknowledges = False
        return _OK

    def _accept(self, _target: DebugTarget, _text: str) -> Answer:
        return _OK

    _HANDLERS: ClassVar[dict[str, Callable[[Stub, DebugTarget, str], Answer]]] = {
        "?": _why,
        "g": _read_all,
        "G": _write_all,
        "p": _read_one,
        "P": _write_one,
        "m": _read_memory,
        "M": _write_memory,
        "c": _continue,
        "s": _step,
        "C": _continue_with_signal,
        "S": _step_with_signal,
        "k": _kill,
        "D": _detach,
        "v": _named,
        "Z": _insert,
        "z": _remove,
        "q": _query,
        "Q": _set,
        "H": _accept,
        "T": _accept,
    }


def _pack(register: Register, target: DebugTarget) -> str:
    value = target.read_register(register.name)
    if value is None:
        return "xx" * register.size_bytes
    return value.to_bytes(register.size_bytes, "little").hex()


def _numbered(target: DebugTarget, text: str) -> Register | None:
    known = registers(target.has_float)
    number = _number(text)
    return known[number] if number < len(known) else None


def _number(text: str) -> int:
    if re.fullmatch(r"[0-9a-fA-F]{1,8}", text) is None:
        raise ValueError(text)
    return int(text, 16)


def _range(text: str) -> tuple[int, int]:
    """Return address and size from ``address,size``."""
    address, size = text.split(",")
    return _number(address), _number(size)


def _store(target: DebugTarget, place: str, data: bytes) -> bytes:
    address, size = _range(place)
    if size != len(data):
        return _BAD_REQUEST
    if data:
        target.write_memory(address, data)
    return _OK


def _change(points: set[_Point], point: _Point, *, insert: bool) -> None:
    if insert:
        points.add(point)
    else:
        points.discard(point)


def _slice(document: str, text: str) -> bytes:
    """Return the part of a document that ``...:offset,length`` asks for, behind `m`, or `l` at its end."""
    offset, length = _range(text.rpartition(":")[2])
    data = document.encode()
    return (b"m" if offset + length < len(data) else b"l") + data[offset : offset + length]
