"""DMA controllers of every STM32 board move what its serial ports receive and send, register by register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.interfaces import BoardPeripherals
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform
from sim.result import StopReason
from tests.support.assembler import assemble
from tests.support.firmware import build_firmware

RAM = 0x2000_0000
RING = RAM + 0x100
RING_BYTES = 8
CHARACTER = 1000  # with a divider of 100


class Bench:
    """A board's peripherals, with a memory of their own and a clock that events move."""

    def __init__(self, platform: str) -> None:
        self.memory = bytearray(0x1000)
        self.levels: dict[int, bool] = {}
        self.now = 0
        wiring = Wiring(
            set_interrupt=self.levels.__setitem__,
            read_memory=lambda address, size: bytes(self.memory[address - RAM : address - RAM + size]),
            write_memory=self._store,
        )
        self.board: BoardPeripherals = build_peripherals(load_platform(platform), wiring)

    def _store(self, address: int, data: bytes) -> None:
        self.memory[address - RAM : address - RAM + len(data)] = data

    def write(self, address: int, value: int) -> None:
        self.board.bus.write(address, 4, value, self.now)

    def read(self, address: int) -> int:
        return self.board.bus.read(address, 4, self.now)

    def run(self, cycles: int) -> None:
        """Let all events of a time happen."""
        end = self.now + cycles
        while (event := self.board.bus.next_event_cycles()) is not None and event <= end:
            self.now = max(self.now, event)
            self.board.bus.run_events(self.now)
        self.now = end

    @property
    def ring(self) -> bytes:
        return bytes(self.memory[RING - RAM : RING - RAM + RING_BYTES])


@dataclass(frozen=True)
class Setup:
    """A serial port, its registers, and how its reception or transmission is set up."""

    port: str
    base: int
    divider: int
    is_first_generation: bool
    irq: int
    start: Callable[[Bench, int, int, int, bool], None]
    left: Callable[[Bench], int]

    @property
    def data(self) -> tuple[int, int]:
        """Addresses to receive from and to send to."""
        return (
            (self.base + 4, self.base + 4)
            if self.is_first_generation
            else (self.base + 0x24, self.base + 0x28)
        )


def start_channel(mux: tuple[int, int] | None, control: int) -> Callable[[Bench, int, int, int, bool], None]:
    """Return what starts a channel whose registers begin at `control`; all its interrupts are on."""

    def start(bench: Bench, port: int, memory: int, count: int, receives: bool) -> None:
        if mux is not None:
            bench.write(*mux)
        bench.write(control + 4, count)
        bench.write(control + 8, port)
        bench.write(control + 12, memory)
        bench.write(control, 1 | 1 << 1 | 1 << 2 | 1 << 7 | (1 << 5 if receives else 1 << 4))

    return start


def start_stream(
    mux: tuple[int, int] | None, control: int, select: int
) -> Callable[[Bench, int, int, int, bool], None]:
    """Return what starts a stream whose registers begin at `control`."""

    def start(bench: Bench, port: int, memory: int, count: int, receives: bool) -> None:
        if mux is not None:
            bench.write(*mux)
        bench.write(control + 4, count)
        bench.write(control + 8, port)
        bench.write(control + 12, memory)
        bench.write(control, select << 25 | 1 | 1 << 3 | 1 << 4 | 1 << 10 | (1 << 8 if receives else 1 << 6))

    return start


