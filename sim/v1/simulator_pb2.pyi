import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from sim.v1 import mlperf_pb2 as _mlperf_pb2
from sim.v1 import result_pb2 as _result_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KernelSet(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_SET_UNSPECIFIED: _ClassVar[KernelSet]
    KERNEL_SET_OPTIMIZED: _ClassVar[KernelSet]
    KERNEL_SET_REFERENCE: _ClassVar[KernelSet]

class MemoryModel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMORY_MODEL_UNSPECIFIED: _ClassVar[MemoryModel]
    MEMORY_MODEL_FULL: _ClassVar[MemoryModel]
    MEMORY_MODEL_TIMING: _ClassVar[MemoryModel]

class RunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STATE_UNSPECIFIED: _ClassVar[RunState]
    RUN_STATE_QUEUED: _ClassVar[RunState]
    RUN_STATE_RUNNING: _ClassVar[RunState]
    RUN_STATE_SUCCEEDED: _ClassVar[RunState]
    RUN_STATE_FAILED: _ClassVar[RunState]
    RUN_STATE_CANCELLED: _ClassVar[RunState]
    RUN_STATE_ABORTED: _ClassVar[RunState]

class MlperfMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MLPERF_MODE_UNSPECIFIED: _ClassVar[MlperfMode]
    MLPERF_MODE_LATENCY: _ClassVar[MlperfMode]
    MLPERF_MODE_ENERGY: _ClassVar[MlperfMode]
    MLPERF_MODE_ACCURACY: _ClassVar[MlperfMode]

class ResultEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_ENCODING_UNSPECIFIED: _ClassVar[ResultEncoding]
    RESULT_ENCODING_MESSAGE: _ClassVar[ResultEncoding]
    RESULT_ENCODING_MESSAGE_PACK: _ClassVar[ResultEncoding]

class TerminalAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TERMINAL_ACTION_UNSPECIFIED: _ClassVar[TerminalAction]
    TERMINAL_ACTION_SKIP: _ClassVar[TerminalAction]
    TERMINAL_ACTION_END_LINES_AT_CARRIAGE_RETURNS: _ClassVar[TerminalAction]
    TERMINAL_ACTION_REPORT: _ClassVar[TerminalAction]
KERNEL_SET_UNSPECIFIED: KernelSet
KERNEL_SET_OPTIMIZED: KernelSet
KERNEL_SET_REFERENCE: KernelSet
MEMORY_MODEL_UNSPECIFIED: MemoryModel
MEMORY_MODEL_FULL: MemoryModel
MEMORY_MODEL_TIMING: MemoryModel
RUN_STATE_UNSPECIFIED: RunState
RUN_STATE_QUEUED: RunState
RUN_STATE_RUNNING: RunState
RUN_STATE_SUCCEEDED: RunState
RUN_STATE_FAILED: RunState
RUN_STATE_CANCELLED: RunState
RUN_STATE_ABORTED: RunState
MLPERF_MODE_UNSPECIFIED: MlperfMode
MLPERF_MODE_LATENCY: MlperfMode
MLPERF_MODE_ENERGY: MlperfMode
MLPERF_MODE_ACCURACY: MlperfMode
RESULT_ENCODING_UNSPECIFIED: ResultEncoding
RESULT_ENCODING_MESSAGE: ResultEncoding
RESULT_ENCODING_MESSAGE_PACK: ResultEncoding
TERMINAL_ACTION_UNSPECIFIED: TerminalAction
TERMINAL_ACTION_SKIP: TerminalAction
TERMINAL_ACTION_END_LINES_AT_CARRIAGE_RETURNS: TerminalAction
TERMINAL_ACTION_REPORT: TerminalAction

class Platform(_message.Message):
    __slots__ = ("name", "display_name", "core", "clock_hz", "flash_bytes", "ram_bytes", "validation_status", "description_toml")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CORE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_HZ_FIELD_NUMBER: _ClassVar[int]
    FLASH_BYTES_FIELD_NUMBER: _ClassVar[int]
    RAM_BYTES_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_STATUS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_TOML_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    core: str
    clock_hz: int
    flash_bytes: int
    ram_bytes: int
    validation_status: str
    description_toml: str
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., core: _Optional[str] = ..., clock_hz: _Optional[int] = ..., flash_bytes: _Optional[int] = ..., ram_bytes: _Optional[int] = ..., validation_status: _Optional[str] = ..., description_toml: _Optional[str] = ...) -> None: ...

class ListPlatformsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPlatformsResponse(_message.Message):
    __slots__ = ("platforms",)
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    platforms: _containers.RepeatedCompositeFieldContainer[Platform]
    def __init__(self, platforms: _Optional[_Iterable[_Union[Platform, _Mapping]]] = ...) -> None: ...

class GetPlatformRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Artifact(_message.Message):
    __slots__ = ("name", "size_bytes", "create_time", "format", "model")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    size_bytes: int
    create_time: _timestamp_pb2.Timestamp
    format: str
    model: ModelInfo
    def __init__(self, name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., format: _Optional[str] = ..., model: _Optional[_Union[ModelInfo, _Mapping]] = ...) -> None: ...

class ModelInfo(_message.Message):
    __slots__ = ("description", "inputs", "outputs", "operators")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    description: str
    inputs: _containers.RepeatedCompositeFieldContainer[TensorInfo]
    outputs: _containers.RepeatedCompositeFieldContainer[TensorInfo]
    operators: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, description: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[TensorInfo, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[TensorInfo, _Mapping]]] = ..., operators: _Optional[_Iterable[str]] = ...) -> None: ...

class TensorInfo(_message.Message):
    __slots__ = ("name", "dtype", "shape", "size_bytes", "scale", "zero_point")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    ZERO_POINT_FIELD_NUMBER: _ClassVar[int]
    name: str
    dtype: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    size_bytes: int
    scale: float
    zero_point: int
    def __init__(self, name: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., size_bytes: _Optional[int] = ..., scale: _Optional[float] = ..., zero_point: _Optional[int] = ...) -> None: ...

