"""Read a ``.tflite`` file into a `Model`, verifying everything that a runtime would otherwise trust."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sim.errors import ModelError
from sim.model import schema
from sim.model.flatbuffer import DAMAGED_HINT, FlatBuffer, Table
from sim.model.model import NO_OPTIONS, Model, Operator, OptionValue, Tensor

MAX_MODEL_SIZE_BYTES: Final = 1 << 28
# No microcontroller has more memory than this; products of dimensions stay far below 32 bits.
MAX_TENSOR_SIZE_BYTES: Final = 1 << 26
MAX_RANK: Final = 8
# Kernels read constants in words; a Cortex-M0+ and double-word loads on all cores need this alignment.
CONSTANT_ALIGNMENT_BYTES: Final = 4

_INTEGER_RANGES: Final = {
    "int4": (-8, 7),
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-32768, 32767),
    "uint16": (0, 65535),
    "int32": (-(1 << 31), (1 << 31) - 1),
}


def load_model(path: Path) -> Model:
    """Read and verify the model file at `path`; see `Model.load`."""
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"model {path} is not a file", "give a .tflite file")
        if path.stat().st_size > MAX_MODEL_SIZE_BYTES:
            raise ModelError(
                f"model {path} is larger than {MAX_MODEL_SIZE_BYTES >> 20} MiB",
                "no microcontroller holds such a model: quantize or shrink it",
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"model {path} does not exist", "check the path of the .tflite file") from None
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror}", "give a .tflite file") from None
    return parse_model(data)


def parse_model(data: bytes) -> Model:
    """Verify a model in memory; see `Model.parse`."""
    root = FlatBuffer(data).root(schema.FILE_IDENTIFIER, "the model")
    version = root.integer(0, "uint32", 0, "schema version")
    if version != schema.SCHEMA_VERSION:
        raise ModelError(
            f"the model has schema version {version}, not {schema.SCHEMA_VERSION}",
            "convert the model again with a current TensorFlow Lite converter",
        )
    subgraphs = root.tables(2, "subgraph")
    if len(subgraphs) != 1:
        raise ModelError(
            f"the model has {len(subgraphs)} subgraphs; models with exactly one can run",
            "control flow (if, while, call) makes more subgraphs: convert the model without it",
        )
    subgraph = subgraphs[0]
    buffers = [_buffer(table) for table in root.tables(4, "buffer")]
    tensors = tuple(_tensor(i, table, buffers) for i, table in enumerate(subgraph.tables(0, "tensor")))
    codes = [_operator_code(table) for table in root.tables(1, "operator code")]
    operators = tuple(
        _operator(i, table, codes, len(tensors)) for i, table in enumerate(subgraph.tables(3, "operator"))
    )
    model = Model(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        schema_version=version,
        description=root.string(3, "description"),
        tensors=tensors,
        operators=operators,
        inputs=_tensor_indices(subgraph, 1, "inputs", len(tensors)),
        outputs=_tensor_indices(subgraph, 2, "outputs", len(tensors)),
        metadata=_metadata(root, buffers),
    )
    _check_data_flow(model)
    return model


def _buffer(table: Table) -> tuple[int, int]:
    """Return offset and size of a buffer's data."""
    if table.integer(1, "uint64", 0, "offset") > 1:
        raise ModelError(
            f"{table.where} is stored behind the model, as only models over 2 GB need it",
            "convert the model again with its constants inside",
        )
    return table.blob(0, "data")


def _tensor(index: int, table: Table, buffers: list[tuple[int, int]]) -> Tensor:
    name = table.string(3, "name")
    where = f"tensor {index} ({name!r})" if name else f"tensor {index}"
    type_code = table.integer(1, "int8", 0, "type")
    if type_code not in schema.TENSOR_TYPES:
        raise ModelError(f"{where} has the unknown type {type_code}", DAMAGED_HINT)
    dtype, bits = schema.TENSOR_TYPES[type_code]
    shape = _shape(table, where)
    if table.has(6):
        raise ModelError(
            f"{where} is sparse, which no kernel supports", "convert the model with dense weights"
        )

    buffer_index = table.integer(2, "uint32", 0, "buffer")
    if buffer_index >= len(buffers):
        raise ModelError(f"{where} uses buffer {buffer_index} of {len(buffers)}", DAMAGED_HINT)
    offset, size_bytes = buffers[buffer_index]
    expected_bytes = (math.prod(shape) * bits + 7) // 8
    if expected_bytes > MAX_TENSOR_SIZE_BYTES:
        raise ModelError(f"{where} of shape {list(shape)} is too large: {expected_bytes} bytes", DAMAGED_HINT)
    is_variable = bool(table.integer(5, "bool", 0, "is_variable"))
    if size_bytes:
        if bits and size_bytes != expected_bytes:
            raise ModelError(
                f"{where} of shape {list(shape)} needs {expected_bytes} bytes, its buffer has {size_bytes}",
                DAMAGED_HINT,
            )
        if offset % CONSTANT_ALIGNMENT_BYTES:
            raise ModelError(f"{where} has misaligned data at offset {offset}", DAMAGED_HINT)
        if is_variable:
            raise ModelError(f"{where} is a variable with constant data", DAMAGED_HINT)
    scales, zero_points, dimension = _quantization(table, where, dtype, shape)
    return Tensor(
        index=index,
        name=name,
        dtype=dtype,
        shape=shape,
        scales=scales,
        zero_points=zero_points,
        quantized_dimension=dimension,
        data_offset=offset,
        data_size_bytes=size_bytes,
        is_variable=is_variable,
    )


