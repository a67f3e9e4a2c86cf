"""The energy model: anchors from published measurements, linearity, and the shape over classes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.energy import EnergyModel
from sim.energy.model import reference_flash_lines_per_cycle
from sim.energy.reference import CLASS_WEIGHTS, REFERENCE_MIX
from sim.platform import Platform, load_platform, platform_ids
from sim.timing.cores import CORE_NAMES
from sim.timing.instruction import InstructionClass
from sim.timing.typical import typical_cycles_per_instruction


@dataclass(frozen=True)
class Counts:
    """A span by hand."""

    cycles: int
    class_counts: tuple[int, ...] = (0,) * len(InstructionClass)
    memory_events: dict[str, int] = field(default_factory=dict)


def typical(platform: Platform, cycles: int) -> Counts:
    """A span of the reference mix."""
    instructions = cycles / typical_cycles_per_instruction(platform.core)
    lines = round(reference_flash_lines_per_cycle(platform) * cycles)
    return Counts(
        cycles=cycles,
        class_counts=tuple(round(REFERENCE_MIX.get(kind, 0.0) * instructions) for kind in InstructionClass),
        memory_events={"flash_fetch_lines": lines},
    )


@pytest.mark.parametrize("core", CORE_NAMES)
def test_every_core_has_a_reference_for_boards_to_come(core: str) -> None:
    assert 0.5 < typical_cycles_per_instruction(core) < 2


@pytest.mark.parametrize("board", [name for name in platform_ids() if load_platform(name).energy is not None])
def test_the_reference_mix_costs_the_boards_energy_per_cycle(board: str) -> None:
    platform = load_platform(board)
    clock_hz = platform.clock.default_hz
    cycles = 100_000_000
    expected = cycles * platform.power.picojoules_per_cycle * 1e-12
    expected += platform.power.static_watts * cycles / clock_hz
    estimate = EnergyModel(platform, clock_hz).energy_of(typical(platform, cycles))
    assert estimate.joules == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("board", "clock_hz", "inferences_per_second", "microjoules"),
    [
        # MLPerf Tiny v0.5, reference submission (TFLite Micro): anomaly, image, keyword, visual wake words.
        ("stm32l4r5", 120_000_000, 99.49, 416.3),
        ("stm32l4r5", 120_000_000, 1.420, 29207),
        ("stm32l4r5", 120_000_000, 5.497, 7373.7),
        ("stm32l4r5", 120_000_000, 1.665, 24313),
        # MLPerf Tiny v1.2, STMicroelectronics.
        ("stm32l4r5", 120_000_000, 190.1, 203.4),
        ("stm32l4r5", 120_000_000, 6.056, 6919),
        ("stm32l4r5", 120_000_000, 23.16, 1820),
        ("stm32l4r5", 120_000_000, 11.25, 3895),
        ("stm32u575", 160_000_000, 291.6, 81.9),
        ("stm32u575", 160_000_000, 9.003, 2579),
        ("stm32u575", 160_000_000, 34.42, 656),
        ("stm32u575", 160_000_000, 16.87, 1355),
    ],
)
def test_a_published_inference_is_met_within_the_stated_uncertainty(
    board: str, clock_hz: int, inferences_per_second: float, microjoules: float
) -> None:
    platform = load_platform(board)
    span = typical(platform, round(clock_hz / inferences_per_second))
    estimate = EnergyModel(platform, clock_hz).energy_of(span)
    assert abs(estimate.joules - microjoules * 1e-6) < estimate.uncertainty_joules
    assert estimate.uncertainty_joules < 0.2 * estimate.joules


@pytest.mark.parametrize(
    ("board", "clock_hz", "milliamperes", "volts"),
    [
        ("stm32f103", 72_000_000, 27.0, 3.3),
        ("stm32f103", 48_000_000, 18.6, 3.3),
        ("stm32f103", 24_000_000, 10.1, 3.3),
        ("stm32f103", 8_000_000, 4.6, 3.3),
        ("stm32f746", 216_000_000, 90.0, 3.3),
        ("stm32f746", 144_000_000, 51.0, 3.3),
        ("stm32f746", 60_000_000, 23.0, 3.3),
        ("nrf52840", 64_000_000, 3.3, 3.0),
        ("rp2040", 125_000_000, 23.0, 5.0),
        ("rp2040", 48_000_000, 9.0, 5.0),
    ],
)
def test_a_datasheet_current_is_met_within_the_stated_uncertainty(
    board: str, clock_hz: int, milliamperes: float, volts: float
) -> None:
    platform = load_platform(board)
    one_second = EnergyModel(platform, clock_hz).energy_of(typical(platform, clock_hz))
    assert abs(one_second.joules - milliamperes * 1e-3 * volts) < one_second.uncertainty_joules


def test_data_processing_draws_as_much_more_than_an_empty_loop_as_was_measured() -> None:
    platform = load_platform("stm32l4r5")
    model = EnergyModel(platform, 120_000_000)
    cycles = 3_000_000
    taken_branches = tuple(cycles // 3 if kind is InstructionClass.BRANCH else 0 for kind in InstructionClass)
    loop = model.energy_of(Counts(cycles, taken_branches)).breakdown
    busy = model.energy_of(typical(platform, cycles)).breakdown
    ratio = (busy["core"] + busy["instructions"]) / (loop["core"] + loop["instructions"])
    # ST DS12288 Tables 24: CoreMark 171 uA/MHz, While(1) 138 uA/MHz.
    assert ratio == pytest.approx(171 / 138, rel=0.01)


def test_classes_cost_in_the_measured_ratios() -> None:
    model = EnergyModel(load_platform("stm32g0b1"), 64_000_000)

    def cost(kind: InstructionClass) -> float:
        counts = tuple(int(kind is other) for other in InstructionClass)
        return model.energy_of(Counts(0, counts)).joules

    alu = cost(InstructionClass.ALU)
    for kind, ratio in {
        InstructionClass.SHIFT: 1.55,
        InstructionClass.MUL: 1.55,
        InstructionClass.LOAD: 1.80,
        InstructionClass.STORE: 2.08,
    }.items():
        assert cost(kind) / alu == pytest.approx(ratio)


def test_every_class_has_a_weight() -> None:
    assert set(CLASS_WEIGHTS) == set(InstructionClass)
    assert math.isclose(sum(REFERENCE_MIX.values()), 1.0)


spans = st.builds(
    Counts,
    st.integers(0, 10**10),
    st.tuples(*[st.integers(0, 10**9)] * len(InstructionClass)),
    st.fixed_dictionaries(
        {"flash_fetch_lines": st.integers(0, 10**8), "dcache_misses": st.integers(0, 10**8)}
    ),
)


@given(spans, spans)
def test_operators_add_up_to_the_inference(first: Counts, second: Counts) -> None:
    both = Counts(
        first.cycles + second.cycles,
        tuple(a + b for a, b in zip(first.class_counts, second.class_counts, strict=True)),
        {name: count + second.memory_events[name] for name, count in first.memory_events.items()},
    )
    model = EnergyModel(load_platform("stm32f746"), 216_000_000)
    parts = [model.energy_of(first), model.energy_of(second)]
    whole = model.energy_of(both)
    assert whole.joules == pytest.approx(sum(part.joules for part in parts))
    assert whole.uncertainty_joules == pytest.approx(sum(part.uncertainty_joules for part in parts))
    assert whole.joules == pytest.approx(sum(whole.breakdown.values()))


def test_only_static_energy_depends_on_the_clock() -> None:
    platform = load_platform("stm32f103")
    span = typical(platform, 1_000_000)
    fast = EnergyModel(platform, 72_000_000).energy_of(span).breakdown
    slow = EnergyModel(platform, 36_000_000).energy_of(span).breakdown
    assert slow["static"] == pytest.approx(2 * fast["static"])
    assert {name: slow[name] for name in ("core", "instructions", "flash")} == {
        name: fast[name] for name in ("core", "instructions", "flash")
    }


def test_without_a_data_cache_every_flash_read_is_a_line() -> None:
    span = Counts(0, memory_events={"flash_reads": 10, "dcache_misses": 3})
    uncached = load_platform("stm32f103")
    cached = load_platform("stm32l4r5")
    assert EnergyModel(uncached, 72_000_000).energy_of(span).joules == pytest.approx(10 * 634e-12)
    assert EnergyModel(cached, 120_000_000).energy_of(span).joules == pytest.approx(3 * 173e-12)


def test_nothing_executed_costs_nothing() -> None:
    estimate = EnergyModel(load_platform("stm32l4r5"), 120_000_000).energy_of(Counts(0))
    assert estimate.joules == estimate.uncertainty_joules == 0.0
