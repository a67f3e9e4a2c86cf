"""What ``pyproject.toml`` cannot say: the C extension, and the data folders at the top of the repository."""

from setuptools import Extension, find_packages, setup

setup(
    packages=[*find_packages(include=["sim", "sim.*"]), "sim._data.firmware", "sim._data.platforms"],
    package_dir={"sim._data.firmware": "firmware/prebuilt", "sim._data.platforms": "platforms"},
    ext_modules=[
        Extension(
            "sim.machine.embedded._hot",
            sources=["sim/machine/embedded/_hot.c"],
            extra_compile_args=["-O2"],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