def start_list(channel: int, request: int) -> Callable[[Bench, int, int, int, bool], None]:
    """Return what starts a channel of GPDMA with a list of one node that follows itself, or with a block."""
    base = 0x4002_0000 + 0x50 + 0x80 * channel
    node = RAM + 0x40

    def start(bench: Bench, port: int, memory: int, count: int, receives: bool) -> None:
        source, target = (port, memory) if receives else (memory, port)
        steps = 1 << 19 if receives else 1 << 3
        registers = {0x40: steps, 0x44: request, 0x48: count, 0x4C: source, 0x50: target}
        link = 0xF8010000 | node & 0xFFFC
        if receives:
            words = [*registers.values(), link]
            bench.memory[node - RAM : node - RAM + 24] = b"".join(
                word.to_bytes(4, "little") for word in words
            )
            bench.write(base, node & 0xFFFF0000)
            bench.write(base + 0x7C, link)
        else:
            for offset, value in registers.items():
                bench.write(base + offset, value)
            bench.write(base + 0x7C, 0)
        bench.write(base + 0x14, 1 | 1 << 8 | 1 << 9)

    return start


def count_at(address: int) -> Callable[[Bench], int]:
    return lambda bench: bench.read(address) & 0xFFFF


DMA1, MUX = 0x4002_0000, 0x4002_0800
RECEIVE = {
    "stm32l4r5": Setup(
        "usart3",
        0x4000_4800,
        100,
        False,
        13,
        start_channel((MUX + 8, 28), DMA1 + 0x30),
        count_at(DMA1 + 0x34),
    ),
    "stm32g0b1": Setup(
        "usart2",
        0x4000_4400,
        100,
        False,
        10,
        start_channel((MUX + 4, 52), DMA1 + 0x1C),
        count_at(DMA1 + 0x20),
    ),
    "stm32f103": Setup(
        "usart1", 0x4001_3800, 100, True, 15, start_channel(None, DMA1 + 0x58), count_at(DMA1 + 0x5C)
    ),
    "stm32f746": Setup(
        "usart1", 0x4001_1000, 100, False, 58, start_stream(None, 0x4002_6440, 4), count_at(0x4002_6444)
    ),
    "stm32h7a3": Setup(
        "usart3",
        0x4000_4800,
        100,
        False,
        12,
        start_stream((MUX + 4, 45), DMA1 + 0x28, 0),
        count_at(DMA1 + 0x2C),
    ),
    "stm32u575": Setup(
        "usart1", 0x4001_3800, 100, False, 32, start_list(3, 24), count_at(DMA1 + 0x1D0 + 0x48)
    ),
}
TRANSMIT = {
    "stm32l4r5": start_channel((MUX + 12, 29), DMA1 + 0x44),
    "stm32g0b1": start_channel((MUX + 12, 53), DMA1 + 0x44),
    "stm32f103": start_channel(None, DMA1 + 0x44),
    "stm32f746": start_stream(None, 0x4002_64B8, 4),
    "stm32h7a3": start_stream((MUX + 8, 46), DMA1 + 0x40, 0),
    "stm32u575": start_list(4, 25),
}


def open_port(bench: Bench, setup: Setup) -> None:
    control, divider, control3 = (0x0C, 0x08, 0x14) if setup.is_first_generation else (0x00, 0x0C, 0x08)
    enable = 1 << 13 if setup.is_first_generation else 1
    bench.write(setup.base + divider, setup.divider)
    bench.write(setup.base + control, enable | 1 << 2 | 1 << 3)
    bench.write(setup.base + control3, 1 << 6 | 1 << 7)


@pytest.mark.parametrize("platform", RECEIVE)
def test_circular_reception_wraps_around_its_buffer(platform: str) -> None:
    bench, setup = Bench(platform), RECEIVE[platform]
    setup.start(bench, setup.data[0], RING, RING_BYTES, True)
    open_port(bench, setup)
    bench.board.uarts[setup.port].feed(b"abcde", bench.now)
    bench.run(20 * CHARACTER * 32)
    assert bench.ring[:5] == b"abcde"
    assert setup.left(bench) == 3
    assert bench.levels.get(setup.irq), "the first half is full"
    bench.board.uarts[setup.port].feed(b"fghij", bench.now)
    bench.run(20 * CHARACTER * 32)
    assert bench.ring == b"ijcdefgh"
    assert setup.left(bench) == 6


