"""Which requests share a call of ``Invoke``, and which have one of their own."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from sim.client.connection import Connection
from sim.client.invocations import Invocations
from sim.v1 import result_pb2
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import UnavailableError


class FakeCall:
    """A call that answers when it is told to."""

    def __init__(self) -> None:
        self.requests: list[pb.InvokeRequest] = []
        self.answers: asyncio.Queue[object] = asyncio.Queue()
        self.is_done = False
        self.ended: list[str] = []

    async def done_writing(self) -> None:
        self.ended.append("done_writing")

    async def code(self) -> None:
        self.ended.append("code")

    async def write(self, request: pb.InvokeRequest) -> None:
        self.requests.append(request)

    async def read(self) -> object:
        return await self.answers.get()

    def cancel(self) -> None:
        self.is_done = True

    def done(self) -> bool:
        return self.is_done


class FakeMethod:
    def __init__(self) -> None:
        self.calls: list[FakeCall] = []

    def __call__(self, metadata: object) -> FakeCall:
        self.calls.append(FakeCall())
        return self.calls[-1]


@pytest.fixture
def method() -> FakeMethod:
    return FakeMethod()


@pytest.fixture
def invocations(method: FakeMethod) -> Invocations:
    return Invocations(method, Connection("127.0.0.1:1"))


async def ask(invocations: Invocations, method: FakeMethod, call: int, answer: object) -> object:
    """Send a request that is answered on a certain call."""
    asking = asyncio.create_task(invocations.ask(pb.InvokeRequest(), ignore))
    await asyncio.sleep(0)
    method.calls[call].answers.put_nowait(answer)
    return await asking


def ignore(_sign: pb.RunProgress) -> None:
    pass


def answer_of(cycles: int) -> pb.InvokeResponse:
    return pb.InvokeResponse(result=result_pb2.Result(cycles=cycles))


def test_requests_that_follow_each_other_share_a_call(invocations: Invocations, method: FakeMethod) -> None:
    async def work() -> None:
        for _ in range(3):
            answer = answer_of(cycles=7)
            assert await ask(invocations, method, 0, answer) is answer

    asyncio.run(work())
    assert [len(call.requests) for call in method.calls] == [3]


def test_requests_that_overlap_have_calls_of_their_own(invocations: Invocations, method: FakeMethod) -> None:
    async def work() -> None:
        asking = [asyncio.create_task(invocations.ask(pb.InvokeRequest(), ignore)) for _ in range(2)]
        await asyncio.sleep(0)
        answers = [answer_of(cycles=1), answer_of(cycles=2)]
        for call, answer in zip(method.calls, answers, strict=True):
            call.answers.put_nowait(answer)
        for task, answer in zip(asking, answers, strict=True):
            assert await task is answer

    asyncio.run(work())
    assert [len(call.requests) for call in method.calls] == [1, 1]


def test_a_call_that_has_ended_is_not_used_again(invocations: Invocations, method: FakeMethod) -> None:
    async def work() -> None:
        await ask(invocations, method, 0, pb.InvokeResponse())
        method.calls[0].is_done = True
        await ask(invocations, method, 1, pb.InvokeResponse())

    asyncio.run(work())
    assert [len(call.requests) for call in method.calls] == [1, 1]


def test_signs_of_life_come_before_the_answer(invocations: Invocations, method: FakeMethod) -> None:
    signs: list[str] = []

    async def work() -> None:
        asking = asyncio.create_task(
            invocations.ask(pb.InvokeRequest(), lambda sign: signs.append(sign.phase))
        )
        await asyncio.sleep(0)
        for phase in ("one", "two"):
            method.calls[0].answers.put_nowait(pb.InvokeResponse(progress=pb.RunProgress(phase=phase)))
        method.calls[0].answers.put_nowait(answer_of(cycles=3))
        assert (await asking).result.cycles == 3

    asyncio.run(work())
    assert signs == ["one", "two"]


def test_whoever_is_told_signs_of_life_may_give_up(invocations: Invocations, method: FakeMethod) -> None:
    def give_up(_sign: pb.RunProgress) -> None:
        raise KeyError("enough")

    async def work() -> None:
        asking = asyncio.create_task(invocations.ask(pb.InvokeRequest(), give_up))
        await asyncio.sleep(0)
        method.calls[0].answers.put_nowait(pb.InvokeResponse(progress=pb.RunProgress()))
        with pytest.raises(KeyError, match="enough"):
            await asking
        assert method.calls[0].is_done

    asyncio.run(work())


def test_giving_up_ends_the_call(invocations: Invocations, method: FakeMethod) -> None:
    async def work() -> None:
        asking = asyncio.create_task(invocations.ask(pb.InvokeRequest(), ignore))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert method.calls[0].is_done
        await ask(invocations, method, 1, pb.InvokeResponse())

    asyncio.run(work())


def test_a_call_that_ends_without_an_answer_is_an_error(invocations: Invocations, method: FakeMethod) -> None:
    async def work() -> None:
        with pytest.raises(UnavailableError, match="without an answer"):
            await ask(invocations, method, 0, grpc.aio.EOF)
        await ask(invocations, method, 1, pb.InvokeResponse())

    asyncio.run(work())


def test_closing_waits_until_idle_calls_have_ended(invocations: Invocations, method: FakeMethod) -> None:
    async def work() -> None:
        await ask(invocations, method, 0, pb.InvokeResponse())
        await invocations.close()

    asyncio.run(work())
    assert method.calls[0].ended == ["done_writing", "code"]
