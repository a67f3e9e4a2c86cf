"""Checks what a client asks for (RunSpec, MlperfSpec) as far as that needs no file."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from google.protobuf.duration_pb2 import Duration

from sim.errors import PlatformError
from sim.mlperf.protocol import INPUT_BYTES
from sim.platform import load_platform, platform_ids
from sim.service.limits import MAX_INPUTS, MAX_MLPERF_INPUTS, MAX_REPEAT
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError, RequestError
from sim.wire.names import check_filename, resource_id

KERNELS = {
    pb.KERNEL_SET_UNSPECIFIED: "optimized",
    pb.KERNEL_SET_OPTIMIZED: "optimized",
    pb.KERNEL_SET_REFERENCE: "reference",
}
LEVELS = {
    pb.MEMORY_MODEL_UNSPECIFIED: "full",
    pb.MEMORY_MODEL_FULL: "full",
    pb.MEMORY_MODEL_TIMING: "timing",
}
MODES = {
    pb.MLPERF_MODE_UNSPECIFIED: "latency",
    pb.MLPERF_MODE_LATENCY: "latency",
    pb.MLPERF_MODE_ENERGY: "energy",
    pb.MLPERF_MODE_ACCURACY: "accuracy",
}
_ABOUT_A_MODEL = (
    *("model", "inputs", "repeat_count", "runner", "kernels", "arena_size_bytes", "verify", "battery"),
)


def check_spec(spec: pb.RunSpec) -> frozenset[str]:
    """Check what needs no file about a specification, and return the digests of the files it names.

    Raises
    ------
    RequestError
        A field makes no sense.
    NotFoundError
        There is no such platform.
    """
    artifacts = _check_board(spec.platform)
    if spec.HasField("firmware"):
        _check_firmware(spec)
    artifacts |= check_inputs(spec, spec.inputs)
    if spec.kernels not in KERNELS or spec.memory_model not in LEVELS:
        raise RequestError("kernels or memory_model has an unknown value", field="spec.kernels")
    if not 0 <= spec.repeat_count <= MAX_REPEAT:
        raise RequestError(
            f"repeat_count is {spec.repeat_count}, not 0 to {MAX_REPEAT:,}", field="spec.repeat_count"
        )
    return frozenset(artifacts)


def check_inputs(spec: pb.RunSpec, inputs: Sequence[pb.InputSpec]) -> set[str]:
    """Check the inputs of a run, and return the digests of all its files but that of the board.

    Raises
    ------
    RequestError
        An input makes no sense, or a file has no usable name, or that of another.
    """
    artifacts: set[str] = set()
    filenames: dict[str, str] = {}
    for field, file in _files(spec, inputs):
        check_filename(file.filename, f"{field}.filename")
        artifacts.add(resource_id(file.artifact, "artifacts", f"{field}.artifact"))
        if filenames.setdefault(file.filename, file.artifact) != file.artifact:
            raise RequestError(
                f"two files are called {file.filename!r}", "give each its own name", field=f"{field}.filename"
            )
    if len(inputs) > MAX_INPUTS:
        raise RequestError(f"there are more than {MAX_INPUTS} inputs", field="spec.inputs")
    for index, source in enumerate(inputs):
        if source.WhichOneof("source") is None:
            raise RequestError(
                f"input {index} has no source", "set generator, file or data", field=f"spec.inputs[{index}]"
            )
        if source.WhichOneof("source") == "generator" and not _is_generator(source.generator):
            raise RequestError(
                f"input {index} has the unknown generator {source.generator[:80]!r}",
                "write random:SEED or zeros",
                field=f"spec.inputs[{index}].generator",
            )
    return artifacts


def check_mlperf_spec(spec: pb.MlperfSpec) -> frozenset[str]:
    """Check what needs no file about a benchmark run, and return the digests of the files it names.

    Raises
    ------
    RequestError
        A field makes no sense.
    NotFoundError
        There is no such platform.
    """
    artifacts = _check_board(spec.platform)
    check_filename(spec.image.filename, "spec.image.filename")
    artifacts.add(resource_id(spec.image.artifact, "artifacts", "spec.image.artifact"))
    if spec.benchmark not in INPUT_BYTES:
        raise RequestError(
            f"there is no benchmark {spec.benchmark[:80]!r}",
            f"it is one of {', '.join(INPUT_BYTES)}",
            field="spec.benchmark",
        )
    if spec.mode not in MODES or spec.memory_model not in LEVELS:
        raise RequestError("mode or memory_model has an unknown value", field="spec.mode")
    if spec.HasField("iteration_count") and not 1 <= spec.iteration_count <= MAX_REPEAT:
        raise RequestError(
            f"iteration_count is {spec.iteration_count}, not 1 to {MAX_REPEAT:,}",
            field="spec.iteration_count",
        )
    if not 0 <= spec.warmup_count <= MAX_REPEAT:
        raise RequestError(
            f"warmup_count is {spec.warmup_count}, not 0 to {MAX_REPEAT:,}", field="spec.warmup_count"
        )
    if len(spec.inputs) > MAX_MLPERF_INPUTS:
        raise RequestError(f"there are more than {MAX_MLPERF_INPUTS:,} inputs", field="spec.inputs")
    if MODES[spec.mode] == "accuracy" and not spec.inputs:
        raise RequestError("accuracy needs labelled inputs", field="spec.inputs")
    for index, item in enumerate(spec.inputs):
        field = f"spec.inputs[{index}]"
        artifacts.add(resource_id(item.artifact, "artifacts", f"{field}.artifact"))
        if item.window_bytes < 0 or item.stride_bytes < 0:
            raise RequestError(f"input {index} has a negative window or stride", field=field)
    return frozenset(artifacts)


def _check_board(name: str) -> set[str]:
    """Check the board of a run, and return the digest of its file, if it is one."""
    if name.startswith("artifacts/"):
        return {resource_id(name, "artifacts", "spec.platform")}
    check_platform(name, "spec.platform")
    return set()


def _check_firmware(spec: pb.RunSpec) -> None:
    given = {descriptor.name for descriptor, _ in spec.ListFields()}
    for field in _ABOUT_A_MODEL:
        if field in given:
            raise RequestError(
                f"{field} is about a model, but firmware is to be booted",
                "the image brings its own model and kernels",
                field=f"spec.{field}",
            )
    if not spec.firmware.HasField("image"):
        raise RequestError("the firmware has no image", field="spec.firmware.image")


def check_platform(name: str, field: str) -> str:
    """Return the identifier in the resource name of a platform.

    Raises
    ------
    RequestError
        It is no such name.
    NotFoundError
        There is no such platform.
    """
    id_ = resource_id(name, "platforms", field)
    if id_ not in _bundled_platforms():
        try:
            load_platform(id_)
        except PlatformError as error:
            raise NotFoundError(error.message, error.hint, resource=name) from error
    return id_


@functools.cache
def _bundled_platforms() -> frozenset[str]:
    return frozenset(platform_ids())


def split_spec(spec: pb.RunSpec) -> tuple[bytes, bytes]:
    """Return what the state of a booted board depends on and the rest, both serialized.

    Specifications with an equal first part, the board's key, can share one. It is empty for firmware.
    """
    if spec.HasField("firmware"):
        return b"", spec.SerializeToString()
    board = pb.RunSpec()
    board.CopyFrom(spec)
    board.ClearField("inputs")
    return board.SerializeToString(deterministic=True), pb.RunSpec(inputs=spec.inputs).SerializeToString()


def without_inline_data(spec: pb.RunSpec) -> pb.RunSpec:
    """Return a copy to keep and to show, without inline inputs: their digests are in the result."""
    kept = pb.RunSpec()
    kept.CopyFrom(spec)
    for source in kept.inputs:
        if source.WhichOneof("source") == "data":
            source.data = b""
    return kept


def _files(spec: pb.RunSpec, inputs: Sequence[pb.InputSpec]) -> Iterator[tuple[str, pb.ArtifactFile]]:
    if spec.HasField("model"):
        yield "spec.model", spec.model
    if spec.HasField("runner"):
        yield "spec.runner", spec.runner
    if spec.HasField("firmware"):
        yield "spec.firmware.image", spec.firmware.image
    for index, source in enumerate(inputs):
        if source.WhichOneof("source") == "file":
            yield f"spec.inputs[{index}].file", source.file


def seconds_of(duration: Duration) -> float:
    """Return a duration in seconds, however long it is."""
    return duration.seconds + duration.nanos / 1e9


def _is_generator(text: str) -> bool:
    seed = text.removeprefix("random:")
    return text == "zeros" or (seed != text and seed.isascii() and seed.isdigit() and len(seed) <= 20)
