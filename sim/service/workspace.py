"""What a client asks for (RunSpec, MlperfSpec) as what the library takes, with its files in a directory."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.boot import BootRequest
from sim.errors import InputError
from sim.inference import RunRequest
from sim.inputs import InputData
from sim.mlperf import LabelledInput, MlperfRequest
from sim.mlperf.protocol import INPUT_BYTES
from sim.service.specification import KERNELS, LEVELS, MODES, seconds_of
from sim.v1 import simulator_pb2 as pb


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
            kernels=KERNELS[spec.kernels],
            clock_hz=spec.clock_hz if spec.HasField("clock_hz") else None,
            repeat=spec.repeat_count or 1,
            timeout_cycles=spec.timeout_cycles if spec.HasField("timeout_cycles") else None,
            wall_timeout_seconds=seconds_of(spec.wall_timeout) if spec.HasField("wall_timeout") else None,
            arena_size_bytes=spec.arena_size_bytes if spec.HasField("arena_size_bytes") else None,
            runner_path=self._place(spec.runner) if spec.HasField("runner") else None,
            verify=spec.verify,
            level=LEVELS[spec.memory_model],
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
            level=LEVELS[spec.memory_model],
            timeout_cycles=spec.timeout_cycles if spec.HasField("timeout_cycles") else None,
            wall_timeout_seconds=seconds_of(spec.wall_timeout) if spec.HasField("wall_timeout") else None,
        )

    def mlperf_request(self, spec: pb.MlperfSpec) -> tuple[MlperfRequest, list[LabelledInput]]:
        """Place the image of a specification, and return the benchmark run that it asks for and its inputs.

        Raises
        ------
        InputError
            A file has another size than inputs of the benchmark have.
        """
        request = MlperfRequest(
            platform=self._platform(spec.platform),
            firmware=self._place(spec.image),
            benchmark=spec.benchmark,
            mode=MODES[spec.mode],
            base=spec.base_address if spec.HasField("base_address") else None,
            clock_hz=spec.clock_hz if spec.HasField("clock_hz") else None,
            level=LEVELS[spec.memory_model],
            timeout_cycles=spec.timeout_cycles if spec.HasField("timeout_cycles") else None,
            wall_timeout_seconds=seconds_of(spec.wall_timeout) if spec.HasField("wall_timeout") else None,
        )
        if spec.HasField("iteration_count"):
            request = dataclasses.replace(request, iterations=spec.iteration_count)
        if spec.HasField("warmup_count"):
            request = dataclasses.replace(request, warmups=spec.warmup_count)
        return request, [self._labelled_input(item, INPUT_BYTES[spec.benchmark]) for item in spec.inputs]

    def input_sources(self, inputs: Sequence[pb.InputSpec]) -> list[str | InputData]:
        """Place the inputs of a specification and return them as ``sim.inputs`` takes them."""
        return [self._input(index, source) for index, source in enumerate(inputs)]

    def _platform(self, name: str) -> str:
        collection, _, id_ = name.partition("/")
        if collection == "platforms":
            return id_
        return str(self._link(id_, Path(".platform.toml")))

    def _input(self, index: int, source: pb.InputSpec) -> str | InputData:
        if source.HasField("data"):
            return InputData(source.data, f"input-{index}.bin", source.tensor_name)
        text = str(self._place(source.file)) if source.HasField("file") else source.generator
        return f"{source.tensor_name}={text}" if source.tensor_name else text

    def _labelled_input(self, item: pb.MlperfInput, input_bytes: int) -> LabelledInput:
        data = Path(self._artifacts[item.artifact.partition("/")[2]]).read_bytes()
        loaded = LabelledInput(item.name, item.label, data, item.window_bytes, item.stride_bytes)
        if problem := loaded.problem(input_bytes):
            raise InputError(f"{item.name}: {problem}")
        return loaded

    def _place(self, file: pb.ArtifactFile) -> Path:
        return self._link(file.artifact.partition("/")[2], Path(file.filename))

    def _link(self, digest: str, path: Path) -> Path:
        target = self._directory / path
        if not os.path.lexists(target):
            target.symlink_to(self._artifacts[digest])
        return path