@pytest.mark.parametrize("platform", TRANSMIT)
def test_a_block_is_sent_at_the_speed_of_the_port(platform: str) -> None:
    bench, setup = Bench(platform), RECEIVE[platform]
    open_port(bench, setup)
    bench.memory[:6] = b"hello!"
    TRANSMIT[platform](bench, setup.data[1], RAM, 6, False)
    port = bench.board.uarts[setup.port]
    assert len(port.sent) == 2, "one byte on the line, one in the data register"
    bench.run(20 * CHARACTER * 32)
    assert port.sent == b"hello!"


def test_clearing_its_flags_lowers_the_interrupt_of_a_channel() -> None:
    bench, setup = Bench("stm32l4r5"), RECEIVE["stm32l4r5"]
    setup.start(bench, setup.data[0], RING, RING_BYTES, True)
    open_port(bench, setup)
    bench.board.uarts[setup.port].feed(b"abcdefgh", bench.now)
    bench.run(20 * CHARACTER * 32)
    assert bench.read(DMA1) >> 8 & 0xF == 0b0111, "half, complete, and either of them"
    bench.write(DMA1 + 4, 1 << 8)
    assert bench.read(DMA1) == 0
    assert not bench.levels[setup.irq]


def test_a_channel_that_is_off_leaves_the_byte_to_the_firmware() -> None:
    bench, setup = Bench("stm32l4r5"), RECEIVE["stm32l4r5"]
    open_port(bench, setup)
    bench.board.uarts[setup.port].feed(b"a", bench.now)
    bench.run(20 * CHARACTER * 32)
    assert bench.read(setup.base + 0x24) == ord("a")


def test_ports_that_share_an_interrupt_do_not_lower_it_for_each_other() -> None:
    levels: dict[int, bool] = {}
    wiring = Wiring(levels.__setitem__)
    first, second = wiring.line(29), wiring.line(29)
    first(True)
    second(False)
    assert levels[29]
    second(True)
    first(False)
    assert levels[29]
    second(False)
    assert not levels[29]


def test_memory_is_copied_to_memory_at_once() -> None:
    bench = Bench("stm32l4r5")
    bench.memory[:8] = b"12345678"
    bench.write(DMA1 + 0x0C, 2)
    bench.write(DMA1 + 0x10, RAM)
    bench.write(DMA1 + 0x14, RING)
    bench.write(DMA1 + 0x08, 1 | 1 << 6 | 1 << 7 | 2 << 8 | 2 << 10 | 1 << 14)
    assert bench.ring == b"12345678"
    assert bench.read(DMA1) & 2


def test_firmware_that_receives_by_circular_dma_answers_when_the_line_falls_idle() -> None:
    result = run_firmware(
        BootRequest(
            "stm32l4r5",
            build_firmware("circular_reception.c") / "app.elf",
            uart_input=b"twenty characters!!!",
            timeout_cycles=10_000_000,
            wall_timeout_seconds=60.0,
        )
    )
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart == "twenty characters!!!2"


def test_a_transfer_to_where_no_memory_is_harms_nothing(tmp_path: Path) -> None:
    program = """
start:
    ldr r0, =0x40020008     @ channel 1 of DMA1: from nowhere to flash
    movs r1, #16
    str r1, [r0, #4]
    ldr r1, =0x90000000
    str r1, [r0, #8]
    ldr r1, =0x08000000
    str r1, [r0, #12]
    ldr r1, =0x4a41
    add r1, #0x80
    str r1, [r0]
    b .
"""
    image = tmp_path / "app.bin"
    vectors = ".word 0x20002000, start + 0x08000001\n .space 56\n"
    image.write_bytes(assemble(f"{vectors}{program}\n.ltorg\n", "cortex-m4f"))
    result = run_firmware(BootRequest("stm32l4r5", image, timeout_cycles=10_000))
    assert result.stop_reason is StopReason.COMPLETED
