"""What an uploaded file is."""

from __future__ import annotations

from sim.errors import ModelError
from sim.model import Model, Tensor
from sim.service.store import StoredArtifact
from sim.v1 import simulator_pb2 as pb

_TFLITE_MAGIC = b"TFL3"
_ELF_MAGIC = b"\x7fELF"


def describe_artifact(stored: StoredArtifact) -> pb.Artifact:
    """Describe a stored file by its content."""
    artifact = pb.Artifact(name=f"artifacts/{stored.sha256}", size_bytes=stored.size_bytes)
    artifact.create_time.FromMicroseconds(stored.create_time_us)
    with stored.path.open("rb") as file:
        head = file.read(8)
    if head[4:8] == _TFLITE_MAGIC:
        artifact.format = "tflite"
        try:
            artifact.model.CopyFrom(_model_info(Model.load(stored.path)))
        except ModelError:
            artifact.ClearField("model")
    elif head.startswith(_ELF_MAGIC):
        artifact.format = "elf"
    return artifact


def _model_info(model: Model) -> pb.ModelInfo:
    return pb.ModelInfo(
        description=model.description,
        inputs=[_tensor_info(tensor) for tensor in model.input_tensors],
        outputs=[_tensor_info(tensor) for tensor in model.output_tensors],
        operators=[operator.custom_name or operator.name for operator in model.operators],
    )


def _tensor_info(tensor: Tensor) -> pb.TensorInfo:
    info = pb.TensorInfo(
        name=tensor.name, dtype=tensor.dtype, shape=tensor.shape, size_bytes=tensor.size_bytes
    )
    if len(tensor.scales) == 1:
        info.scale, info.zero_point = tensor.scales[0], tensor.zero_points[0]
    return info
