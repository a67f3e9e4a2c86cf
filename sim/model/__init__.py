"""Facts about ``.tflite`` models, read from verified files."""

from __future__ import annotations

from sim.model.checks import check_operators
from sim.model.cost import activation_lower_bound_bytes, model_macs, operator_macs, parameter_count
from sim.model.model import Model, Operator, Tensor
from sim.model.support import (
    SupportedOperator,
    Unsupported,
    check_supported,
    load_operators,
    require_supported,
)

__all__ = [
    "Model",
    "Operator",
    "SupportedOperator",
    "Tensor",
    "Unsupported",
    "activation_lower_bound_bytes",
    "check_operators",
    "check_supported",
    "load_operators",
    "model_macs",
    "operator_macs",
    "parameter_count",
    "require_supported",
]
