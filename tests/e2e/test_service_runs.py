"""Runs over gRPC: the same answers as the library, life and death of a run, errors with details."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from sim.inference import RunRequest, run_inference
from sim.result import Result
from sim.v1 import simulator_pb2 as pb
from sim.wire.documents import result_from_document
from sim.wire.results import result_from_message
from tests.support.runner_models import chain_of_additions
from tests.support.service import (
    PLATFORM,
    RunningServer,
    digit_spec,
    endless_spec,
    reason_of_call,
    running_server,
    status_of_call,
    upload_messages,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("data")) as running:
        yield running


def comparable(result: Result) -> Result:
    return dataclasses.replace(result, host=None)


def test_a_run_gives_the_same_result_as_the_library(server: RunningServer) -> None:
    run = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
    local = run_inference(RunRequest(platform="stm32l4r5", wall_timeout_seconds=600.0))
    assert run.state == pb.RUN_STATE_SUCCEEDED
    assert comparable(result_from_message(run.result)) == comparable(local)


def test_an_uploaded_model_with_inputs_gives_the_same_result_as_the_library(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = chain_of_additions()
    Path("adds.tflite").write_bytes(model)
    np.save("x.npy", np.arange(8, dtype=np.float32))
    spec = digit_spec(
        model=pb.ArtifactFile(artifact=server.upload(model).name, filename="adds.tflite"),
        inputs=[
            pb.InputSpec(
                file=pb.ArtifactFile(
                    artifact=server.upload(Path("x.npy").read_bytes()).name, filename="x.npy"
                )
            )
        ],
        verify=True,
        kernels=pb.KERNEL_SET_REFERENCE,
        repeat_count=2,
    )
    remote = result_from_message(server.stub.RunModel(pb.RunModelRequest(spec=spec)).result)
    local = run_inference(
        RunRequest(
            platform="stm32l4r5",
            model_path=Path("adds.tflite"),
            inputs=["x.npy"],
            verify=True,
            kernels="reference",
            repeat=2,
            wall_timeout_seconds=600.0,
        )
    )
    assert comparable(remote) == comparable(local)
    assert remote.outputs[0].values == tuple(float(value + 3) for value in range(8))


def test_inline_data_is_the_input_but_is_not_kept_with_the_run(server: RunningServer) -> None:
    model = server.upload(chain_of_additions())
    data = np.full(8, 2.5, np.float32).tobytes()
    spec = digit_spec(
        model=pb.ArtifactFile(artifact=model.name, filename="m.tflite"), inputs=[pb.InputSpec(data=data)]
    )
    run = server.stub.RunModel(pb.RunModelRequest(spec=spec))
    assert list(run.result.outputs[0].values.reals) == [5.5] * 8
    assert server.stub.GetRun(pb.GetRunRequest(name=run.name)).spec.inputs[0].data == b""
    assert run.result.inputs[0].sha256 == hashlib.sha256(data).hexdigest()


def test_a_stream_begins_with_the_name_and_ends_with_the_result(server: RunningServer) -> None:
    events = list(server.stub.Run(pb.RunRequest(spec=digit_spec(repeat_count=50))))
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds[0] == "accepted"
    assert kinds[-1] == "finished"
    assert events[0].accepted.name == events[-1].finished.name


def test_operators_are_streamed_before_the_run_is_over(server: RunningServer) -> None:
    events = list(server.stub.Run(pb.RunRequest(spec=digit_spec(repeat_count=200))))
    kinds = [event.WhichOneof("event") for event in events]
    streamed = [event.operator for event in events if event.WhichOneof("event") == "operator"]
    whole = list(events[-1].finished.result.operators)
    assert len(whole) > 0
    for operator in whole:
        operator.ClearField("share")
    assert streamed == whole
    last_operator = max(index for index, kind in enumerate(kinds) if kind == "operator")
    assert "progress" in kinds[last_operator:]


def test_a_run_is_there_afterwards_until_it_is_deleted(server: RunningServer) -> None:
    run = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
    assert server.stub.GetRun(pb.GetRunRequest(name=run.name)) == run
    newest = server.stub.ListRuns(pb.ListRunsRequest(page_size=1)).runs[0]
    assert newest.name == run.name
    assert not newest.HasField("result")
    server.stub.DeleteRun(pb.DeleteRunRequest(name=run.name))
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.GetRun(pb.GetRunRequest(name=run.name))
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_pages_of_runs_follow_each_other_without_gaps(server: RunningServer) -> None:
    made = [server.stub.RunModel(pb.RunModelRequest(spec=digit_spec())).name for _ in range(5)]
    listed: list[str] = []
    token = ""
    for _ in range(3):
        page = server.stub.ListRuns(
            pb.ListRunsRequest(page_size=2, page_token=token, state=pb.RUN_STATE_SUCCEEDED, platform=PLATFORM)
        )
        listed += [run.name for run in page.runs]
        token = page.next_page_token
    assert listed[:5] == made[::-1]
    other = server.stub.ListRuns(pb.ListRunsRequest(platform="platforms/nrf52840"))
    assert (list(other.runs), other.next_page_token) == ([], "")


def test_a_cancelled_run_stops_and_says_so_to_its_client(server: RunningServer) -> None:
    call = server.stub.Run(pb.RunRequest(spec=endless_spec()))
    name = next(call).accepted.name
    next(call)
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.DeleteRun(pb.DeleteRunRequest(name=name))
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert server.stub.CancelRun(pb.CancelRunRequest(name=name)).state == pb.RUN_STATE_CANCELLED
    with pytest.raises(grpc.RpcError) as raised:
        list(call)
    assert raised.value.code() is grpc.StatusCode.CANCELLED
    assert reason_of_call(raised.value) == "SERVICE_CANCELLED"
    again = server.stub.CancelRun(pb.CancelRunRequest(name=name))
    assert again.state == pb.RUN_STATE_CANCELLED


def test_the_workers_of_cancelled_runs_take_the_next_ones(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.service.pool.CANCEL_GRACE_SECONDS", 20.0)  # they give up without being killed
    workers = set(server.server.pool.process_ids)
    for _ in range(2 * len(workers)):
        call = server.stub.Run(pb.RunRequest(spec=endless_spec()))
        assert next(call).HasField("accepted")
        assert next(call).WhichOneof("event") in ("progress", "operator")  # a worker is at it
        call.cancel()
    results = server.stub.RunBatch(pb.RunBatchRequest(specs=[digit_spec()] * (2 * len(workers))))
    assert all(answer.run.state == pb.RUN_STATE_SUCCEEDED for answer in results)
    assert set(server.server.pool.process_ids) == workers


def wait_for_end(server: RunningServer, name: str) -> pb.Run:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        run = server.stub.GetRun(pb.GetRunRequest(name=name))
        if run.state not in (pb.RUN_STATE_QUEUED, pb.RUN_STATE_RUNNING):
            return run
        time.sleep(0.02)
    raise AssertionError(f"{name} goes on")


def test_a_client_that_goes_away_cancels_its_run(server: RunningServer) -> None:
    call = server.stub.Run(pb.RunRequest(spec=endless_spec()))
    name = next(call).accepted.name
    call.cancel()
    assert wait_for_end(server, name).state == pb.RUN_STATE_CANCELLED


def test_a_deadline_stops_the_run(server: RunningServer) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=endless_spec()), timeout=0.5)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    name = server.stub.ListRuns(pb.ListRunsRequest(page_size=1)).runs[0].name
    assert wait_for_end(server, name).state == pb.RUN_STATE_CANCELLED


def test_a_limit_of_the_run_is_a_result_and_no_error(server: RunningServer) -> None:
    run = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec(timeout_cycles=50_000)))
    result = result_from_message(run.result)
    assert (run.state, result.stop_reason, result.cycles) == (pb.RUN_STATE_SUCCEEDED, "cycle_limit", None)


def test_a_batch_answers_every_specification_whatever_becomes_of_it(server: RunningServer) -> None:
    specs = [
        pb.RunSpec(platform="platforms/rp2040"),
        pb.RunSpec(platform="platforms/none"),
        digit_spec(inputs=[pb.InputSpec(data=b"short")]),
        digit_spec(),
    ]
    answers = {answer.index: answer.run for answer in server.stub.RunBatch(pb.RunBatchRequest(specs=specs))}
    succeeded, failed = pb.RUN_STATE_SUCCEEDED, pb.RUN_STATE_FAILED
    assert [answers[i].state for i in range(4)] == [succeeded, failed, failed, succeeded]
    assert answers[1].error.code == grpc.StatusCode.NOT_FOUND.value[0]
    assert answers[2].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


def test_a_comparison_finds_what_another_board_changes_and_what_it_does_not(server: RunningServer) -> None:
    base = server.stub.RunModel(pb.RunModelRequest(spec=digit_spec()))
    other = server.stub.RunModel(pb.RunModelRequest(spec=pb.RunSpec(platform="platforms/stm32g0b1")))
    comparison = server.stub.CompareRuns(pb.CompareRunsRequest(base=base.name, other=other.name))
    cycles = next(figure for figure in comparison.figures if figure.field == "cycles")
    assert (cycles.base, cycles.other) == (base.result.cycles, other.result.cycles)
    assert cycles.ratio == other.result.cycles / base.result.cycles
    assert comparison.outputs_equal
    assert comparison.different_value_count == 0
    assert [change.name for change in comparison.operators] == [op.name for op in base.result.operators]


def test_a_session_answers_like_a_run_every_time(server: RunningServer) -> None:
    model = server.upload(chain_of_additions())
    spec = digit_spec(model=pb.ArtifactFile(artifact=model.name, filename="m.tflite"))
    session = server.stub.OpenSession(pb.OpenSessionRequest(spec=spec))
    for value in (1.0, -4.0, 1.0):
        inputs = [pb.InputSpec(data=np.full(8, value, np.float32).tobytes())]
        (answer,) = server.stub.Invoke(iter([pb.InvokeRequest(session=session.name, inputs=inputs)]))
        with_inputs = pb.RunSpec()
        with_inputs.CopyFrom(spec)
        with_inputs.inputs.extend(inputs)
        run = server.stub.RunModel(pb.RunModelRequest(spec=with_inputs))
        answer.result.ClearField("host")
        run.result.ClearField("host")
        assert answer.result == run.result
        assert set(answer.result.outputs[0].values.reals) == {value + 3}
    server.stub.CloseSession(pb.CloseSessionRequest(name=session.name))
    with pytest.raises(grpc.RpcError) as raised:
        next(server.stub.Invoke(iter([pb.InvokeRequest(session=session.name)])))
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_session_answers_in_the_encoding_that_is_wanted(server: RunningServer) -> None:
    session = server.stub.OpenSession(pb.OpenSessionRequest(spec=pb.RunSpec(platform="platforms/stm32l4r5")))
    requests = [
        pb.InvokeRequest(session=session.name, result_encoding=encoding)
        for encoding in (pb.RESULT_ENCODING_MESSAGE, pb.RESULT_ENCODING_MESSAGE_PACK)
    ]
    message, document = server.stub.Invoke(iter(requests))
    results = [result_from_message(message.result), result_from_document(document.document)]
    first, second = (dataclasses.replace(result, host=None) for result in results)
    assert first == second


def test_an_unknown_encoding_is_refused(server: RunningServer) -> None:
    session = server.stub.OpenSession(pb.OpenSessionRequest(spec=pb.RunSpec(platform="platforms/stm32l4r5")))
    with pytest.raises(grpc.RpcError) as raised:
        next(server.stub.Invoke(iter([pb.InvokeRequest(session=session.name, result_encoding=77)])))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "result_encoding" in raised.value.details()


def test_signs_of_life_come_only_when_they_are_wanted(server: RunningServer) -> None:
    session = server.stub.OpenSession(pb.OpenSessionRequest(spec=pb.RunSpec(platform="platforms/stm32l4r5")))
    requests = [pb.InvokeRequest(session=session.name, progress_wanted=wanted) for wanted in (False, True)]
    *answers, last = server.stub.Invoke(iter(requests))
    assert [answer.WhichOneof("event") for answer in (answers[0], last)] == ["result", "result"]
    assert {answer.WhichOneof("event") for answer in answers[1:]} == {"progress"}


def test_a_call_answers_requests_to_several_sessions_in_their_order(server: RunningServer) -> None:
    boards = ("platforms/stm32l4r5", "platforms/rp2040")
    first, second = (
        server.stub.OpenSession(pb.OpenSessionRequest(spec=pb.RunSpec(platform=board))).name
        for board in boards
    )
    asked = [first, second, second, first]
    answers = server.stub.Invoke(iter([pb.InvokeRequest(session=name) for name in asked]))
    platforms = [f"platforms/{answer.result.platform.id}" for answer in answers]
    assert platforms == [boards[0], boards[1], boards[1], boards[0]]


def test_a_session_whose_model_does_not_fit_is_refused_when_it_is_opened(server: RunningServer) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.OpenSession(pb.OpenSessionRequest(spec=digit_spec(arena_size_bytes=64)))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of_call(raised.value) == "CAPACITY"


def test_content_that_is_there_is_not_stored_twice(server: RunningServer, tmp_path: Path) -> None:
    data = b"some content"
    first = server.upload(data)
    assert first.name == f"artifacts/{hashlib.sha256(data).hexdigest()}"
    assert server.upload(data) == first
    assert server.stub.GetArtifact(pb.GetArtifactRequest(name=first.name)) == first


def test_an_uploaded_model_is_described(server: RunningServer) -> None:
    artifact = server.upload(chain_of_additions(length=2, elements=8))
    assert artifact.format == "tflite"
    assert [tensor.shape for tensor in artifact.model.inputs] == [[8]]
    assert list(artifact.model.operators) == ["ADD", "ADD"]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], grpc.StatusCode.INVALID_ARGUMENT),
        ([pb.UploadArtifactRequest(data=b"x")], grpc.StatusCode.INVALID_ARGUMENT),
        (list(upload_messages(b"abc", size_bytes=2)), grpc.StatusCode.INVALID_ARGUMENT),
        (list(upload_messages(b"abc", size_bytes=4)), grpc.StatusCode.INVALID_ARGUMENT),
        (list(upload_messages(b"abc", size_bytes=-1)), grpc.StatusCode.INVALID_ARGUMENT),
        (list(upload_messages(b"abc", sha256="0" * 64)), grpc.StatusCode.INVALID_ARGUMENT),
        (list(upload_messages(b"abc")) * 2, grpc.StatusCode.INVALID_ARGUMENT),
        (list(upload_messages(b"", size_bytes=1 << 30)), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused(
    server: RunningServer, messages: list[pb.UploadArtifactRequest], code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.UploadArtifact(iter(messages))
    assert raised.value.code() is code


def test_a_gibibyte_is_refused_before_it_is_sent(server: RunningServer) -> None:
    sent = 0

    def messages() -> Iterator[pb.UploadArtifactRequest]:
        nonlocal sent
        yield pb.UploadArtifactRequest(header=pb.UploadArtifactHeader(size_bytes=1 << 30))
        for _ in range(1024):
            sent += 1
            yield pb.UploadArtifactRequest(data=bytes(1 << 20))

    with pytest.raises(grpc.RpcError) as raised:
        server.stub.UploadArtifact(messages())
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert sent < 64


ARTIFACT = "artifacts/" + "0" * 64


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (pb.RunSpec(), "spec.platform"),
        (pb.RunSpec(platform="stm32l4r5"), "spec.platform"),
        (pb.RunSpec(platform="platforms/../../etc/passwd"), "spec.platform"),
        (pb.RunSpec(platform="artifacts/../x"), "spec.platform"),
        (digit_spec(model=pb.ArtifactFile(artifact="x", filename="m.tflite")), "spec.model.artifact"),
        (digit_spec(model=pb.ArtifactFile(artifact=ARTIFACT, filename="../m.tflite")), "spec.model.filename"),
        (digit_spec(model=pb.ArtifactFile(artifact=ARTIFACT, filename="/m.tflite")), "spec.model.filename"),
        (digit_spec(model=pb.ArtifactFile(artifact=ARTIFACT, filename=".m.tflite")), "spec.model.filename"),
        (digit_spec(model=pb.ArtifactFile(artifact=ARTIFACT, filename="a\0b.tflite")), "spec.model.filename"),
        (digit_spec(model=pb.ArtifactFile(artifact=ARTIFACT)), "spec.model.filename"),
        (digit_spec(inputs=[pb.InputSpec()]), "spec.inputs[0]"),
        (digit_spec(inputs=[pb.InputSpec(generator="/etc/passwd")]), "spec.inputs[0].generator"),
        (digit_spec(inputs=[pb.InputSpec(generator="zeros")] * 65), "spec.inputs"),
        (digit_spec(repeat_count=-1), "spec.repeat_count"),
        (digit_spec(kernels=77), "spec.kernels"),
        (digit_spec(wall_timeout=Duration(seconds=10**6)), "spec.wall_timeout"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(server: RunningServer, spec: pb.RunSpec, field: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=spec))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status_of_call(raised.value).details)
    assert bad.field_violations[0].field == field


@pytest.mark.parametrize(
    ("spec", "code", "reason"),
    [
        (pb.RunSpec(platform="platforms/none"), grpc.StatusCode.NOT_FOUND, "SERVICE_NOT_FOUND"),
        (pb.RunSpec(platform=ARTIFACT), grpc.StatusCode.NOT_FOUND, "SERVICE_NOT_FOUND"),
        (digit_spec(clock_hz=-5), grpc.StatusCode.INVALID_ARGUMENT, "USAGE"),
        (digit_spec(battery=pb.BatterySpec(battery="none")), grpc.StatusCode.INVALID_ARGUMENT, None),
        (digit_spec(wall_timeout=Duration(seconds=-5)), grpc.StatusCode.INVALID_ARGUMENT, "USAGE"),
    ],
)
def test_errors_carry_the_reason_of_the_library(
    server: RunningServer, spec: pb.RunSpec, code: grpc.StatusCode, reason: str | None
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(pb.RunModelRequest(spec=spec))
    assert raised.value.code() is code
    if reason is not None:
        assert reason_of_call(raised.value) == reason


def test_a_file_that_is_no_model_is_refused_as_a_model(server: RunningServer) -> None:
    artifact = server.upload(b"this is no model")
    with pytest.raises(grpc.RpcError) as raised:
        server.stub.RunModel(
            pb.RunModelRequest(
                spec=digit_spec(model=pb.ArtifactFile(artifact=artifact.name, filename="m.tflite"))
            )
        )
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of_call(raised.value) == "MODEL"


def test_platforms_are_listed_and_described(server: RunningServer) -> None:
    listed = server.stub.ListPlatforms(pb.ListPlatformsRequest()).platforms
    assert PLATFORM in [platform.name for platform in listed]
    platform = server.stub.GetPlatform(pb.GetPlatformRequest(name=PLATFORM))
    assert 'id = "stm32l4r5"' in platform.description_toml
    for name, code in (
        ("platforms/none", grpc.StatusCode.NOT_FOUND),
        ("platforms/../x", grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.RpcError) as raised:
            server.stub.GetPlatform(pb.GetPlatformRequest(name=name))
        assert raised.value.code() is code


def test_a_platform_of_the_clients_own_is_an_artifact(server: RunningServer) -> None:
    description = server.stub.GetPlatform(pb.GetPlatformRequest(name=PLATFORM)).description_toml
    own = server.upload(description.replace('id = "stm32l4r5"', 'id = "mine"').encode())
    run = server.stub.RunModel(pb.RunModelRequest(spec=pb.RunSpec(platform=own.name)))
    assert run.result.platform.id == "mine"
