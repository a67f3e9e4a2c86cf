"""A result with every field filled in, as a run of a small digits model would give it."""

from __future__ import annotations

from sim.result import (
    Battery,
    Channel,
    EngineInfo,
    Function,
    Host,
    Inference,
    Input,
    InputSource,
    Limits,
    Memory,
    Operator,
    PlatformInfo,
    Provenance,
    Result,
    Runtime,
    StopReason,
    Validation,
    Verification,
    grey_preview,
    make_issue,
    output_from_raw,
    validity_of,
)

CLOCK_HZ = 216_000_000
DIGIT = (
    (0, 0, 6, 13, 10, 0, 0, 0),
    (0, 2, 14, 5, 10, 12, 0, 0),
    (0, 4, 11, 0, 1, 12, 7, 0),
    (0, 5, 8, 0, 0, 9, 8, 0),
    (0, 4, 12, 0, 0, 8, 8, 0),
    (0, 3, 15, 2, 0, 11, 8, 0),
    (0, 0, 13, 15, 10, 15, 5, 0),
    (0, 0, 5, 13, 9, 1, 0, 0),
)
_OPERATORS = (
    ("CONV_2D", 57_600, 46_000, 36_864, (1, 8, 8, 8)),
    ("DEPTHWISE_CONV_2D", 31_200, 22_000, 4_608, (1, 8, 8, 8)),
    ("FULLY_CONNECTED", 5_200, 4_000, 1_280, (1, 10)),
    ("SOFTMAX", 4_800, 3_500, 0, (1, 10)),
)


def full_result() -> Result:
    """Return a result without a single null that could be filled."""
    cycles = 100_000
    output = output_from_raw(
        index=0,
        name="Identity",
        dtype="int8",
        shape=(1, 10),
        scale=1 / 256,
        zero_point=-128,
        values_raw=(124, -128, -128, -127, -128, -128, -125, -128, -128, -128),
    )
    issues = (
        make_issue("timing.unvalidated"),
        make_issue("timing.level_reduced"),
    )
    return Result(
        command=("sim", "run", "--platform", "stm32f746"),
        platform=PlatformInfo(
            id="stm32f746",
            name="STM32F746 (STM32F746G-DISCO)",
            core="cortex-m7f",
            clock_hz=CLOCK_HZ,
            supply_volts=3.3,
            validation=Validation(
                status="unvalidated", note="Cycle counts were not compared with this board."
            ),
        ),
        engine=EngineInfo(name="embedded", version="Unicorn 2.1.3", level="full"),
        cycles=cycles,
        instructions=76_000,
        cpi=cycles / 76_000,
        latency_seconds=cycles / CLOCK_HZ,
        energy_joules=1.5e-4,
        energy_uncertainty=2.2e-5,
        power_watts=0.324,
        battery=Battery(
            name="cr2032",
            capacity_ampere_hours=0.22,
            period_seconds=10.0,
            sleep_amperes=1.2e-4,
            average_amperes=1.25e-4,
            life_seconds=6.3e6,
        ),
        inputs=(
            Input(
                index=0,
                name="image",
                dtype="int8",
                shape=(1, 8, 8, 1),
                kind="demo",
                sha256="1" * 64,
                preview=grey_preview([level for row in DIGIT for level in row], (1, 8, 8, 1)),
            ),
        ),
        outputs=(output,),
        inferences=(
            Inference(
                index=0,
                input_index=0,
                cycles=cycles,
                instructions=76_000,
                latency_seconds=cycles / CLOCK_HZ,
                energy_joules=1.5e-4,
                outputs=(output,),
            ),
        ),
        operators=tuple(
            Operator(
                index=index,
                name=name,
                cycles=operator_cycles,
                share=operator_cycles / cycles,
                instructions=instructions,
                energy_joules=operator_cycles * 1.5e-9,
                macs=macs,
                cycles_per_mac=operator_cycles / macs if macs else None,
                output_shape=output_shape,
            )
            for index, (name, operator_cycles, instructions, macs, output_shape) in enumerate(_OPERATORS)
        ),
        memory=Memory(
            arena_used_bytes=5_200,
            arena_size_bytes=65_536,
            stack_high_water_bytes=1_208,
            model_bytes=5_600,
            flash_used_bytes=132_312,
            flash_total_bytes=1 << 20,
            ram_used_bytes=14_000,
            ram_total_bytes=336 << 10,
            icache_hit_rate=0.998,
            dcache_hit_rate=0.971,
            stall_cycles=4_000,
            events={"flash_fetch_lines": 321, "stall_cycles": 4_000},
        ),
        instruction_mix={"alu": 38_000, "load": 18_000, "mac": 9_000, "branch": 6_000, "store": 5_000},
        functions=(
            Function(
                name="main",
                address=0x0800_0100,
                cycles=600,
                share=0.6,
                instructions=500,
                calls=1,
                energy_joules=3e-7,
            ),
        ),
        channels=(Channel(name="semihosting", text="hello\n"),),
        uart="ready\n",
        log="",
        stop_reason=StopReason.COMPLETED,
        stop_detail="all inferences are done",
        validity=validity_of(issues),
        issues=issues,
        verification=Verification(
            reference="tflite-micro 0.1",
            equal=False,
            tolerance=0.0,
            compared_values=10,
            different_values=2,
            largest_difference=3,
            first_diverging_operator=1,
            first_diverging_name="DEPTHWISE_CONV_2D",
        ),
        provenance=Provenance(
            boardless_version="0.1.0",
            image_sha256="2" * 64,
            image_name="runner-cortex-m7f.elf",
            model_sha256="3" * 64,
            model_path="digits.tflite",
            platform_sha256="4" * 64,
            runtime=Runtime(name="TensorFlow Lite Micro", commit="5" * 40, date="2020-05-01"),
            kernels="optimized",
            timing_model="timing 1",
            energy_model="energy 1",
            inputs=(InputSource(kind="demo", source="digit 0", sha256="1" * 64),),
        ),
        limits=Limits(timeout_cycles=10_000_000_000, wall_timeout_seconds=60.0),
        host=Host(wall_seconds=0.5, simulation_seconds=0.1, python="3.11.7", system="Linux x86_64"),
    )


def small_result() -> Result:
    """Return a result in which everything that may be null is."""
    return Result(
        platform=PlatformInfo(
            id="rp2040",
            name="RP2040 (Raspberry Pi Pico)",
            core="cortex-m0plus",
            clock_hz=125_000_000,
            validation=Validation(status="unvalidated"),
        ),
        engine=EngineInfo(name="embedded", level="timing"),
        memory=Memory(),
        stop_reason=StopReason.CYCLE_LIMIT,
        validity=validity_of([make_issue("run.cycle_limit")]),
        issues=(make_issue("run.cycle_limit"),),
        provenance=Provenance(boardless_version="0.1.0"),
        limits=Limits(),
    )
