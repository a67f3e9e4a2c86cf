"""What a client asks for (RunSpec) as what the library takes (RunRequest, BootRequest)."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.duration_pb2 import Duration

from sim.boot import BootRequest
from sim.errors import PlatformError
from sim.inference import RunRequest
from sim.platform import load_platform, platform_ids
from sim.service.limits import MAX_INPUTS, MAX_REPEAT
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError, RequestError
from sim.wire.names import check_filename, resource_id

_KERNELS = {
    pb.KERNEL_SET_UNSPECIFIED: "optimized",
    pb.KERNEL_SET_OPTIMIZED: "optimized",
    pb.KERNEL_SET_REFERENCE: "reference",
}
_LEVELS = {
    pb.MEMORY_MODEL_UNSPECIFIED: "full",
    pb.MEMORY_MODEL_FULL: "full",
    pb.MEMORY_MODEL_TIMING: "timing",
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
    artifacts = set()
    filenames: dict[str, str] = {}
    if spec.platform.startswith("artifacts/"):
        artifacts.add(resource_id(spec.platform, "artifacts", "spec.platform"))
    else:
        check_platform(spec.platform, "spec.platform")
    if spec.HasField("firmware"):
        _check_firmware(spec)
    for field, file in _files(spec):
        check_filename(file.filename, f"{field}.filename")
        artifacts.add(resource_id(file.artifact, "artifacts", f"{field}.artifact"))
        if filenames.setdefault(file.filename, file.artifact) != file.artifact:
            raise RequestError(
                f"two files are called {file.filename!r}", "give each its own name", field=f"{field}.filename"
            )
    if len(spec.inputs) > MAX_INPUTS:
        raise RequestError(f"there are more than {MAX_INPUTS} inputs", field="spec.inputs")
    for index, source in enumerate(spec.inputs):
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
    if spec.kernels not in _KERNELS or spec.memory_model not in _LEVELS:
        raise RequestError("kernels or memory_model has an unknown value", field="spec.kernels")
    if not 0 <= spec.repeat_count <= MAX_REPEAT:
        raise RequestError(
            f"repeat_count is {spec.repeat_count}, not 0 to {MAX_REPEAT:,}", field="spec.repeat_count"
        )
    return frozenset(artifacts)


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


def board_key(spec: pb.RunSpec) -> bytes:
    """Return what the state of a booted board depends on; equal keys can share one. Empty for firmware."""
    if spec.HasField("firmware"):
        return b""
    board = pb.RunSpec()
    board.CopyFrom(spec)
    board.ClearField("inputs")
    return board.SerializeToString(deterministic=True)


def without_inline_data(spec: pb.RunSpec) -> pb.RunSpec:
    """Return a copy to keep and to show, without inline inputs: their digests are in the result."""
    kept = pb.RunSpec()
    kept.CopyFrom(spec)
    for source in kept.inputs:
        if source.WhichOneof("source") == "data":
            source.data = b""
    return kept


class Workspace:
    """A directory in which the files of a job appear under the names that the client gave them.

    Parameters
    ----------
    directory
        The working directory of the process, empty: results and messages then show plain file names, not
        paths of the server.
    artifacts
        Paths of stored files by their digest.
    """

    def __init__(self, directory: Path, artifacts: Mapping[str, str]) -> None:
        self._directory = directory
        self._artifacts = artifacts

    def request(self, spec: pb.RunSpec) -> RunRequest:
        """Place the files of a specification and return the run that it asks for, without its inputs."""
        battery = spec.battery if spec.HasField("battery") else None
        return RunRequest(
            platform=self._platform(spec.platform),
            model_path=self._place(spec.model) if spec.HasField("model") else None,
            kernels=_KERNELS[spec.kernels],
            clock_hz=spec.clock_hz if spec.HasField("clock_hz") else None,
            repeat=spec.repeat_count or 1,
            timeout_cycles=spec.timeout_cycles if spec.HasField("timeout_cycles") else None,
            wall_timeout_seconds=seconds_of(spec.wall_timeout) if spec.HasField("wall_timeout") else None,
            arena_size_bytes=spec.arena_size_bytes if spec.HasField("arena_size_bytes") else None,
            runner_path=self._place(spec.runner) if spec.HasField("runner") else None,
            verify=spec.verify,
            level=_LEVELS[spec.memory_model],
            battery=battery.battery if battery else None,
            period_seconds=seconds_of(battery.period) if battery else None,
        )

    def boot_request(self, spec: pb.RunSpec) -> BootRequest:
        """Place the files of a specification and return the firmware run that it asks for."""
        firmware = spec.firmware
        return BootRequest(
            platform=self._platform(spec.platform),
            firmware=self._place(firmware.image),
            base=firmware.base_address if firmware.HasField("base_address") else None,
            until=firmware.until or None,
            until_symbol=firmware.until_symbol or None,
            profile_from=firmware.profile_from or None,
            profile_to=firmware.profile_to or None,
            uart=firmware.uart or None,
            uart_input=firmware.uart_input,
            clock_hz=spec.clock_hz if spec.HasField("clock_hz") else None,
            level=_LEVELS[spec.memory_model],
            timeout_cycles=spec.timeout_cycles if spec.HasField("timeout_cycles") else None,
            wall_timeout_seconds=seconds_of(spec.wall_timeout) if spec.HasField("wall_timeout") else None,
        )

    def input_sources(self, spec: pb.RunSpec) -> list[str]:
        """Place the inputs of a specification and return them as ``sim.inputs`` takes them."""
        return [self._input(index, source) for index, source in enumerate(spec.inputs)]

    def _platform(self, name: str) -> str:
        collection, _, id_ = name.partition("/")
        if collection == "platforms":
            return id_
        return str(self._link(id_, Path(".platform.toml")))

    def _input(self, index: int, source: pb.InputSpec) -> str:
        kind = source.WhichOneof("source")
        if kind == "file":
            text = str(self._place(source.file))
        elif kind == "data":
            text = f"input-{index}.bin"
            (self._directory / text).write_bytes(source.data)
        else:
            text = source.generator
        return f"{source.tensor_name}={text}" if source.tensor_name else text

    def _place(self, file: pb.ArtifactFile) -> Path:
        return self._link(file.artifact.partition("/")[2], Path(file.filename))

    def _link(self, digest: str, path: Path) -> Path:
        target = self._directory / path
        if not os.path.lexists(target):
            target.symlink_to(self._artifacts[digest])
        return path


def _files(spec: pb.RunSpec) -> Iterator[tuple[str, pb.ArtifactFile]]:
    if spec.HasField("model"):
        yield "spec.model", spec.model
    if spec.HasField("runner"):
        yield "spec.runner", spec.runner
    if spec.HasField("firmware"):
        yield "spec.firmware.image", spec.firmware.image
    for index, source in enumerate(spec.inputs):
        if source.WhichOneof("source") == "file":
            yield f"spec.inputs[{index}].file", source.file


def seconds_of(duration: Duration) -> float:
    """Return a duration in seconds, however long it is."""
    return duration.seconds + duration.nanos / 1e9


def _is_generator(text: str) -> bool:
    seed = text.removeprefix("random:")
    return text == "zeros" or (seed != text and seed.isascii() and seed.isdigit() and len(seed) <= 20)
