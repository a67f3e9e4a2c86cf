"""The parts of a result document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sim.result.codec import Doc, Part


@dataclass(frozen=True, kw_only=True)
class Validation(Part):
    """How the timing of a platform was checked against hardware."""

    status: Annotated[str, Doc("validated or unvalidated.")]
    note: Annotated[str | None, Doc("What was compared with which hardware, and how far it agreed.")] = None


@dataclass(frozen=True, kw_only=True)
class PlatformInfo(Part):
    """The simulated board."""

    id: Annotated[str, Doc("Identifier, as given to --platform.")]
    name: Annotated[str, Doc("Name of the board.")]
    core: Annotated[str, Doc("Processor core, such as cortex-m7f.")]
    clock_hz: Annotated[int, Doc("Core clock of the run.", "Hz")]
    supply_volts: Annotated[float | None, Doc("Supply voltage that the energy model assumes.", "V")] = None
    validation: Annotated[Validation, Doc("How far the timing was checked against hardware.")]


@dataclass(frozen=True, kw_only=True)
class EngineInfo(Part):
    """What executed the firmware."""

    name: Annotated[str, Doc("Engine, such as embedded.")]
    version: Annotated[str | None, Doc("Name and version of the emulator behind it.")] = None
    level: Annotated[
        str,
        Doc(
            "What was modelled: bare, instructions (cycles are an estimate), counters, timing, or full (with "
            "wait states and caches)."
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Battery(Part):
    """Battery life when the board sleeps between inferences."""

    name: Annotated[str, Doc("Battery, such as cr2032.")]
    capacity_ampere_hours: Annotated[float, Doc("Nominal capacity.", "A h")]
    period_seconds: Annotated[float, Doc("Time from one inference to the next.", "s")]
    sleep_amperes: Annotated[float | None, Doc("Supply current while asleep.", "A")] = None
    average_amperes: Annotated[float, Doc("Mean supply current over a period.", "A")]
    life_seconds: Annotated[float, Doc("Time until the battery is empty.", "s")]


@dataclass(frozen=True, kw_only=True)
class Input(Part):
    """One input tensor."""

    index: Annotated[int, Doc("Position among the model's inputs.")]
    name: Annotated[str | None, Doc("Tensor name in the model.")] = None
    dtype: Annotated[str, Doc("Element type by its NumPy name, such as int8.")]
    shape: Annotated[tuple[int, ...], Doc("Dimensions.", "elements")]
    kind: Annotated[str, Doc("Where the data came from: npy, image, wav, csv, bin, random, demo, ...")]
    sha256: Annotated[str, Doc("Digest of the bytes that were written into the tensor.")]
    preview: Annotated[
        tuple[tuple[int, ...], ...] | None,
        Doc("Grey levels by row, 0 black to 255 white, of an image input reduced to at most 32 columns."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Output(Part):
    """One output tensor."""

    index: Annotated[int, Doc("Position among the model's outputs.")]
    name: Annotated[str | None, Doc("Tensor name in the model.")] = None
    dtype: Annotated[str, Doc("Element type by its NumPy name, such as int8.")]
    shape: Annotated[tuple[int, ...], Doc("Dimensions.", "elements")]
    scale: Annotated[float | None, Doc("Quantisation scale; null when the tensor is not quantised.")] = None
    zero_point: Annotated[int | None, Doc("Quantisation zero point.")] = None
    values_raw: Annotated[tuple[int | float, ...], Doc("All elements as stored, in row-major order.")]
    values: Annotated[
        tuple[int | float, ...],
        Doc("All elements as real numbers: (raw - zero_point) * scale where quantised."),
    ]
    argmax: Annotated[
        int | None, Doc("Position of the largest element, of a vector with more than one element.")
    ] = None
    label: Annotated[str | None, Doc("Name of the class at argmax, when labels were given.")] = None


@dataclass(frozen=True, kw_only=True)
class Inference(Part):
    """One inference of the run."""

    index: Annotated[int, Doc("Position in the run.")]
    input_index: Annotated[int, Doc("Which of the given inputs it used.")]
    cycles: Annotated[int | None, Doc("Modelled core cycles.", "cycles")] = None
    instructions: Annotated[int | None, Doc("Executed instructions.", "instructions")] = None
    latency_seconds: Annotated[float | None, Doc("Cycles divided by the core clock.", "s")] = None
    energy_joules: Annotated[float | None, Doc("Modelled energy.", "J")] = None
    outputs: Annotated[tuple[Output, ...], Doc("Output tensors.")] = ()


@dataclass(frozen=True, kw_only=True)
class Operator(Part):
    """One operator of the model, as it ran in the first inference."""

    index: Annotated[int, Doc("Position in the execution order.")]
    name: Annotated[str, Doc("Operator, such as CONV_2D.")]
    cycles: Annotated[int | None, Doc("Modelled core cycles.", "cycles")] = None
    share: Annotated[float | None, Doc("Part of the inference's cycles, 0 to 1.")] = None
    instructions: Annotated[int | None, Doc("Executed instructions.", "instructions")] = None
    energy_joules: Annotated[float | None, Doc("Modelled energy.", "J")] = None
    macs: Annotated[
        int | None,
        Doc("Multiply-accumulates of its arithmetic, 0 where it has none; null when not known.", "MAC"),
    ] = None
    cycles_per_mac: Annotated[
        float | None, Doc("Cycles divided by macs; null where there are none.", "cycles/MAC")
    ] = None
    output_shape: Annotated[tuple[int, ...] | None, Doc("Dimensions of its first output.", "elements")] = None


@dataclass(frozen=True, kw_only=True)
class Function(Part):
    """One function of firmware of the user's own, as far as it ran in the first inference or region."""

    name: Annotated[str, Doc("Linker name.")]
    address: Annotated[int, Doc("Address of its first instruction.")]
    cycles: Annotated[
        int,
        Doc(
            "Modelled core cycles of its own instructions; cycles spent waiting for memory are shared out in "
            "proportion.",
            "cycles",
        ),
    ]
    share: Annotated[float, Doc("Part of all cycles, 0 to 1.")]
    instructions: Annotated[int, Doc("Executed instructions.", "instructions")]
    calls: Annotated[int, Doc("How often its first instruction was executed.", "calls")]
    energy_joules: Annotated[
        float | None, Doc("Modelled energy; that of memory is shared out like its cycles.", "J")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Channel(Part):
    """Text that firmware of the user's own sent by other ways than a serial port."""

    name: Annotated[str, Doc("Way out of the core: semihosting or itm.")]
    text: Annotated[str, Doc("Everything that was sent; bytes that are no UTF-8 are replaced.")]


@dataclass(frozen=True, kw_only=True)
class Memory(Part):
    """Memory use of the run and behaviour of the memory system during the first inference."""

    arena_used_bytes: Annotated[int | None, Doc("Part of the tensor arena that the runtime used.", "B")] = (
        None
    )
    arena_size_bytes: Annotated[int | None, Doc("Size of the tensor arena.", "B")] = None
    stack_high_water_bytes: Annotated[int | None, Doc("Deepest stack use since reset.", "B")] = None
    model_bytes: Annotated[int | None, Doc("Size of the model.", "B")] = None
    flash_used_bytes: Annotated[int | None, Doc("Flash taken by firmware and model.", "B")] = None
    flash_total_bytes: Annotated[int | None, Doc("Flash of the board.", "B")] = None
    ram_used_bytes: Annotated[
        int | None, Doc("RAM taken by stack, data and the used part of the arena.", "B")
    ] = None
    ram_total_bytes: Annotated[int | None, Doc("RAM of the board.", "B")] = None
    icache_hit_rate: Annotated[
        float | None, Doc("Hits of the instruction cache or flash accelerator, 0 to 1.")
    ] = None
    dcache_hit_rate: Annotated[float | None, Doc("Hits of the data cache, 0 to 1.")] = None
    stall_cycles: Annotated[int | None, Doc("Cycles spent waiting for memory.", "cycles")] = None
    events: Annotated[
        dict[str, int] | None, Doc("Memory-system events by name, such as flash_fetch_lines.", "events")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Verification(Part):
    """Comparison of the outputs with the reference interpreter."""

    reference: Annotated[str, Doc("Name and version of the reference interpreter.")]
    equal: Annotated[bool, Doc("Whether every output of every inference agrees within the tolerance.")]
    tolerance: Annotated[
        float, Doc("Allowed relative difference of floating-point values; 0 demands equal bits.")
    ] = 0.0
    compared_values: Annotated[int, Doc("Number of compared elements.", "elements")]
    different_values: Annotated[int, Doc("Number of elements outside the tolerance.", "elements")]
    largest_difference: Annotated[
        int | float | None,
        Doc("Largest absolute difference of stored values, in steps of an integer tensor."),
    ] = None
    first_diverging_operator: Annotated[
        int | None,
        Doc("Index of the first operator whose output differs; null when none does or it is unknown."),
    ] = None
    first_diverging_name: Annotated[str | None, Doc("Name of that operator.")] = None


@dataclass(frozen=True, kw_only=True)
class Runtime(Part):
    """The inference runtime inside the firmware."""

    name: Annotated[str, Doc("Runtime, such as TensorFlow Lite Micro.")]
    commit: Annotated[str | None, Doc("Source revision.")] = None
    date: Annotated[str | None, Doc("Date of that revision, as YYYY-MM-DD.")] = None


@dataclass(frozen=True, kw_only=True)
class InputSource(Part):
    """One input as the user gave it."""

    kind: Annotated[str, Doc("Format: npy, image, wav, csv, bin, random, demo, ...")]
    source: Annotated[str, Doc("File name or generator, such as random:1.")]
    sha256: Annotated[str, Doc("Digest of the tensors that it became.")]


@dataclass(frozen=True, kw_only=True)
class Provenance(Part):
    """What the numbers were computed from."""

    boardless_version: Annotated[str, Doc("Version of Boardless.")]
    image_sha256: Annotated[str | None, Doc("Digest of the firmware image file.")] = None
    image_name: Annotated[str | None, Doc("File name of the firmware image.")] = None
    model_sha256: Annotated[str | None, Doc("Digest of the model file.")] = None
    model_path: Annotated[str | None, Doc("Model file as the user gave it; null for the bundled one.")] = None
    platform_sha256: Annotated[str | None, Doc("Digest of the platform description.")] = None
    runtime: Annotated[Runtime | None, Doc("Inference runtime in the image; null when it is not known.")] = (
        None
    )
    kernels: Annotated[str | None, Doc("Kernel set: reference or optimized.")] = None
    timing_model: Annotated[str | None, Doc("Name and version of the timing model.")] = None
    energy_model: Annotated[str | None, Doc("Name and version of the energy model.")] = None
    inputs: Annotated[tuple[InputSource, ...], Doc("The inputs of the run.")] = ()


@dataclass(frozen=True, kw_only=True)
class Limits(Part):
    """Limits of a run."""

    timeout_cycles: Annotated[int | None, Doc("Simulated cycles after which the run stops.", "cycles")] = None
    wall_timeout_seconds: Annotated[float | None, Doc("Time on the host after which the run stops.", "s")] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class Host(Part):
    """The machine that ran the simulation. Not covered by the promise of bit-identical results."""

    wall_seconds: Annotated[float | None, Doc("Time of the whole run on the host.", "s")] = None
    simulation_seconds: Annotated[
        float | None, Doc("Time inside the engine during inferences, on the host.", "s")
    ] = None
    python: Annotated[str | None, Doc("Python version.")] = None
    system: Annotated[str | None, Doc("Operating system and architecture.")] = None
