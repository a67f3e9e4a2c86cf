"""Runs on a server instead of this machine, with the same requests and the same results."""

from __future__ import annotations

from sim.client.aio import AsyncClient
from sim.client.blocking import Client, Session
from sim.client.connection import ClientTls
from sim.client.firmware_board import FirmwareBoard
from sim.client.interaction import AsyncFirmwareBoard
from sim.client.records import Comparison, FigureChange, OperatorChange, RunRecord, RunState
from sim.client.sessions import AsyncSession

__all__ = [
    "AsyncClient",
    "AsyncFirmwareBoard",
    "AsyncSession",
    "Client",
    "ClientTls",
    "Comparison",
    "FigureChange",
    "FirmwareBoard",
    "OperatorChange",
    "RunRecord",
    "RunState",
    "Session",
]
