from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StopReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STOP_REASON_UNSPECIFIED: _ClassVar[StopReason]
    STOP_REASON_COMPLETED: _ClassVar[StopReason]
    STOP_REASON_CYCLE_LIMIT: _ClassVar[StopReason]
    STOP_REASON_WALL_LIMIT: _ClassVar[StopReason]
    STOP_REASON_FAULT: _ClassVar[StopReason]
    STOP_REASON_IDLE: _ClassVar[StopReason]
    STOP_REASON_FIRMWARE_ERROR: _ClassVar[StopReason]
    STOP_REASON_RESET: _ClassVar[StopReason]
    STOP_REASON_WATCHDOG: _ClassVar[StopReason]

class Validity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VALIDITY_UNSPECIFIED: _ClassVar[Validity]
    VALIDITY_VALID: _ClassVar[Validity]
    VALIDITY_DEGRADED: _ClassVar[Validity]
    VALIDITY_INVALID: _ClassVar[Validity]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_INFO: _ClassVar[Severity]
    SEVERITY_WARNING: _ClassVar[Severity]
    SEVERITY_ERROR: _ClassVar[Severity]
STOP_REASON_UNSPECIFIED: StopReason
STOP_REASON_COMPLETED: StopReason
STOP_REASON_CYCLE_LIMIT: StopReason
STOP_REASON_WALL_LIMIT: StopReason
STOP_REASON_FAULT: StopReason
STOP_REASON_IDLE: StopReason
STOP_REASON_FIRMWARE_ERROR: StopReason
STOP_REASON_RESET: StopReason
STOP_REASON_WATCHDOG: StopReason
VALIDITY_UNSPECIFIED: Validity
VALIDITY_VALID: Validity
VALIDITY_DEGRADED: Validity
VALIDITY_INVALID: Validity
SEVERITY_UNSPECIFIED: Severity
SEVERITY_INFO: Severity
SEVERITY_WARNING: Severity
SEVERITY_ERROR: Severity

class Result(_message.Message):
    __slots__ = ("schema", "schema_version", "command", "platform", "engine", "cycles", "instructions", "cpi", "latency_seconds", "energy_joules", "energy_uncertainty", "power_watts", "battery", "inputs", "outputs", "inferences", "operators", "functions", "memory", "instruction_mix", "uart", "channels", "log", "stop_reason", "stop_detail", "validity", "issues", "verification", "provenance", "limits", "host")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    CPI_FIELD_NUMBER: _ClassVar[int]
    LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_JOULES_FIELD_NUMBER: _ClassVar[int]
    ENERGY_UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    POWER_WATTS_FIELD_NUMBER: _ClassVar[int]
    BATTERY_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    INFERENCES_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_MIX_FIELD_NUMBER: _ClassVar[int]
    UART_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    STOP_REASON_FIELD_NUMBER: _ClassVar[int]
    STOP_DETAIL_FIELD_NUMBER: _ClassVar[int]
    VALIDITY_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    schema: str
    schema_version: int
    command: CommandLine
    platform: PlatformInfo
    engine: EngineInfo
    cycles: int
    instructions: int
    cpi: float
    latency_seconds: float
    energy_joules: float
    energy_uncertainty: float
    power_watts: float
    battery: Battery
    inputs: _containers.RepeatedCompositeFieldContainer[Input]
    outputs: _containers.RepeatedCompositeFieldContainer[Output]
    inferences: _containers.RepeatedCompositeFieldContainer[Inference]
    operators: _containers.RepeatedCompositeFieldContainer[Operator]
    functions: _containers.RepeatedCompositeFieldContainer[Function]
    memory: Memory
    instruction_mix: CountTable
    uart: str
    channels: _containers.RepeatedCompositeFieldContainer[Channel]
    log: str
    stop_reason: StopReason
    stop_detail: str
    validity: Validity
    issues: _containers.RepeatedCompositeFieldContainer[Issue]
    verification: Verification
    provenance: Provenance
    limits: Limits
    host: Host
    def __init__(self, schema: _Optional[str] = ..., schema_version: _Optional[int] = ..., command: _Optional[_Union[CommandLine, _Mapping]] = ..., platform: _Optional[_Union[PlatformInfo, _Mapping]] = ..., engine: _Optional[_Union[EngineInfo, _Mapping]] = ..., cycles: _Optional[int] = ..., instructions: _Optional[int] = ..., cpi: _Optional[float] = ..., latency_seconds: _Optional[float] = ..., energy_joules: _Optional[float] = ..., energy_uncertainty: _Optional[float] = ..., power_watts: _Optional[float] = ..., battery: _Optional[_Union[Battery, _Mapping]] = ..., inputs: _Optional[_Iterable[_Union[Input, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[Output, _Mapping]]] = ..., inferences: _Optional[_Iterable[_Union[Inference, _Mapping]]] = ..., operators: _Optional[_Iterable[_Union[Operator, _Mapping]]] = ..., functions: _Optional[_Iterable[_Union[Function, _Mapping]]] = ..., memory: _Optional[_Union[Memory, _Mapping]] = ..., instruction_mix: _Optional[_Union[CountTable, _Mapping]] = ..., uart: _Optional[str] = ..., channels: _Optional[_Iterable[_Union[Channel, _Mapping]]] = ..., log: _Optional[str] = ..., stop_reason: _Optional[_Union[StopReason, str]] = ..., stop_detail: _Optional[str] = ..., validity: _Optional[_Union[Validity, str]] = ..., issues: _Optional[_Iterable[_Union[Issue, _Mapping]]] = ..., verification: _Optional[_Union[Verification, _Mapping]] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., host: _Optional[_Union[Host, _Mapping]] = ...) -> None: ...

class PlatformInfo(_message.Message):
    __slots__ = ("id", "name", "core", "clock_hz", "supply_volts", "validation")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CORE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_HZ_FIELD_NUMBER: _ClassVar[int]
    SUPPLY_VOLTS_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    core: str
    clock_hz: int
    supply_volts: float
    validation: Validation
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., core: _Optional[str] = ..., clock_hz: _Optional[int] = ..., supply_volts: _Optional[float] = ..., validation: _Optional[_Union[Validation, _Mapping]] = ...) -> None: ...