class UploadArtifactRequest(_message.Message):
    __slots__ = ("header", "data")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    header: UploadArtifactHeader
    data: bytes
    def __init__(self, header: _Optional[_Union[UploadArtifactHeader, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadArtifactHeader(_message.Message):
    __slots__ = ("size_bytes", "sha256")
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    size_bytes: int
    sha256: str
    def __init__(self, size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class GetArtifactRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ArtifactFile(_message.Message):
    __slots__ = ("artifact", "filename")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    artifact: str
    filename: str
    def __init__(self, artifact: _Optional[str] = ..., filename: _Optional[str] = ...) -> None: ...

class InputSpec(_message.Message):
    __slots__ = ("tensor_name", "generator", "file", "data")
    TENSOR_NAME_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    tensor_name: str
    generator: str
    file: ArtifactFile
    data: bytes
    def __init__(self, tensor_name: _Optional[str] = ..., generator: _Optional[str] = ..., file: _Optional[_Union[ArtifactFile, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class RunSpec(_message.Message):
    __slots__ = ("platform", "model", "inputs", "repeat_count", "runner", "kernels", "memory_model", "clock_hz", "arena_size_bytes", "timeout_cycles", "wall_timeout", "verify", "battery", "firmware")
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    REPEAT_COUNT_FIELD_NUMBER: _ClassVar[int]
    RUNNER_FIELD_NUMBER: _ClassVar[int]
    KERNELS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_MODEL_FIELD_NUMBER: _ClassVar[int]
    CLOCK_HZ_FIELD_NUMBER: _ClassVar[int]
    ARENA_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_CYCLES_FIELD_NUMBER: _ClassVar[int]
    WALL_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    BATTERY_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_FIELD_NUMBER: _ClassVar[int]
    platform: str
    model: ArtifactFile
    inputs: _containers.RepeatedCompositeFieldContainer[InputSpec]
    repeat_count: int
    runner: ArtifactFile
    kernels: KernelSet
    memory_model: MemoryModel
    clock_hz: int
    arena_size_bytes: int
    timeout_cycles: int
    wall_timeout: _duration_pb2.Duration
    verify: bool
    battery: BatterySpec
    firmware: FirmwareSpec
    def __init__(self, platform: _Optional[str] = ..., model: _Optional[_Union[ArtifactFile, _Mapping]] = ..., inputs: _Optional[_Iterable[_Union[InputSpec, _Mapping]]] = ..., repeat_count: _Optional[int] = ..., runner: _Optional[_Union[ArtifactFile, _Mapping]] = ..., kernels: _Optional[_Union[KernelSet, str]] = ..., memory_model: _Optional[_Union[MemoryModel, str]] = ..., clock_hz: _Optional[int] = ..., arena_size_bytes: _Optional[int] = ..., timeout_cycles: _Optional[int] = ..., wall_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., verify: _Optional[bool] = ..., battery: _Optional[_Union[BatterySpec, _Mapping]] = ..., firmware: _Optional[_Union[FirmwareSpec, _Mapping]] = ...) -> None: ...

class FirmwareSpec(_message.Message):
    __slots__ = ("image", "base_address", "until", "until_symbol", "profile_from", "profile_to", "uart", "uart_input")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    BASE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    UNTIL_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FROM_FIELD_NUMBER: _ClassVar[int]
    PROFILE_TO_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    UART_INPUT_FIELD_NUMBER: _ClassVar[int]
    image: ArtifactFile
    base_address: int
    until: str
    until_symbol: str
    profile_from: str
    profile_to: str
    uart: str
    uart_input: bytes
    def __init__(self, image: _Optional[_Union[ArtifactFile, _Mapping]] = ..., base_address: _Optional[int] = ..., until: _Optional[str] = ..., until_symbol: _Optional[str] = ..., profile_from: _Optional[str] = ..., profile_to: _Optional[str] = ..., uart: _Optional[str] = ..., uart_input: _Optional[bytes] = ...) -> None: ...

class BatterySpec(_message.Message):
    __slots__ = ("battery", "period")
    BATTERY_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    battery: str
    period: _duration_pb2.Duration
    def __init__(self, battery: _Optional[str] = ..., period: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("name", "state", "spec", "create_time", "start_time", "end_time", "result", "error")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: RunState
    spec: RunSpec
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    result: _result_pb2.Result
    error: _status_pb2.Status
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[RunState, str]] = ..., spec: _Optional[_Union[RunSpec, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., result: _Optional[_Union[_result_pb2.Result, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class RunRequest(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: RunSpec
    def __init__(self, spec: _Optional[_Union[RunSpec, _Mapping]] = ...) -> None: ...

class RunResponse(_message.Message):
    __slots__ = ("accepted", "progress", "uart", "operator", "finished")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    accepted: Run
    progress: RunProgress
    uart: UartChunk
    operator: _result_pb2.Operator
    finished: Run
    def __init__(self, accepted: _Optional[_Union[Run, _Mapping]] = ..., progress: _Optional[_Union[RunProgress, _Mapping]] = ..., uart: _Optional[_Union[UartChunk, _Mapping]] = ..., operator: _Optional[_Union[_result_pb2.Operator, _Mapping]] = ..., finished: _Optional[_Union[Run, _Mapping]] = ...) -> None: ...

class RunProgress(_message.Message):
    __slots__ = ("phase", "done_fraction")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    DONE_FRACTION_FIELD_NUMBER: _ClassVar[int]
    phase: str
    done_fraction: float
    def __init__(self, phase: _Optional[str] = ..., done_fraction: _Optional[float] = ...) -> None: ...

class UartChunk(_message.Message):
    __slots__ = ("text", "channel")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    text: str
    channel: str
    def __init__(self, text: _Optional[str] = ..., channel: _Optional[str] = ...) -> None: ...

class RunModelRequest(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: RunSpec
    def __init__(self, spec: _Optional[_Union[RunSpec, _Mapping]] = ...) -> None: ...

class RunBatchRequest(_message.Message):
    __slots__ = ("specs",)
    SPECS_FIELD_NUMBER: _ClassVar[int]
    specs: _containers.RepeatedCompositeFieldContainer[RunSpec]
    def __init__(self, specs: _Optional[_Iterable[_Union[RunSpec, _Mapping]]] = ...) -> None: ...

class RunBatchResponse(_message.Message):
    __slots__ = ("index", "run")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    index: int
    run: Run
    def __init__(self, index: _Optional[int] = ..., run: _Optional[_Union[Run, _Mapping]] = ...) -> None: ...

class MlperfSpec(_message.Message):
    __slots__ = ("platform", "image", "base_address", "benchmark", "mode", "iteration_count", "warmup_count", "inputs", "memory_model", "clock_hz", "timeout_cycles", "wall_timeout")
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    BASE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BENCHMARK_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ITERATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    WARMUP_COUNT_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_MODEL_FIELD_NUMBER: _ClassVar[int]
    CLOCK_HZ_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_CYCLES_FIELD_NUMBER: _ClassVar[int]
    WALL_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    platform: str
    image: ArtifactFile
    base_address: int
    benchmark: str
    mode: MlperfMode
    iteration_count: int
    warmup_count: int
    inputs: _containers.RepeatedCompositeFieldContainer[MlperfInput]
    memory_model: MemoryModel
    clock_hz: int
    timeout_cycles: int
    wall_timeout: _duration_pb2.Duration
    def __init__(self, platform: _Optional[str] = ..., image: _Optional[_Union[ArtifactFile, _Mapping]] = ..., base_address: _Optional[int] = ..., benchmark: _Optional[str] = ..., mode: _Optional[_Union[MlperfMode, str]] = ..., iteration_count: _Optional[int] = ..., warmup_count: _Optional[int] = ..., inputs: _Optional[_Iterable[_Union[MlperfInput, _Mapping]]] = ..., memory_model: _Optional[_Union[MemoryModel, str]] = ..., clock_hz: _Optional[int] = ..., timeout_cycles: _Optional[int] = ..., wall_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class MlperfInput(_message.Message):
    __slots__ = ("name", "label", "artifact", "window_bytes", "stride_bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_BYTES_FIELD_NUMBER: _ClassVar[int]
    STRIDE_BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: int
    artifact: str
    window_bytes: int
    stride_bytes: int
    def __init__(self, name: _Optional[str] = ..., label: _Optional[int] = ..., artifact: _Optional[str] = ..., window_bytes: _Optional[int] = ..., stride_bytes: _Optional[int] = ...) -> None: ...

class RunMlperfRequest(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: MlperfSpec
    def __init__(self, spec: _Optional[_Union[MlperfSpec, _Mapping]] = ...) -> None: ...

class RunMlperfResponse(_message.Message):
    __slots__ = ("progress", "report")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    progress: RunProgress
    report: _mlperf_pb2.MlperfReport
    def __init__(self, progress: _Optional[_Union[RunProgress, _Mapping]] = ..., report: _Optional[_Union[_mlperf_pb2.MlperfReport, _Mapping]] = ...) -> None: ...

class GetRunRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRunsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state", "platform")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: RunState
    platform: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[RunState, str]] = ..., platform: _Optional[str] = ...) -> None: ...

class ListRunsResponse(_message.Message):
    __slots__ = ("runs", "next_page_token")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    next_page_token: str
    def __init__(self, runs: _Optional[_Iterable[_Union[Run, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelRunRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteRunRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CompareRunsRequest(_message.Message):
    __slots__ = ("base", "other")
    BASE_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    base: str
    other: str
    def __init__(self, base: _Optional[str] = ..., other: _Optional[str] = ...) -> None: ...

class RunComparison(_message.Message):
    __slots__ = ("base", "other", "outputs_equal", "different_value_count", "figures", "operators")
    BASE_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_EQUAL_FIELD_NUMBER: _ClassVar[int]
    DIFFERENT_VALUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    base: str
    other: str
    outputs_equal: bool
    different_value_count: int
    figures: _containers.RepeatedCompositeFieldContainer[FigureChange]
    operators: _containers.RepeatedCompositeFieldContainer[OperatorChange]
    def __init__(self, base: _Optional[str] = ..., other: _Optional[str] = ..., outputs_equal: _Optional[bool] = ..., different_value_count: _Optional[int] = ..., figures: _Optional[_Iterable[_Union[FigureChange, _Mapping]]] = ..., operators: _Optional[_Iterable[_Union[OperatorChange, _Mapping]]] = ...) -> None: ...

class FigureChange(_message.Message):
    __slots__ = ("field", "base", "other", "ratio")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    field: str
    base: float
    other: float
    ratio: float
    def __init__(self, field: _Optional[str] = ..., base: _Optional[float] = ..., other: _Optional[float] = ..., ratio: _Optional[float] = ...) -> None: ...

class OperatorChange(_message.Message):
    __slots__ = ("index", "name", "base_cycles", "other_cycles")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_CYCLES_FIELD_NUMBER: _ClassVar[int]
    OTHER_CYCLES_FIELD_NUMBER: _ClassVar[int]
    index: int
    name: str
    base_cycles: int
    other_cycles: int
    def __init__(self, index: _Optional[int] = ..., name: _Optional[str] = ..., base_cycles: _Optional[int] = ..., other_cycles: _Optional[int] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("name", "spec", "create_time", "expire_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: RunSpec
    create_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[RunSpec, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OpenSessionRequest(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: RunSpec
    def __init__(self, spec: _Optional[_Union[RunSpec, _Mapping]] = ...) -> None: ...

class InvokeRequest(_message.Message):
    __slots__ = ("session", "inputs", "progress_wanted", "result_encoding")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_WANTED_FIELD_NUMBER: _ClassVar[int]
    RESULT_ENCODING_FIELD_NUMBER: _ClassVar[int]
    session: str
    inputs: _containers.RepeatedCompositeFieldContainer[InputSpec]
    progress_wanted: bool
    result_encoding: ResultEncoding
    def __init__(self, session: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[InputSpec, _Mapping]]] = ..., progress_wanted: _Optional[bool] = ..., result_encoding: _Optional[_Union[ResultEncoding, str]] = ...) -> None: ...

class InvokeResponse(_message.Message):
    __slots__ = ("result", "document", "progress")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    result: _result_pb2.Result
    document: bytes
    progress: RunProgress
    def __init__(self, result: _Optional[_Union[_result_pb2.Result, _Mapping]] = ..., document: _Optional[bytes] = ..., progress: _Optional[_Union[RunProgress, _Mapping]] = ...) -> None: ...

class CloseSessionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class InteractRequest(_message.Message):
    __slots__ = ("session", "write", "run_for", "wait_for", "read_memory", "write_memory", "find_function", "use_terminal", "reset")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    WRITE_FIELD_NUMBER: _ClassVar[int]
    RUN_FOR_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    READ_MEMORY_FIELD_NUMBER: _ClassVar[int]
    WRITE_MEMORY_FIELD_NUMBER: _ClassVar[int]
    FIND_FUNCTION_FIELD_NUMBER: _ClassVar[int]
    USE_TERMINAL_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    session: str
    write: WriteUart
    run_for: RunFor
    wait_for: WaitFor
    read_memory: ReadMemory
    write_memory: WriteMemory
    find_function: FindFunction
    use_terminal: UseTerminal
    reset: ResetBoard
    def __init__(self, session: _Optional[str] = ..., write: _Optional[_Union[WriteUart, _Mapping]] = ..., run_for: _Optional[_Union[RunFor, _Mapping]] = ..., wait_for: _Optional[_Union[WaitFor, _Mapping]] = ..., read_memory: _Optional[_Union[ReadMemory, _Mapping]] = ..., write_memory: _Optional[_Union[WriteMemory, _Mapping]] = ..., find_function: _Optional[_Union[FindFunction, _Mapping]] = ..., use_terminal: _Optional[_Union[UseTerminal, _Mapping]] = ..., reset: _Optional[_Union[ResetBoard, _Mapping]] = ...) -> None: ...

class WriteUart(_message.Message):
    __slots__ = ("data", "uart")
    DATA_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    uart: str
    def __init__(self, data: _Optional[bytes] = ..., uart: _Optional[str] = ...) -> None: ...

class RunFor(_message.Message):
    __slots__ = ("duration",)
    DURATION_FIELD_NUMBER: _ClassVar[int]
    duration: _duration_pb2.Duration
    def __init__(self, duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WaitFor(_message.Message):
    __slots__ = ("text", "regex", "data", "lines", "any_line", "data_regex", "anything", "timeout", "unfinished", "uart", "next_only", "at_start", "forbidden")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REGEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ANY_LINE_FIELD_NUMBER: _ClassVar[int]
    DATA_REGEX_FIELD_NUMBER: _ClassVar[int]
    ANYTHING_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    UNFINISHED_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    NEXT_ONLY_FIELD_NUMBER: _ClassVar[int]
    AT_START_FIELD_NUMBER: _ClassVar[int]
    FORBIDDEN_FIELD_NUMBER: _ClassVar[int]
    text: str
    regex: str
    data: bytes
    lines: Lines
    any_line: bool
    data_regex: bytes
    anything: bool
    timeout: _duration_pb2.Duration
    unfinished: bool
    uart: str
    next_only: bool
    at_start: bool
    forbidden: _containers.RepeatedCompositeFieldContainer[ForbiddenLine]
    def __init__(self, text: _Optional[str] = ..., regex: _Optional[str] = ..., data: _Optional[bytes] = ..., lines: _Optional[_Union[Lines, _Mapping]] = ..., any_line: _Optional[bool] = ..., data_regex: _Optional[bytes] = ..., anything: _Optional[bool] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., unfinished: _Optional[bool] = ..., uart: _Optional[str] = ..., next_only: _Optional[bool] = ..., at_start: _Optional[bool] = ..., forbidden: _Optional[_Iterable[_Union[ForbiddenLine, _Mapping]]] = ...) -> None: ...

class ForbiddenLine(_message.Message):
    __slots__ = ("pattern", "regex")
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    REGEX_FIELD_NUMBER: _ClassVar[int]
    pattern: str
    regex: bool
    def __init__(self, pattern: _Optional[str] = ..., regex: _Optional[bool] = ...) -> None: ...

class Lines(_message.Message):
    __slots__ = ("patterns", "regex")
    PATTERNS_FIELD_NUMBER: _ClassVar[int]
    REGEX_FIELD_NUMBER: _ClassVar[int]
    patterns: _containers.RepeatedScalarFieldContainer[str]
    regex: bool
    def __init__(self, patterns: _Optional[_Iterable[str]] = ..., regex: _Optional[bool] = ...) -> None: ...

class ReadMemory(_message.Message):
    __slots__ = ("address", "size_bytes")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    address: int
    size_bytes: int
    def __init__(self, address: _Optional[int] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class WriteMemory(_message.Message):
    __slots__ = ("address", "data")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    address: int
    data: bytes
    def __init__(self, address: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class FindFunction(_message.Message):
    __slots__ = ("function",)
    FUNCTION_FIELD_NUMBER: _ClassVar[int]
    function: str
    def __init__(self, function: _Optional[str] = ...) -> None: ...

class UseTerminal(_message.Message):
    __slots__ = ("action", "uart")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    action: TerminalAction
    uart: str
    def __init__(self, action: _Optional[_Union[TerminalAction, str]] = ..., uart: _Optional[str] = ...) -> None: ...

class InteractResponse(_message.Message):
    __slots__ = ("output", "step")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    output: UartOutput
    step: StepResult
    def __init__(self, output: _Optional[_Union[UartOutput, _Mapping]] = ..., step: _Optional[_Union[StepResult, _Mapping]] = ...) -> None: ...

class ResetBoard(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UartOutput(_message.Message):
    __slots__ = ("uart", "data")
    UART_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    uart: str
    data: bytes
    def __init__(self, uart: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class StepResult(_message.Message):
    __slots__ = ("uptime_seconds", "cycles", "received", "missed", "missed_hint", "memory", "address", "report", "core_hz")
    UPTIME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    MISSED_HINT_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    CORE_HZ_FIELD_NUMBER: _ClassVar[int]
    uptime_seconds: float
    cycles: int
    received: ReceivedData
    missed: str
    missed_hint: str
    memory: bytes
    address: int
    report: str
    core_hz: float
    def __init__(self, uptime_seconds: _Optional[float] = ..., cycles: _Optional[int] = ..., received: _Optional[_Union[ReceivedData, _Mapping]] = ..., missed: _Optional[str] = ..., missed_hint: _Optional[str] = ..., memory: _Optional[bytes] = ..., address: _Optional[int] = ..., report: _Optional[str] = ..., core_hz: _Optional[float] = ...) -> None: ...

class ReceivedData(_message.Message):
    __slots__ = ("data", "uptime_seconds", "groups")
    DATA_FIELD_NUMBER: _ClassVar[int]
    UPTIME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    uptime_seconds: float
    groups: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, data: _Optional[bytes] = ..., uptime_seconds: _Optional[float] = ..., groups: _Optional[_Iterable[str]] = ...) -> None: ...
