"""Accuracy as the benchmark defines it: top-1 of classes, area under the ROC curve of anomaly scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

QUALITY_TARGETS = {"kws": ("top-1", 0.90), "ic": ("top-1", 0.85), "vww": ("top-1", 0.80), "ad": ("AUC", 0.85)}
"""Metric and least value in the closed division. Source: MLPerf Tiny rules, "Quality targets"."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well a device answered.

    Attributes
    ----------
    metric
        ``top-1`` or ``AUC``.
    value
        Between 0 and 1; None where it is not defined, such as an AUC of one class alone.
    target
        Least value of the benchmark's closed division.
    inputs
        Labelled files that were run.
    """

    metric: str
    value: float | None
    target: float
    inputs: int


def measure_accuracy(benchmark: str, labels: Sequence[int], scores: Sequence[Sequence[float]]) -> Accuracy:
    """Return a benchmark's metric over labelled outputs.

    Parameters
    ----------
    scores
        One output per label: one score per class, or a single anomaly score (label 1 is anomalous).
    """
    metric, target = QUALITY_TARGETS[benchmark]
    if metric == "AUC":
        value = area_under_curve(labels, [score[0] for score in scores])
    else:
        hits = sum(
            max(range(len(score)), key=score.__getitem__) == label
            for label, score in zip(labels, scores, strict=True)
        )
        value = hits / len(labels)
    return Accuracy(metric, value, target, len(labels))


def area_under_curve(labels: Sequence[int], scores: Sequence[float]) -> float | None:
    """Return the probability that a positive scores above a negative, ties counted half (Mann-Whitney U)."""
    positives = [score for label, score in zip(labels, scores, strict=True) if label]
    negatives = [score for label, score in zip(labels, scores, strict=True) if not label]
    if not positives or not negatives:
        return None
    wins = sum((high > low) + 0.5 * (high == low) for high in positives for low in negatives)
    return wins / (len(positives) * len(negatives))