def _shape(table: Table, where: str) -> tuple[int, ...]:
    dimensions = table.numbers(0, "int32", "shape")
    if dimensions is None:
        return ()
    if len(dimensions) > MAX_RANK:
        raise ModelError(f"{where} has {len(dimensions)} dimensions; {MAX_RANK} is the limit", DAMAGED_HINT)
    shape = tuple(int(d) for d in dimensions)
    if any(d < 0 for d in shape):
        raise ModelError(f"{where} has a negative dimension: {list(shape)}", DAMAGED_HINT)
    return shape


def _quantization(
    table: Table, where: str, dtype: str, shape: tuple[int, ...]
) -> tuple[tuple[float, ...], tuple[int, ...], int]:
    parameters = table.table(4, "quantization")
    if parameters is None:
        return (), (), 0
    scale_vector = parameters.numbers(2, "float32", "scale")
    zero_point_vector = parameters.numbers(3, "int64", "zero_point")
    dimension = parameters.integer(6, "int32", 0, "quantized_dimension")
    if scale_vector is None or not len(scale_vector):
        return (), (), 0
    if zero_point_vector is None or len(zero_point_vector) != len(scale_vector):
        count = 0 if zero_point_vector is None else len(zero_point_vector)
        raise ModelError(f"{where} has {len(scale_vector)} scales but {count} zero points", DAMAGED_HINT)
    scales = tuple(float(s) for s in scale_vector.tolist())
    zero_points = tuple(int(z) for z in zero_point_vector.tolist())
    if not all(math.isfinite(s) and s >= 0 for s in scales):
        raise ModelError(f"{where} has a scale that is not a positive number", DAMAGED_HINT)
    low, high = _INTEGER_RANGES.get(dtype, (-(1 << 31), (1 << 31) - 1))
    if not all(low <= z <= high for z in zero_points):
        raise ModelError(f"{where} has a zero point outside {low} to {high}", DAMAGED_HINT)
    if len(scales) > 1:
        if not 0 <= dimension < len(shape):
            raise ModelError(
                f"{where} is quantized along dimension {dimension} of {len(shape)}", DAMAGED_HINT
            )
        if len(scales) != shape[dimension]:
            raise ModelError(
                f"{where} has {len(scales)} scales for {shape[dimension]} channels (dimension {dimension})",
                DAMAGED_HINT,
            )
    return scales, zero_points, dimension


def _operator_code(table: Table) -> tuple[int, int, str]:
    """Return code, version and custom name; old and new field of the code have to agree."""
    old = table.integer(0, "int8", 0, "deprecated_builtin_code")
    new = table.integer(3, "int32", 0, "builtin_code")
    code = max(old, new)
    if not 0 <= code < len(schema.OPERATOR_NAMES):
        raise ModelError(f"{table.where} is unknown: {code}", "convert the model for builtin operators")
    # Old runtimes read the first field, new ones the larger of both.
    if old != min(code, schema.EXTENDED_CODE) or new not in (0, code):
        raise ModelError(f"{table.where} is given twice, as {old} and as {new}", DAMAGED_HINT)
    return code, table.integer(2, "int32", 1, "version"), table.string(1, "custom code")


