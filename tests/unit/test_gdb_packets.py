"""Packets of GDB's protocol: framing, escapes, damage, and anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.debug.packet import MOST_BYTES, Mark, Packet, PacketReader, encode


def read(data: bytes, cut: int = 1 << 30) -> list[Packet | Mark]:
    reader = PacketReader()
    return [event for i in range(0, len(data), cut) for event in reader.feed(data[i : i + cut])]


def test_a_packet_is_framed_with_its_checksum() -> None:
    assert encode(b"OK") == b"$OK#9a"
    assert read(b"$OK#9a") == [Packet(b"OK")]


def test_special_bytes_are_escaped() -> None:
    assert encode(b"#") == b"$}\x03#80"
    assert read(b"$}\x03#80") == [Packet(b"#")]


@given(data=st.binary(max_size=300), cut=st.integers(1, 50))
@settings(max_examples=200, deadline=None)
def test_any_content_comes_back_however_the_stream_is_cut_up(data: bytes, cut: int) -> None:
    assert read(b"+" + encode(data) + b"\x03", cut) == [Mark.ACKNOWLEDGED, Packet(data), Mark.INTERRUPT]


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_garbage_never_hides_the_packet_that_follows(garbage: bytes) -> None:
    # A start byte inside a packet begins a new one; two bytes finish a checksum that garbage has begun.
    assert read(garbage + b"##00" + encode(b"g"))[-1] == Packet(b"g")


@pytest.mark.parametrize("data", [b"$OK#9b", b"$OK#zz", b"$OK# 9", b"$OK#\xff\xff"])
def test_a_damaged_packet_is_noticed(data: bytes) -> None:
    assert read(data) == [Mark.DAMAGED]


def test_a_packet_that_is_too_long_is_damaged_and_bounded() -> None:
    reader = PacketReader()
    assert reader.feed(b"$" + b"a" * (MOST_BYTES + 1000)) == []
    assert reader.feed(b"#00" + encode(b"g")) == [Mark.DAMAGED, Packet(b"g")]


def test_marks_between_packets_are_told_apart() -> None:
    assert read(b"+-\x03xyz") == [Mark.ACKNOWLEDGED, Mark.REPEAT, Mark.INTERRUPT]