class Validation(_message.Message):
    __slots__ = ("status", "note")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    status: str
    note: str
    def __init__(self, status: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class EngineInfo(_message.Message):
    __slots__ = ("name", "version", "level")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    level: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., level: _Optional[str] = ...) -> None: ...

class Battery(_message.Message):
    __slots__ = ("name", "capacity_ampere_hours", "period_seconds", "sleep_amperes", "average_amperes", "life_seconds")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_AMPERE_HOURS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SLEEP_AMPERES_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_AMPERES_FIELD_NUMBER: _ClassVar[int]
    LIFE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    capacity_ampere_hours: float
    period_seconds: float
    sleep_amperes: float
    average_amperes: float
    life_seconds: float
    def __init__(self, name: _Optional[str] = ..., capacity_ampere_hours: _Optional[float] = ..., period_seconds: _Optional[float] = ..., sleep_amperes: _Optional[float] = ..., average_amperes: _Optional[float] = ..., life_seconds: _Optional[float] = ...) -> None: ...

class Input(_message.Message):
    __slots__ = ("index", "name", "dtype", "shape", "kind", "sha256", "preview")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    index: int
    name: str
    dtype: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    kind: str
    sha256: str
    preview: GreyImage
    def __init__(self, index: _Optional[int] = ..., name: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., kind: _Optional[str] = ..., sha256: _Optional[str] = ..., preview: _Optional[_Union[GreyImage, _Mapping]] = ...) -> None: ...

class Output(_message.Message):
    __slots__ = ("index", "name", "dtype", "shape", "scale", "zero_point", "values_raw", "values", "argmax", "label")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    ZERO_POINT_FIELD_NUMBER: _ClassVar[int]
    VALUES_RAW_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ARGMAX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    index: int
    name: str
    dtype: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    scale: float
    zero_point: int
    values_raw: Numbers
    values: Numbers
    argmax: int
    label: str
    def __init__(self, index: _Optional[int] = ..., name: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., scale: _Optional[float] = ..., zero_point: _Optional[int] = ..., values_raw: _Optional[_Union[Numbers, _Mapping]] = ..., values: _Optional[_Union[Numbers, _Mapping]] = ..., argmax: _Optional[int] = ..., label: _Optional[str] = ...) -> None: ...

class Inference(_message.Message):
    __slots__ = ("index", "input_index", "cycles", "instructions", "latency_seconds", "energy_joules", "outputs")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    INPUT_INDEX_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_JOULES_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    index: int
    input_index: int
    cycles: int
    instructions: int
    latency_seconds: float
    energy_joules: float
    outputs: _containers.RepeatedCompositeFieldContainer[Output]
    def __init__(self, index: _Optional[int] = ..., input_index: _Optional[int] = ..., cycles: _Optional[int] = ..., instructions: _Optional[int] = ..., latency_seconds: _Optional[float] = ..., energy_joules: _Optional[float] = ..., outputs: _Optional[_Iterable[_Union[Output, _Mapping]]] = ...) -> None: ...

