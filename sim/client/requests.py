"""From the library's requests to the service's: local files become artifacts."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.duration_pb2 import Duration
from numpy.typing import NDArray

from sim.boot import BootRequest
from sim.errors import ImageError, InputError, ModelError, PlatformError, SimError, UsageError
from sim.inference import RunRequest
from sim.mlperf import LabelledInput, MlperfReport, MlperfRequest, read_inputs
from sim.model import Model
from sim.result import Result
from sim.v1 import simulator_pb2 as pb

Input = str | NDArray[Any]
"""An input as ``sim.inputs`` takes it (a file or a generator), or the tensor itself."""

_KERNELS = {"optimized": pb.KERNEL_SET_OPTIMIZED, "reference": pb.KERNEL_SET_REFERENCE}
_LEVELS = {"full": pb.MEMORY_MODEL_FULL, "timing": pb.MEMORY_MODEL_TIMING}
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")
_GENERATOR = re.compile(r"random:.*|zeros")
_MAX_STEM = 100


class Translation:
    """One request on its way: the message, the files that it needs, and the way back for their names.

    Attributes
    ----------
    files
        Contents to have on the server, by digest.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._digests: dict[Path, str] = {}
        self._sent_names: dict[str, str] = {}

    def spec(self, request: RunRequest) -> pb.RunSpec:
        """Return the message of a request.

        Raises
        ------
        UsageError
            The request makes no sense, or one of its files cannot be read.
        """
        request.check()
        _check_engine(request.engine)
        spec = pb.RunSpec(
            platform=self._platform(request.platform),
            repeat_count=request.repeat,
            kernels=_KERNELS[request.kernels],
            memory_model=_LEVELS[request.level],
            clock_hz=request.clock_hz,
            arena_size_bytes=request.arena_size_bytes,
            timeout_cycles=request.timeout_cycles,
            verify=request.verify,
            inputs=self.inputs(request.inputs),
        )
        if request.model_path is not None:
            Model.load(request.model_path)  # what is no model is refused here, before it travels
            spec.model.CopyFrom(
                self._file(request.model_path, f"model {request.model_path} cannot be read", ModelError)
            )
        if request.runner_path is not None:
            spec.runner.CopyFrom(
                self._file(
                    request.runner_path,
                    f"cannot read the runner image {str(request.runner_path)!r}",
                    ImageError,
                )
            )
        if request.wall_timeout_seconds is not None:
            spec.wall_timeout.CopyFrom(duration(request.wall_timeout_seconds))
        if request.battery is not None and request.period_seconds is not None:
            spec.battery.battery = request.battery
            spec.battery.period.CopyFrom(duration(request.period_seconds))
        return spec

    def boot_spec(self, request: BootRequest) -> pb.RunSpec:
        """Return the message of a firmware run.

        Raises
        ------
        UsageError
            The request makes no sense, or one of its files cannot be read.
        """
        request.check()
        _check_engine(request.engine)
        request.pattern()
        firmware = pb.FirmwareSpec(
            image=self._image(request.firmware),
            base_address=request.base,
            until=request.until,
            until_symbol=request.until_symbol,
            profile_from=request.profile_from,
            profile_to=request.profile_to,
            uart=request.uart,
            uart_input=request.uart_input,
        )
        spec = pb.RunSpec(
            platform=self._platform(str(request.platform)),
            firmware=firmware,
            memory_model=_LEVELS[request.level],
            clock_hz=request.clock_hz,
            timeout_cycles=request.timeout_cycles,
        )
        if request.wall_timeout_seconds is not None:
            spec.wall_timeout.CopyFrom(duration(request.wall_timeout_seconds))
        return spec

    def mlperf_spec(self, request: MlperfRequest) -> pb.MlperfSpec:
        """Return the message of a benchmark run.

        Raises
        ------
        UsageError
            The request makes no sense, or one of its files cannot be read.
        """
        inputs = read_inputs(request)
        spec = pb.MlperfSpec(
            platform=self._platform(str(request.platform)),
            image=self._image(request.firmware),
            base_address=request.base,
            benchmark=request.benchmark,
            mode=f"MLPERF_MODE_{request.mode.upper()}",
            iteration_count=request.iterations,
            warmup_count=request.warmups,
            inputs=[self._labelled_input(item) for item in inputs],
            memory_model=_LEVELS[request.level],
            clock_hz=request.clock_hz,
            timeout_cycles=request.timeout_cycles,
        )
        if request.wall_timeout_seconds is not None:
            spec.wall_timeout.CopyFrom(duration(request.wall_timeout_seconds))
        return spec

    def inputs(self, inputs: Sequence[Input]) -> list[pb.InputSpec]:
        """Return the messages of inputs."""
        return [self._input(source) for source in inputs]

    def restore(self, result: Result) -> Result:
        """Return a server's result with the names that the caller knows the files by."""
        if not self._sent_names:
            return result
        provenance = result.provenance
        restored = dataclasses.replace(
            provenance,
            model_path=provenance.model_path and self._restore_text(provenance.model_path),
            image_name=provenance.image_name and Path(self._restore_text(provenance.image_name)).name,
            inputs=tuple(
                dataclasses.replace(source, source=self._restore_text(source.source))
                for source in provenance.inputs
            ),
        )
        return dataclasses.replace(result, provenance=restored)

    def restore_report(self, report: MlperfReport) -> MlperfReport:
        """Return a benchmark's report with the name that the caller knows the image by."""
        return dataclasses.replace(report, image=self._restore_text(report.image))

    @contextlib.contextmanager
    def restored_errors(self) -> Iterator[None]:
        """Raise a server's errors with the names that the caller knows the files by."""
        try:
            yield
        except SimError as error:
            raise self.restore_error(error) from error

    def restore_error(self, error: SimError) -> SimError:
        """Return a server's error with the names that the caller knows the files by."""
        return type(error)(self._restore_text(error.message), self._restore_text(error.hint))

    def _restore_text(self, text: str) -> str:
        if not self._sent_names:
            return text
        return _any_of(tuple(self._sent_names)).sub(lambda match: self._sent_names[match[0]], text)

    def _platform(self, platform: str) -> str:
        if not platform.endswith(".toml"):
            return f"platforms/{platform}"
        return f"artifacts/{self._add(Path(platform), f'{platform} cannot be read', PlatformError)}"

    def _input(self, source: Input) -> pb.InputSpec:
        if not isinstance(source, str):
            array = np.ascontiguousarray(source)
            return pb.InputSpec(data=array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        name, equals, rest = source.partition("=")
        if equals and not Path(source).exists():
            return self._source(rest, name)
        return self._source(source, "")

    def _source(self, source: str, tensor_name: str) -> pb.InputSpec:
        if _GENERATOR.fullmatch(source):
            return pb.InputSpec(tensor_name=tensor_name, generator=source)
        return pb.InputSpec(
            tensor_name=tensor_name,
            file=self._file(Path(source), f"input {source} cannot be read", InputError),
        )

    def _labelled_input(self, item: LabelledInput) -> pb.MlperfInput:
        digest = hashlib.sha256(item.data).hexdigest()
        self.files[digest] = item.data
        return pb.MlperfInput(
            name=item.name,
            label=item.label,
            artifact=f"artifacts/{digest}",
            window_bytes=item.window_bytes,
            stride_bytes=item.stride_bytes,
        )

    def _file(self, path: Path, complaint: str, kind: type[SimError]) -> pb.ArtifactFile:
        digest = self._add(path, complaint, kind)
        return pb.ArtifactFile(artifact=f"artifacts/{digest}", filename=self._sent_name(path))

    def _image(self, path: Path) -> pb.ArtifactFile:
        """Return a firmware image, which results and messages call by its plain name."""
        file = self._file(path, f"cannot read firmware {str(path)!r}", ImageError)
        self._sent_names[file.filename] = path.name
        return file

    def _add(self, path: Path, complaint: str, kind: type[SimError]) -> str:
        if path not in self._digests:
            try:
                data = path.read_bytes()
            except OSError as error:
                raise kind(f"{complaint}: {error.strerror}") from error
            self._digests[path] = hashlib.sha256(data).hexdigest()
            self.files[self._digests[path]] = data
        return self._digests[path]

    def _sent_name(self, path: Path) -> str:
        """Return a plain name for a file: its own where that is possible and not taken."""
        for name, known in self._sent_names.items():
            if known == str(path):
                return name
        suffix = _UNSAFE.sub("", path.suffix) or ".bin"
        stem = _UNSAFE.sub("_", path.stem)[:_MAX_STEM].lstrip(".-") or "file"
        name, number = f"{stem}{suffix}", 1
        while name in self._sent_names:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._sent_names[name] = str(path)
        return name


@functools.lru_cache
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds file names in a text, the longest one where several fit."""
    alternatives = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?<![\w./+-])(?:{alternatives})(?![\w+-])")


def duration(seconds: float) -> Duration:
    """Return the message of a duration, to the nanosecond."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message


def _check_engine(engine: str) -> None:
    if engine != "embedded":
        raise UsageError(f"a server has no engine {engine!r}", "leave --engine out")
