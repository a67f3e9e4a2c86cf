from sim.v1 import result_pb2 as _result_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MlperfReport(_message.Message):
    __slots__ = ("boardless_version", "timing_model", "platform", "board", "image", "image_sha256", "benchmark", "mode", "level", "device_name", "clock_hz", "iterations", "cycles", "instructions", "latency_seconds", "inferences_per_second", "energy_joules", "energy_uncertainty_joules", "instruction_mix", "memory_events", "firmware_latency_seconds", "scores", "windows", "accuracy", "issues", "uart")
    BOARDLESS_VERSION_FIELD_NUMBER: _ClassVar[int]
    TIMING_MODEL_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    BOARD_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SHA256_FIELD_NUMBER: _ClassVar[int]
    BENCHMARK_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    CLOCK_HZ_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    INFERENCES_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    ENERGY_JOULES_FIELD_NUMBER: _ClassVar[int]
    ENERGY_UNCERTAINTY_JOULES_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_MIX_FIELD_NUMBER: _ClassVar[int]
    MEMORY_EVENTS_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    boardless_version: str
    timing_model: str
    platform: str
    board: str
    image: str
    image_sha256: str
    benchmark: str
    mode: str
    level: str
    device_name: str
    clock_hz: int
    iterations: int
    cycles: float
    instructions: float
    latency_seconds: float
    inferences_per_second: float
    energy_joules: float
    energy_uncertainty_joules: float
    instruction_mix: MeanTable
    memory_events: MeanTable
    firmware_latency_seconds: float
    scores: _containers.RepeatedScalarFieldContainer[float]
    windows: _containers.RepeatedCompositeFieldContainer[MlperfWindow]
    accuracy: MlperfAccuracy
    issues: _containers.RepeatedCompositeFieldContainer[_result_pb2.Issue]
    uart: str
    def __init__(self, boardless_version: _Optional[str] = ..., timing_model: _Optional[str] = ..., platform: _Optional[str] = ..., board: _Optional[str] = ..., image: _Optional[str] = ..., image_sha256: _Optional[str] = ..., benchmark: _Optional[str] = ..., mode: _Optional[str] = ..., level: _Optional[str] = ..., device_name: _Optional[str] = ..., clock_hz: _Optional[int] = ..., iterations: _Optional[int] = ..., cycles: _Optional[float] = ..., instructions: _Optional[float] = ..., latency_seconds: _Optional[float] = ..., inferences_per_second: _Optional[float] = ..., energy_joules: _Optional[float] = ..., energy_uncertainty_joules: _Optional[float] = ..., instruction_mix: _Optional[_Union[MeanTable, _Mapping]] = ..., memory_events: _Optional[_Union[MeanTable, _Mapping]] = ..., firmware_latency_seconds: _Optional[float] = ..., scores: _Optional[_Iterable[float]] = ..., windows: _Optional[_Iterable[_Union[MlperfWindow, _Mapping]]] = ..., accuracy: _Optional[_Union[MlperfAccuracy, _Mapping]] = ..., issues: _Optional[_Iterable[_Union[_result_pb2.Issue, _Mapping]]] = ..., uart: _Optional[str] = ...) -> None: ...

class MlperfWindow(_message.Message):
    __slots__ = ("input", "iterations", "cycles", "latency_seconds", "energy_joules", "firmware_latency_seconds")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_JOULES_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    input: str
    iterations: int
    cycles: float
    latency_seconds: float
    energy_joules: float
    firmware_latency_seconds: float
    def __init__(self, input: _Optional[str] = ..., iterations: _Optional[int] = ..., cycles: _Optional[float] = ..., latency_seconds: _Optional[float] = ..., energy_joules: _Optional[float] = ..., firmware_latency_seconds: _Optional[float] = ...) -> None: ...

class MlperfAccuracy(_message.Message):
    __slots__ = ("metric", "value", "target", "inputs")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    metric: str
    value: float
    target: float
    inputs: int
    def __init__(self, metric: _Optional[str] = ..., value: _Optional[float] = ..., target: _Optional[float] = ..., inputs: _Optional[int] = ...) -> None: ...

class MeanTable(_message.Message):
    __slots__ = ("means",)
    MEANS_FIELD_NUMBER: _ClassVar[int]
    means: _containers.RepeatedCompositeFieldContainer[Mean]
    def __init__(self, means: _Optional[_Iterable[_Union[Mean, _Mapping]]] = ...) -> None: ...

class Mean(_message.Message):
    __slots__ = ("name", "mean")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    name: str
    mean: float
    def __init__(self, name: _Optional[str] = ..., mean: _Optional[float] = ...) -> None: ...