class Operator(_message.Message):
    __slots__ = ("index", "name", "cycles", "share", "instructions", "energy_joules", "macs", "cycles_per_mac", "output_shape")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_JOULES_FIELD_NUMBER: _ClassVar[int]
    MACS_FIELD_NUMBER: _ClassVar[int]
    CYCLES_PER_MAC_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    index: int
    name: str
    cycles: int
    share: float
    instructions: int
    energy_joules: float
    macs: int
    cycles_per_mac: float
    output_shape: Shape
    def __init__(self, index: _Optional[int] = ..., name: _Optional[str] = ..., cycles: _Optional[int] = ..., share: _Optional[float] = ..., instructions: _Optional[int] = ..., energy_joules: _Optional[float] = ..., macs: _Optional[int] = ..., cycles_per_mac: _Optional[float] = ..., output_shape: _Optional[_Union[Shape, _Mapping]] = ...) -> None: ...

class Function(_message.Message):
    __slots__ = ("name", "address", "cycles", "share", "instructions", "calls", "energy_joules")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_JOULES_FIELD_NUMBER: _ClassVar[int]
    name: str
    address: int
    cycles: int
    share: float
    instructions: int
    calls: int
    energy_joules: float
    def __init__(self, name: _Optional[str] = ..., address: _Optional[int] = ..., cycles: _Optional[int] = ..., share: _Optional[float] = ..., instructions: _Optional[int] = ..., calls: _Optional[int] = ..., energy_joules: _Optional[float] = ...) -> None: ...

