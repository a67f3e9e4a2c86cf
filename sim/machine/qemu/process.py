"""A QEMU process: started with a board's memories filled, held by the plugin before its first block."""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import subprocess
import weakref
from collections.abc import Sequence
from pathlib import Path

from sim.errors import EnvironmentMissingError, SimError, SimulationError, UsageError
from sim.machine.installation import Installation
from sim.machine.qemu.channel import SHARED_BYTES, Channel
from sim.machine.qemu.sockets import ControlSocket, MemorySocket

_END_TIMEOUT_SECONDS = 5.0
_LONGEST_OUTPUT_BYTES = 1 << 16
_NO_PEER = "warning: nic"  # boards with a network port say that nothing is plugged in


class QemuProcess:
    """QEMU, and the connections to it. It ends with this object, and with the process that made it.

    Parameters
    ----------
    arguments
        Of the command line, beside those that every run has.
    plugin
        The compiled plugin.
    setup
        First words to the plugin; see :func:`sim.machine.qemu.channel.pack_setup`.
    contents
        Base addresses and initial bytes of memories.
    consoles
        Character devices that the arguments name; what goes through them is in the attribute of that name.

    Raises
    ------
    EnvironmentMissingError
        QEMU does not start.
    """

    def __init__(
        self,
        qemu: Installation,
        arguments: Sequence[str],
        plugin: Path,
        setup: bytes,
        contents: Sequence[tuple[int, bytes]],
        consoles: Sequence[str] = (),
    ) -> None:
        self._output = _memory_file("output", b"")
        self._errors = _memory_file("errors", b"")
        self._output_bytes_read = 0
        shared = _memory_file("shared", bytes(SHARED_BYTES))
        files = [_memory_file("memory", data) for _, data in contents]
        pairs = [socket.socketpair() for _ in range(3 + len(consoles))]
        (control, control_end), (memory, memory_end), (plugin_side, plugin_end), *console_pairs = pairs
        self.consoles = {name: end for name, (end, _) in zip(consoles, console_pairs, strict=True)}
        inherited = [*(end.fileno() for _, end in pairs), shared, *files]
        command = [
            *(str(qemu.path), *arguments, "-display", "none", "-nodefaults", "-S"),
            *("-chardev", f"socket,id=control,fd={control_end.fileno()}"),
            *("-mon", "chardev=control,mode=control"),
            *("-chardev", f"socket,id=memory,fd={memory_end.fileno()}"),
            *("-object", f"qtest,id=memory-access,chardev=memory,log={os.devnull}"),
            *(
                "-plugin",
                f"file={_escaped(plugin)},channel={plugin_end.fileno()},shared={shared}",
            ),
        ]
        for name, (_, end) in zip(consoles, console_pairs, strict=True):
            command += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
        for (address, _), file in zip(contents, files, strict=True):
            command += ["-device", f"loader,file=/proc/self/fd/{file},addr={address:#x},force-raw=on"]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._errors,
                pass_fds=inherited,
                start_new_session=True,  # Ctrl-C is for this process
            )
        except OSError as error:
            raise EnvironmentMissingError(f"{qemu.path} does not start: {error.strerror}") from error
        finally:
            for _, end in pairs:
                end.close()
            mapped = mmap.mmap(shared, SHARED_BYTES)
            for file in (shared, *files):
                os.close(file)
        self.close = weakref.finalize(
            self, _end, self._process, (self._output, self._errors), [end for end, _ in pairs]
        )
        self.channel = Channel(plugin_side, mapped)
        self.memory = MemorySocket(memory)
        self._control = ControlSocket(control)
        try:
            self.channel.send(setup)
            self._control.connect()
        except OSError as error:
            raise self.explain_end() from error

    def read_output(self) -> bytes:
        """Return what QEMU has written to its standard output since the last call."""
        output = os.pread(self._output, _LONGEST_OUTPUT_BYTES, self._output_bytes_read)
        self._output_bytes_read += len(output)
        return output

    def wake(self) -> None:
        """Have QEMU look at everything that it may have to do, such as input that a port can take now."""
        self._control.execute("query-status")

    def start(self) -> None:
        """Let the core go, up to where the plugin holds it."""
        self._control.execute("cont")

    def explain_end(self) -> SimError:
        """Return why QEMU has ended, as an error to raise."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_TIMEOUT_SECONDS)
        said = self._said()
        if "Address already in use" in said:
            return UsageError("the port of --gdb is in use", "choose another port for --gdb")
        if "Lockup" in said:
            return SimulationError(
                "the core locked up: a fault happened while it was handling a HardFault",
                "check the fault handlers, and the vector table of the image",
            )
        if self._process.returncode is not None and self._process.returncode < 0:
            return SimulationError(f"QEMU was ended by signal {-self._process.returncode}: {said}")
        return EnvironmentMissingError(
            f"QEMU does not run this board: {said}", "`sim doctor` says which versions work"
        )

    @property
    def is_asleep(self) -> bool:
        """Whether none of its threads has anything to do."""
        states = [_thread_state(path) for path in Path(f"/proc/{self._process.pid}/task").glob("*/stat")]
        return bool(states) and all(state == "S" for state in states)

    def wait(self) -> int:
        """Wait until QEMU has ended, and return its exit status."""
        return self._process.wait(_END_TIMEOUT_SECONDS)

    def _said(self) -> str:
        output = os.pread(self._errors, _LONGEST_OUTPUT_BYTES, 0)
        lines = output.decode("utf-8", "replace").splitlines()
        return " ".join(line for line in lines if line and _NO_PEER not in line) or "it does not say why"


def _escaped(path: Path) -> str:
    """Return a path as the value of an option, where a comma would end it."""
    return str(path).replace(",", ",,")


def _thread_state(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except OSError:  # it has ended in the meantime
        return "S"


def _memory_file(name: str, content: bytes) -> int:
    """Return a file without a name, which QEMU inherits."""
    file = os.memfd_create(name)
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
    return file


def _end(
    process: subprocess.Popen[bytes], files: Sequence[int], connections: Sequence[socket.socket]
) -> None:
    process.kill()
    process.wait()
    for file in files:
        os.close(file)
    for connection in connections:
        connection.close()
