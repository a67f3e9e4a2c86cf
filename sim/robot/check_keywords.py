"""Keywords that check what an inference answered and what it cost."""

from __future__ import annotations

from pathlib import Path

from sim.checks import (
    ARENA,
    CYCLES,
    ENERGY,
    LATENCY,
    require_below,
    require_label,
    require_operator_cycles_below,
    require_output,
    require_reference_output,
)
from sim.inputs.files import read_npy
from sim.result import Result
from sim.robot.boards import Boards
from sim.robot.keyword import keyword
from sim.robot.quantities import Count, Duration, Energy, Size


class CheckKeywords:
    """Keywords on the last result of the current board."""

    _boards: Boards

    @keyword
    def inference_output_should_match(
        self,
        expected: list[float] | Path,
        *,
        relative: float | None = None,
        absolute: float | None = None,
        output: int = 0,
        inference: int | None = None,
    ) -> None:
        """Fails unless an output has the expected values, in every inference or in the one of that number.

        ``expected`` is a list of numbers or a ``.npy`` file, with real numbers: dequantised where the output
        is quantised. A value may differ by the larger of ``relative`` times the expected value and
        ``absolute``. With neither, half a step of a quantised output is allowed, and a millionth of each
        value otherwise.

        | Inference Output Should Match | [0.02, 0.97, 0.01] | absolute=0.01 |
        | Inference Output Should Match | ${CURDIR}/expected.npy | output=1 |
        """
        values = read_npy(expected) if isinstance(expected, Path) else expected
        require_output(
            self._result,
            values,
            relative=relative,
            absolute=absolute,
            output=output,
            inference=inference,
        )

    @keyword
    def output_should_match_reference(self) -> None:
        """Fails unless every output agrees with the ``tflite-micro`` interpreter on this machine.

        Integers have to be equal, floating-point values to a hundred-thousandth of the largest. A failure
        names the first operator whose result differs. Needs the extra ``verify``.
        """
        _ = self._result  # there has to be one
        require_reference_output(self._boards.current.verified())

    @keyword
    def predicted_label_should_be(self, label: str, *, output: int = 0, inference: int | None = None) -> None:
        """Fails unless the largest value of an output belongs to this class.

        Every inference has to predict it, or the one whose number, from 0, is given.

        Without labels (see `Load Model`), a class is called by its index, from 0.

        | Predicted Label Should Be | yes |
        """
        require_label(self._result, label, output=output, inference=inference)

    @keyword
    def cycle_count_should_be_below(self, limit: Count) -> None:
        """Fails unless the inference takes fewer core cycles.

        | Cycle Count Should Be Below | 2M |
        """
        require_below(self._result, CYCLES, limit)

    @keyword
    def latency_should_be_below(self, limit: Duration) -> None:
        """Fails unless the inference takes less time at the clock of the board.

        | Latency Should Be Below | 30 ms |
        """
        require_below(self._result, LATENCY, limit)

    @keyword
    def energy_should_be_below(self, limit: Energy) -> None:
        """Fails unless the inference takes less energy, as modelled.

        | Energy Should Be Below | 5 mJ |
        """
        require_below(self._result, ENERGY, limit)

    @keyword
    def arena_use_should_be_below(self, limit: Size) -> None:
        """Fails unless the runtime uses less of the tensor arena.

        | Arena Use Should Be Below | 64 KiB |
        """
        require_below(self._result, ARENA, limit)

    @keyword
    def operator_cycles_should_be_below(self, operator: str, limit: Count) -> None:
        """Fails unless an operator takes fewer core cycles.

        ``operator`` is an index, from 0, or a name such as ``CONV_2D``: then each operator of that name has
        to.

        | Operator Cycles Should Be Below | 2 | 500k |
        | Operator Cycles Should Be Below | FULLY_CONNECTED | 20k |
        """
        require_operator_cycles_below(self._result, operator, limit)

    @property
    def _result(self) -> Result:
        return self._boards.current.result