class Channel(_message.Message):
    __slots__ = ("name", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Memory(_message.Message):
    __slots__ = ("arena_used_bytes", "arena_size_bytes", "stack_high_water_bytes", "model_bytes", "flash_used_bytes", "flash_total_bytes", "ram_used_bytes", "ram_total_bytes", "icache_hit_rate", "dcache_hit_rate", "stall_cycles", "events")
    ARENA_USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    ARENA_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    STACK_HIGH_WATER_BYTES_FIELD_NUMBER: _ClassVar[int]
    MODEL_BYTES_FIELD_NUMBER: _ClassVar[int]
    FLASH_USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    FLASH_TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    RAM_USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    RAM_TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    ICACHE_HIT_RATE_FIELD_NUMBER: _ClassVar[int]
    DCACHE_HIT_RATE_FIELD_NUMBER: _ClassVar[int]
    STALL_CYCLES_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    arena_used_bytes: int
    arena_size_bytes: int
    stack_high_water_bytes: int
    model_bytes: int
    flash_used_bytes: int
    flash_total_bytes: int
    ram_used_bytes: int
    ram_total_bytes: int
    icache_hit_rate: float
    dcache_hit_rate: float
    stall_cycles: int
    events: CountTable
    def __init__(self, arena_used_bytes: _Optional[int] = ..., arena_size_bytes: _Optional[int] = ..., stack_high_water_bytes: _Optional[int] = ..., model_bytes: _Optional[int] = ..., flash_used_bytes: _Optional[int] = ..., flash_total_bytes: _Optional[int] = ..., ram_used_bytes: _Optional[int] = ..., ram_total_bytes: _Optional[int] = ..., icache_hit_rate: _Optional[float] = ..., dcache_hit_rate: _Optional[float] = ..., stall_cycles: _Optional[int] = ..., events: _Optional[_Union[CountTable, _Mapping]] = ...) -> None: ...

class Issue(_message.Message):
    __slots__ = ("code", "severity", "message", "hint")
    CODE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    code: str
    severity: Severity
    message: str
    hint: str
    def __init__(self, code: _Optional[str] = ..., severity: _Optional[_Union[Severity, str]] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class Verification(_message.Message):
    __slots__ = ("reference", "equal", "tolerance", "compared_values", "different_values", "largest_difference", "first_diverging_operator", "first_diverging_name")
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    EQUAL_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    COMPARED_VALUES_FIELD_NUMBER: _ClassVar[int]
    DIFFERENT_VALUES_FIELD_NUMBER: _ClassVar[int]
    LARGEST_DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    FIRST_DIVERGING_OPERATOR_FIELD_NUMBER: _ClassVar[int]
    FIRST_DIVERGING_NAME_FIELD_NUMBER: _ClassVar[int]
    reference: str
    equal: bool
    tolerance: float
    compared_values: int
    different_values: int
    largest_difference: Number
    first_diverging_operator: int
    first_diverging_name: str
    def __init__(self, reference: _Optional[str] = ..., equal: _Optional[bool] = ..., tolerance: _Optional[float] = ..., compared_values: _Optional[int] = ..., different_values: _Optional[int] = ..., largest_difference: _Optional[_Union[Number, _Mapping]] = ..., first_diverging_operator: _Optional[int] = ..., first_diverging_name: _Optional[str] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("boardless_version", "image_sha256", "image_name", "model_sha256", "model_path", "platform_sha256", "runtime", "kernels", "timing_model", "energy_model", "inputs")
    BOARDLESS_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SHA256_FIELD_NUMBER: _ClassVar[int]
    IMAGE_NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    MODEL_PATH_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_SHA256_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    KERNELS_FIELD_NUMBER: _ClassVar[int]
    TIMING_MODEL_FIELD_NUMBER: _ClassVar[int]
    ENERGY_MODEL_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    boardless_version: str
    image_sha256: str
    image_name: str
    model_sha256: str
    model_path: str
    platform_sha256: str
    runtime: Runtime
    kernels: str
    timing_model: str
    energy_model: str
    inputs: _containers.RepeatedCompositeFieldContainer[InputSource]
    def __init__(self, boardless_version: _Optional[str] = ..., image_sha256: _Optional[str] = ..., image_name: _Optional[str] = ..., model_sha256: _Optional[str] = ..., model_path: _Optional[str] = ..., platform_sha256: _Optional[str] = ..., runtime: _Optional[_Union[Runtime, _Mapping]] = ..., kernels: _Optional[str] = ..., timing_model: _Optional[str] = ..., energy_model: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[InputSource, _Mapping]]] = ...) -> None: ...

class Runtime(_message.Message):
    __slots__ = ("name", "commit", "date")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    commit: str
    date: str
    def __init__(self, name: _Optional[str] = ..., commit: _Optional[str] = ..., date: _Optional[str] = ...) -> None: ...

class InputSource(_message.Message):
    __slots__ = ("kind", "source", "sha256")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    kind: str
    source: str
    sha256: str
    def __init__(self, kind: _Optional[str] = ..., source: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("timeout_cycles", "wall_timeout_seconds")
    TIMEOUT_CYCLES_FIELD_NUMBER: _ClassVar[int]
    WALL_TIMEOUT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    timeout_cycles: int
    wall_timeout_seconds: float
    def __init__(self, timeout_cycles: _Optional[int] = ..., wall_timeout_seconds: _Optional[float] = ...) -> None: ...

class Host(_message.Message):
    __slots__ = ("wall_seconds", "simulation_seconds", "python", "system")
    WALL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIMULATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PYTHON_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    wall_seconds: float
    simulation_seconds: float
    python: str
    system: str
    def __init__(self, wall_seconds: _Optional[float] = ..., simulation_seconds: _Optional[float] = ..., python: _Optional[str] = ..., system: _Optional[str] = ...) -> None: ...

class Number(_message.Message):
    __slots__ = ("integer", "real")
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    REAL_FIELD_NUMBER: _ClassVar[int]
    integer: int
    real: float
    def __init__(self, integer: _Optional[int] = ..., real: _Optional[float] = ...) -> None: ...

class Numbers(_message.Message):
    __slots__ = ("integers", "reals")
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    REALS_FIELD_NUMBER: _ClassVar[int]
    integers: _containers.RepeatedScalarFieldContainer[int]
    reals: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, integers: _Optional[_Iterable[int]] = ..., reals: _Optional[_Iterable[float]] = ...) -> None: ...

class Shape(_message.Message):
    __slots__ = ("dimensions",)
    DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
    dimensions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, dimensions: _Optional[_Iterable[int]] = ...) -> None: ...

class CommandLine(_message.Message):
    __slots__ = ("arguments",)
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    arguments: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, arguments: _Optional[_Iterable[str]] = ...) -> None: ...

class GreyImage(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[GreyRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[GreyRow, _Mapping]]] = ...) -> None: ...

class GreyRow(_message.Message):
    __slots__ = ("levels",)
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    levels: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, levels: _Optional[_Iterable[int]] = ...) -> None: ...

class CountTable(_message.Message):
    __slots__ = ("counts",)
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[Count]
    def __init__(self, counts: _Optional[_Iterable[_Union[Count, _Mapping]]] = ...) -> None: ...

class Count(_message.Message):
    __slots__ = ("name", "count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    count: int
    def __init__(self, name: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...
