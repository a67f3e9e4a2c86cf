"""Firmware on a server: its runs stream what it sends, and clients talk with it step by step."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.boot import BootRequest, FirmwareBoard, run_firmware
from sim.boot.waits import BytesWait, LinesWait, LineWait
from sim.client import Client
from sim.client import FirmwareBoard as ServerFirmwareBoard
from sim.errors import CheckFailedError, UsageError
from sim.image import load_image
from sim.platform import load_platform
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import StateError
from sim.wire.results import result_from_message
from tests.support.firmware import build_firmware
from tests.support.service import PLATFORM, RunningServer, reason_of_call, running_server

ASK_NAME = LineWait(r"m-name-dut-\[(.*)\]", regex=True, unfinished=True)


@pytest.fixture(scope="module")
def image() -> Path:
    return build_firmware("serial_device.c") / "app.elf"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("data"), workers=1) as running:
        yield running


@pytest.fixture
def firmware(server: RunningServer, image: Path) -> pb.FirmwareSpec:
    artifact = server.upload(image.read_bytes()).name
    return pb.FirmwareSpec(image=pb.ArtifactFile(artifact=artifact, filename=image.name))


@pytest.fixture
def session(server: RunningServer, firmware: pb.FirmwareSpec) -> str:
    spec = pb.RunSpec(platform=PLATFORM, firmware=firmware)
    return str(server.stub.OpenSession(pb.OpenSessionRequest(spec=spec)).name)


def interact(
    server: RunningServer, session: str, steps: Sequence[pb.InteractRequest]
) -> list[pb.InteractResponse]:
    return list(server.stub.Interact(iter([pb.InteractRequest(session=session), *steps])))


def wait_for(milliseconds: int = 8000, **what: object) -> pb.InteractRequest:
    request = pb.InteractRequest(wait_for=pb.WaitFor(unfinished=True, **what))  # type: ignore[arg-type]
    request.wait_for.timeout.FromMilliseconds(milliseconds)
    return request


def write(data: bytes) -> pb.InteractRequest:
    return pb.InteractRequest(write=pb.WriteUart(data=data))


def run_for(milliseconds: int) -> pb.InteractRequest:
    request = pb.InteractRequest(run_for=pb.RunFor())
    request.run_for.duration.FromMilliseconds(milliseconds)
    return request


def test_a_firmware_run_streams_what_it_sends_and_ends_with_the_librarys_result(
    server: RunningServer, firmware: pb.FirmwareSpec, image: Path
) -> None:
    firmware.until, firmware.uart_input = "m-results", b"infer 3 0%"
    events = list(server.stub.Run(pb.RunRequest(spec=pb.RunSpec(platform=PLATFORM, firmware=firmware))))
    result = result_from_message(events[-1].finished.result)
    local = run_firmware(
        BootRequest(platform="stm32l4r5", firmware=image, until="m-results", uart_input=b"infer 3 0%")
    )
    assert result.to_dict() | {"host": None} == local.to_dict() | {"host": None}
    assert "".join(event.uart.text for event in events) == result.uart


def test_output_arrives_while_the_firmware_still_runs(
    server: RunningServer, firmware: pb.FirmwareSpec
) -> None:
    spec = pb.RunSpec(platform=PLATFORM, firmware=firmware, timeout_cycles=10**15)
    call = server.stub.Run(pb.RunRequest(spec=spec))
    text = ""
    for event in call:
        text += event.uart.text
        if text.startswith("m-ready"):
            break
    call.cancel()
    assert text.startswith("m-ready")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (pb.RunSpec(platform=PLATFORM, firmware=pb.FirmwareSpec()), "spec.firmware.image"),
        (pb.RunSpec(platform=PLATFORM, firmware=pb.FirmwareSpec(), verify=True), "spec.verify"),
        (pb.RunSpec(platform=PLATFORM, firmware=pb.FirmwareSpec(), repeat_count=2), "spec.repeat_count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_firmware_with_what_is_about_a_model_is_refused(
    server: RunningServer, spec: pb.RunSpec, field: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=spec))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field.rpartition(".")[2] in raised.value.details()


def test_an_interaction_takes_exactly_the_virtual_time_that_it_takes_locally(
    server: RunningServer, session: str, image: Path
) -> None:
    responses = interact(
        server,
        session,
        [wait_for(text="m-ready"), write(b"name%"), wait_for(regex=ASK_NAME.pattern), run_for(5)],
    )
    steps = [response.step for response in responses if response.HasField("step")]
    platform = load_platform("stm32l4r5")
    board = FirmwareBoard(platform, load_image(image, platform))
    board.wait_for(LineWait("m-ready", unfinished=True))
    board.write(b"name%")
    found = board.wait_for(ASK_NAME)
    assert steps[1].received.data == found.data == b"m-name-dut-[tester]"
    assert list(steps[1].received.groups) == ["tester"]
    assert steps[1].received.uptime_seconds == found.seconds
    assert steps[1].uptime_seconds == board.uptime_seconds
    board.run_for(0.005)
    assert (steps[2].cycles, steps[2].uptime_seconds) == (board.cycles, board.uptime_seconds)
    output = b"".join(response.output.data for response in responses)
    assert output.decode() == board.terminal().transcript


def test_a_wait_that_ends_without_says_what_came_instead(server: RunningServer, session: str) -> None:
    *_, last = interact(server, session, [wait_for(50, data=b"never")])
    assert not last.step.HasField("received")
    assert last.step.uptime_seconds == pytest.approx(0.05)
    assert "m-ready" in last.step.missed


def test_every_interaction_begins_at_reset(server: RunningServer, session: str) -> None:
    first, second = (interact(server, session, [run_for(3)]) for _ in range(2))
    assert first[-1] == second[-1]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (pb.InteractRequest(), "SERVICE_REQUEST"),
        (pb.InteractRequest(wait_for=pb.WaitFor()), "SERVICE_REQUEST"),
        (pb.InteractRequest(wait_for=pb.WaitFor(regex="(")), "USAGE"),
        (pb.InteractRequest(write=pb.WriteUart(data=b"x", uart="com1")), "USAGE"),
    ],
    ids=["nothing", "no pattern", "no regular expression", "no such port"],
)
def test_a_step_that_makes_no_sense_ends_the_interaction(
    server: RunningServer, session: str, step: pb.InteractRequest, reason: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        interact(server, session, [step])
    assert reason_of_call(raised.value) == reason


def test_a_client_that_goes_away_in_the_middle_gives_its_worker_back(
    server: RunningServer, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.service.pool.CANCEL_GRACE_SECONDS", 20.0)  # it gives up without being killed
    workers = server.server.pool.process_ids
    call = server.stub.Interact(iter([pb.InteractRequest(session=session), run_for(10**6)]))
    assert next(call).HasField("output")
    call.cancel()
    assert interact(server, session, [run_for(1)])[-1].HasField("step")
    assert server.server.pool.process_ids == workers


def test_sessions_of_models_and_of_firmware_are_not_mistaken_for_each_other(
    server: RunningServer, session: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        next(server.stub.Invoke(iter([pb.InvokeRequest(session=session)])))
    assert reason_of_call(raised.value) == "SERVICE_STATE"
    model = server.stub.OpenSession(pb.OpenSessionRequest(spec=pb.RunSpec(platform=PLATFORM)))
    with pytest.raises(grpc.RpcError) as raised:
        interact(server, model.name, [run_for(1)])
    assert reason_of_call(raised.value) == "SERVICE_STATE"


def test_a_session_with_an_image_for_another_board_is_refused(
    server: RunningServer, firmware: pb.FirmwareSpec
) -> None:
    spec = pb.RunSpec(platform="platforms/rp2040", firmware=firmware)
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.OpenSession(pb.OpenSessionRequest(spec=spec))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_the_client_talks_with_firmware_as_with_a_board_of_this_machine(
    server: RunningServer, image: Path
) -> None:
    platform = load_platform("stm32l4r5")
    here = FirmwareBoard(platform, load_image(image, platform))
    request = BootRequest(platform="stm32l4r5", firmware=image)
    with Client(server.address) as client, client.open_firmware(request) as there:
        for board in (here, there):
            board.wait_for_prompt("m-ready")
            board.write(b"name%")
            assert board.wait_for_line(r"dut-\[(.*)\]", regex=True).groups == ("tester",)
            with pytest.raises(CheckFailedError, match="did not send the bytes 6e 6f"):
                board.wait_for_bytes(b"no", 0.01)
            board.run_for(0.001)
        assert (there.cycles, there.uptime_seconds) == (here.cycles, here.uptime_seconds)
        terminal = here.terminal()
        assert there.sent == {terminal.name: terminal.transcript.encode()}
        with pytest.raises(UsageError, match="no serial port 'com1'"):
            there.wait_for_line("x", uart="com1")
        with pytest.raises(StateError, match="is over"):
            there.run_for(1)


def test_everything_that_a_board_of_this_machine_can_do_works_on_a_server(
    server: RunningServer, image: Path
) -> None:
    platform = load_platform("stm32l4r5")
    here = FirmwareBoard(platform, load_image(image, platform))
    with (
        Client(server.address) as client,
        client.open_firmware(BootRequest(platform="stm32l4r5", firmware=image)) as there,
    ):
        said = [_talk(board) for board in (here, there)]
    assert said[0] == said[1]


def _talk(board: FirmwareBoard | ServerFirmwareBoard) -> list[object]:
    """Use everything of a board, and return what it said."""
    ready = LinesWait(("m-init", r"m-r.*"), regex=True, unfinished=True)
    heard: list[object] = [board.wait_for_bytes(rb"m-(re.d).", regex=True)]
    heard += [board.is_idle(0.01), board.is_idle(0.01)]
    board.reset()
    heard += [board.cycles, board.uptime_seconds]
    with pytest.raises(CheckFailedError) as missed:
        board.wait_for(ready, 0.01)
    heard += [missed.value.message, missed.value.hint]
    board.write(b"name%")
    heard.append(board.wait_for(BytesWait(b"m-ready")))
    board.terminal().skip()
    board.write(b"name%")
    heard += [
        board.wait_for_next_line(),
        board.wait_for(LineWait("m-ready", unfinished=True, next_only=True)),
    ]
    with pytest.raises(CheckFailedError) as missed:
        board.wait_for(BytesWait(b"dut", at_start=True), 0.01)
    heard.append(missed.value.message)
    board.expect_nothing(LineWait("e-"), 0.01)
    board.write(b"name%")
    with pytest.raises(CheckFailedError) as came:
        board.expect_nothing(LineWait("name"), 0.1)
    heard.append(came.value.message)
    board.write_memory(0x2000_8000, b"kept until reset")
    heard += [board.read_memory(0x2000_8000, 16), board.read_memory(0x0800_0000, 64)]
    heard += [board.address_of("work"), board.core_hz, board.terminal().report()]
    board.terminal().end_lines_at_carriage_returns()
    board.write(b"name%")
    heard += [board.wait_for_next_line(), board.cycles]
    return heard


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (pb.InteractRequest(read_memory=pb.ReadMemory(address=0x2000_0000, size_bytes=-1)), "negative"),
        (pb.InteractRequest(read_memory=pb.ReadMemory(address=-5, size_bytes=10)), "no memory of 10 bytes"),
        (pb.InteractRequest(read_memory=pb.ReadMemory(size_bytes=2**62)), "no memory of"),
        (pb.InteractRequest(write_memory=pb.WriteMemory(address=2**62, data=b"x")), "no memory of 1 bytes"),
        (pb.InteractRequest(find_function=pb.FindFunction(function="nobody")), "nobody"),
        (pb.InteractRequest(use_terminal=pb.UseTerminal()), "action is unknown"),
        (pb.InteractRequest(wait_for=pb.WaitFor(lines=pb.Lines())), "nothing to wait for"),
    ],
)
def test_a_look_into_what_is_not_there_is_refused(
    server: RunningServer, session: str, step: pb.InteractRequest, complaint: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        interact(server, session, [step])
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert complaint in raised.value.details()


def test_semihosting_output_arrives_under_its_name(server: RunningServer) -> None:
    image = build_firmware("semihosting_calls.c") / "app.elf"
    request = BootRequest(platform="stm32l4r5", firmware=image)
    with Client(server.address) as client, client.open_firmware(request) as board:
        found = board.wait_for_next_line(uart="semihosting")
        assert bytes(board.sent["semihosting"]).startswith(found.data)
        assert found.data


def test_a_run_streams_semihosting_output_beside_that_of_the_console(server: RunningServer) -> None:
    image = build_firmware("semihosting_calls.c") / "app.elf"
    artifact = server.upload(image.read_bytes()).name
    firmware = pb.FirmwareSpec(image=pb.ArtifactFile(artifact=artifact, filename=image.name))
    spec = pb.RunSpec(platform=PLATFORM, firmware=firmware, timeout_cycles=10_000_000)
    events = list(server.stub.Run(pb.RunRequest(spec=spec)))
    (channel,) = result_from_message(events[-1].finished.result).channels
    assert channel.name == "semihosting"
    assert channel.text
    assert "".join(event.uart.text for event in events if event.uart.channel == channel.name) == channel.text
    assert not any(event.uart.text for event in events if event.uart.channel == "")


TEXTS = st.text(max_size=12)
INT64 = st.integers(-(2**63), 2**63 - 1)
DURATIONS = st.builds(Duration, seconds=INT64, nanos=st.integers(-(2**31), 2**31 - 1))
CODES = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION}


def code_of(call: Callable[[], object]) -> grpc.StatusCode:
    try:
        call()
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


@given(
    firmware=st.builds(
        pb.FirmwareSpec,
        base_address=st.none() | INT64 | st.just(0x08000000),
        until=TEXTS,
        until_symbol=TEXTS,
        profile_from=TEXTS,
        profile_to=TEXTS,
        uart=TEXTS,
        uart_input=st.binary(max_size=20),
    ),
    clock_hz=st.none() | INT64,
    timeout_cycles=st.integers(-(2**63), 10_000),
    wall_timeout=st.none() | DURATIONS,
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_nonsense_about_firmware_is_refused_with_a_code_for_it(
    server: RunningServer, image: Path, firmware: pb.FirmwareSpec, **options: object
) -> None:
    firmware.image.artifact = server.upload(image.read_bytes()).name
    firmware.image.filename = image.name
    spec = pb.RunSpec(platform=PLATFORM, firmware=firmware, **options)  # type: ignore[arg-type]
    assert code_of(lambda: server.stub.RunModel(pb.RunModelRequest(spec=spec), timeout=30)) in CODES


@given(
    step=st.one_of(
        st.builds(pb.InteractRequest, write=st.builds(pb.WriteUart, data=st.binary(max_size=20), uart=TEXTS)),
        st.builds(
            pb.InteractRequest,
            run_for=st.builds(pb.RunFor, duration=DURATIONS.filter(lambda duration: duration.seconds <= 0)),
        ),
        st.builds(
            pb.InteractRequest,
            wait_for=st.builds(pb.WaitFor, regex=TEXTS, timeout=st.just(Duration(nanos=1000)), uart=TEXTS),
        ),
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_nonsense_in_a_step_is_refused_with_a_code_for_it(
    server: RunningServer, session: str, step: pb.InteractRequest
) -> None:
    assert code_of(lambda: interact(server, session, [step])) in CODES


def test_an_image_of_random_bytes_is_an_error_of_its_run_alone(server: RunningServer) -> None:
    artifact = server.upload(random.Random(1).randbytes(5000)).name
    image = pb.ArtifactFile(artifact=artifact, filename="noise.bin")
    spec = pb.RunSpec(platform=PLATFORM, firmware=pb.FirmwareSpec(image=image))
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=spec))
    assert reason_of_call(raised.value) == "IMAGE"
