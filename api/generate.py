"""Generates the stubs in ``sim/v1`` from the ``.proto`` files: ``python api/generate.py [DIRECTORY]``."""

from __future__ import annotations

import sys
from pathlib import Path

import google.rpc
import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

API = Path(__file__).resolve().parent
ROOT = API.parent
PROTO_FILES = ("sim/v1/result.proto", "sim/v1/mlperf.proto", "sim/v1/simulator.proto")


def generate(out: Path) -> None:
    """Write all stubs below a directory.

    Parameters
    ----------
    out
        Directory that holds, or is to hold, the package ``sim``.

    Raises
    ------
    SystemExit
        The compiler refuses the files.
    """
    _compile(*(f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")))
    for name in ("result", "mlperf"):  # a file without services has an empty service stub
        (out / f"sim/v1/{name}_pb2_grpc.py").unlink()


def describe(scratch: Path) -> list[FileDescriptorProto]:
    """Return the descriptors of the files, with their comments.

    Parameters
    ----------
    scratch
        File to write on the way.
    """
    _compile(f"--descriptor_set_out={scratch}", "--include_source_info")
    return list(FileDescriptorSet.FromString(scratch.read_bytes()).file)


def _compile(*outputs: str) -> None:
    well_known = Path(next(iter(grpc_tools.__path__))) / "_proto"
    googleapis = Path(next(iter(google.rpc.__path__))).parents[1]
    includes = [f"-I{path}" for path in (API, well_known, googleapis)]
    if protoc.main(["protoc", *includes, *outputs, *PROTO_FILES]) != 0:
        raise SystemExit("protoc failed")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