def _operator(index: int, table: Table, codes: list[tuple[int, int, str]], tensor_count: int) -> Operator:
    opcode_index = table.integer(0, "uint32", 0, "opcode_index")
    if opcode_index >= len(codes):
        raise ModelError(f"operator {index} uses operator code {opcode_index} of {len(codes)}", DAMAGED_HINT)
    code, version, custom_name = codes[opcode_index]
    name = schema.OPERATOR_NAMES[code]
    if code != schema.CUSTOM_CODE and table.has(5):
        raise ModelError(f"operator {index} ({name}) is builtin but has custom options", DAMAGED_HINT)
    return Operator(
        index=index,
        name=name,
        code=code,
        version=version,
        custom_name=custom_name if code == schema.CUSTOM_CODE else "",
        inputs=_tensor_indices(table, 1, "inputs", tensor_count, minimum=-1),
        outputs=_tensor_indices(table, 2, "outputs", tensor_count),
        options=_options(table, f"operator {index} ({name})", name),
    )


def _options(table: Table, where: str, name: str) -> Mapping[str, OptionValue]:
    layout = schema.OPTIONS.get(name)
    if layout is None:
        return NO_OPTIONS
    union_type = table.integer(3, "uint8", 0, "builtin_options_type")
    options = table.table(4, "builtin_options")
    if options is None or union_type != layout.union_type:
        raise ModelError(f"{where} has no options, or those of another operator", DAMAGED_HINT)
    return MappingProxyType(
        {key: _option(options, where, key, field) for key, field in layout.fields.items()}
    )


def _option(table: Table, where: str, key: str, field: schema.OptionField) -> OptionValue:
    names: tuple[str, ...]
    match field.kind:
        case "padding":
            names = schema.PADDINGS
        case "activation":
            names = schema.ACTIVATIONS
        case "type":
            code = table.integer(field.slot, "int8", 0, key)
            if code not in schema.TENSOR_TYPES:
                raise ModelError(f"{where}: {key} is the unknown type {code}", DAMAGED_HINT)
            return schema.TENSOR_TYPES[code][0]
        case "ints":
            values = table.numbers(field.slot, "int32", key)
            return () if values is None else tuple(int(v) for v in values)
        case "bool":
            return bool(table.integer(field.slot, "uint8", 0, key))
        case _:
            return table.number(field.slot, field.kind, field.default, key)
    code = table.integer(field.slot, "int8", 0, key)
    if not 0 <= code < len(names):
        raise ModelError(f"{where}: {key} is the unknown value {code}", DAMAGED_HINT)
    return names[code]


def _tensor_indices(
    table: Table, slot: int, name: str, tensor_count: int, minimum: int = 0
) -> tuple[int, ...]:
    indices = table.numbers(slot, "int32", name)
    if indices is None:
        raise ModelError(f"{table.where}: {name} are missing", DAMAGED_HINT)
    result = tuple(int(i) for i in indices)
    for i in result:
        if not minimum <= i < tensor_count:
            raise ModelError(f"{table.where}: {name} name tensor {i} of {tensor_count}", DAMAGED_HINT)
    return result


def _metadata(root: Table, buffers: list[tuple[int, int]]) -> Mapping[str, int]:
    if not root.has(6):
        return MappingProxyType({})
    sizes = {}
    for table in root.tables(6, "metadata"):
        buffer_index = table.integer(1, "uint32", 0, "buffer")
        if buffer_index >= len(buffers):
            raise ModelError(f"{table.where} uses buffer {buffer_index} of {len(buffers)}", DAMAGED_HINT)
        sizes[table.string(0, "name")] = buffers[buffer_index][1]
    return MappingProxyType(sizes)


def _check_data_flow(model: Model) -> None:
    """Check that every tensor is written once, before it is read, and never in the model's flash."""
    if not model.operators:
        raise ModelError("the model has no operators", "export the whole model, not only its signature")
    for name, indices in (("input", model.inputs), ("output", model.outputs)):
        if not indices:
            raise ModelError(f"the model has no {name}s", "export the model with inputs and outputs")
        if len(set(indices)) != len(indices):
            raise ModelError(f"the model lists the same {name} twice", DAMAGED_HINT)
    ready = {t.index for t in model.tensors if t.is_constant or t.is_variable or t.element_count == 0}
    for tensor in model.input_tensors:
        if tensor.index in ready:
            raise ModelError(
                f"the model's input {tensor.name!r} is a constant, a variable or empty", DAMAGED_HINT
            )
    ready.update(model.inputs)
    for operator in model.operators:
        for i in operator.inputs:
            if i >= 0 and i not in ready:
                raise ModelError(f"{operator.label} reads tensor {i} before anything writes it", DAMAGED_HINT)
        for i in operator.outputs:
            if i in ready:
                raise ModelError(
                    f"{operator.label} writes tensor {i}, which already has a value", DAMAGED_HINT
                )
            ready.add(i)
    for tensor in model.output_tensors:
        if tensor.index not in ready:
            raise ModelError(f"nothing computes the model's output {tensor.name!r}", DAMAGED_HINT)
