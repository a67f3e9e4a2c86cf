"""Published MLPerf Tiny images boot unmodified; they are not part of the repository.

``BOARDLESS_MLPERF_IMAGES`` names a folder with a table ``images.csv``: file, platform, benchmark, and the
published median throughput in inferences per second.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from sim.mlperf import MlperfRequest, run_mlperf

_VARIABLE = "BOARDLESS_MLPERF_IMAGES"
_FOLDER = os.environ.get(_VARIABLE)
_LOOSE_RELATIVE_ERROR = 0.25
"""Far above the model's error: wrong clocks or a lost cache are wrong by more."""


def _rows() -> list[dict[str, str]]:
    if _FOLDER is None:
        return []
    with (Path(_FOLDER) / "images.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.mark.skipif(_FOLDER is None, reason=f"{_VARIABLE} names no folder of published images")
@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row['platform']}-{row['file']}")
def test_a_published_image_runs_to_its_results_in_about_the_published_time(row: dict[str, str]) -> None:
    assert _FOLDER is not None
    report = run_mlperf(
        MlperfRequest(row["platform"], Path(_FOLDER) / row["file"], row["benchmark"], iterations=1)
    )
    published = float(row["inferences_per_second"])
    assert report.inferences_per_second == pytest.approx(published, rel=_LOOSE_RELATIVE_ERROR)
    assert report.scores
    assert not [issue for issue in report.issues if issue.code == "firmware.clock_differs"]
