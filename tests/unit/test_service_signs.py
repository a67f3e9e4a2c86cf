"""How signs of life reach a client that may be slow, or gone."""

from __future__ import annotations

import asyncio

import pytest

from sim.errors import UsageError
from sim.service.signs import Signs


class Slow:
    """Takes one message when it is told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.is_ready = asyncio.Event()

    async def write(self, sign: str) -> None:
        await self.is_ready.wait()
        self.taken.append(sign)


async def fail_with(error: BaseException, client: Slow) -> None:
    async with Signs(client.write) as signs:
        signs.pass_on("one")
        await asyncio.sleep(0)
        raise error


def test_a_slow_client_misses_signs_and_gets_nothing_else_before_the_last_one() -> None:
    async def work() -> list[str]:
        client = Slow()
        asyncio.get_running_loop().call_later(0.01, client.is_ready.set)
        async with Signs(client.write) as signs:
            for sign in ("one", "two", "three"):
                signs.pass_on(sign)
        return client.taken

    assert asyncio.run(work()) == ["one"]


def test_a_client_that_catches_up_gets_the_latest_sign() -> None:
    async def work() -> list[str]:
        client = Slow()
        async with Signs(client.write) as signs:
            for sign in ("one", "two", "three"):
                signs.pass_on(sign)
                await asyncio.sleep(0)
            client.is_ready.set()
            while len(client.taken) < 2:
                await asyncio.sleep(0)
        return client.taken

    assert asyncio.run(work()) == ["one", "three"]


def test_every_sign_comes_where_the_client_takes_them() -> None:
    async def work() -> list[str]:
        client = Slow()
        client.is_ready.set()
        async with Signs(client.write) as signs:
            for sign in ("one", "two"):
                signs.pass_on(sign)
                await asyncio.sleep(0)
        return client.taken

    assert asyncio.run(work()) == ["one", "two"]


def test_an_error_of_the_run_waits_for_the_sign_under_way() -> None:
    async def work() -> None:
        client = Slow()
        asyncio.get_running_loop().call_later(0.01, client.is_ready.set)
        with pytest.raises(UsageError):
            await fail_with(UsageError("no such input"), client)
        assert client.taken == ["one"]

    asyncio.run(work())


def test_a_call_that_was_cancelled_waits_for_nobody() -> None:
    async def work() -> None:
        client = Slow()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(fail_with(asyncio.CancelledError(), client), 1)

    asyncio.run(work())


def test_a_sign_that_cannot_be_sent_disturbs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_sign: str) -> None:
        raise ConnectionError("gone")

    async def work() -> None:
        async with Signs(fail) as signs:
            signs.pass_on("one")

    asyncio.run(work())
    assert not caplog.records
