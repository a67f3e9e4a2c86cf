"""Where Renode is looked for, and what is said when it is nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.errors import EnvironmentMissingError, ExitCode
from sim.machine.renode.installation import find_renode, parse_version
from tests.support.fake_renode import BEHAVIOUR_VARIABLE, VERSION, install_fake_renode


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without Renode: an empty home, and a PATH with nothing but a shell's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("RENODE_PATH", raising=False)
    monkeypatch.delenv(BEHAVIOUR_VARIABLE, raising=False)
    return home


def keep_with_renode_run(home: Path, config: dict[str, object] | str) -> None:
    folder = home / ".config" / "renode"
    folder.mkdir(parents=True)
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "renode-run.json").write_text(text, encoding="utf-8")


def test_renode_path_may_name_the_launcher_or_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launcher = install_fake_renode(tmp_path)
    for named in (launcher, tmp_path):
        monkeypatch.setenv("RENODE_PATH", str(named))
        found = find_renode()
        assert (found.path, found.version) == (launcher, f"{VERSION}.12345")


def test_a_renode_path_without_a_launcher_is_refused_even_if_there_is_one_on_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install_fake_renode(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("RENODE_PATH", str(tmp_path / "elsewhere"))
    with pytest.raises(EnvironmentMissingError, match="elsewhere"):
        find_renode()


def test_the_launcher_on_path_comes_before_what_renode_run_keeps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nowhere: Path
) -> None:
    launcher = install_fake_renode(tmp_path)
    keep_with_renode_run(nowhere, {"version": "2.0", "installations": {"/nowhere": {}}})
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_renode().path == launcher


@pytest.mark.parametrize("entry", ["default", "installations"])
def test_the_copy_of_renode_run_is_found(tmp_path: Path, nowhere: Path, entry: str) -> None:
    kept = tmp_path / "renode-run.download" / "renode-1.16.1"
    kept.mkdir(parents=True)
    launcher = install_fake_renode(kept)
    values: dict[str, object] = {
        "default": {"dotnet-portable": str(kept)},
        "installations": {str(kept): {"version": "1.16.1", "variant": "dotnet-portable"}},
    }
    keep_with_renode_run(nowhere, {"version": "2.0", entry: values[entry]})
    assert find_renode().path == launcher


@pytest.mark.parametrize("config", ["", "{", '{"default": {"dotnet-portable": "/removed"}}'])
def test_without_renode_the_command_that_installs_it_is_given(nowhere: Path, config: str) -> None:
    keep_with_renode_run(nowhere, config)
    with pytest.raises(EnvironmentMissingError) as raised:
        find_renode()
    assert raised.value.exit_code is ExitCode.ENVIRONMENT
    assert "renode-run download" in raised.value.hint
    assert "RENODE_PATH" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Renode v1.16.1.31234\n  build: 1a2b3c4d", "1.16.1.31234"),
        ("Renode, version 1.6.2.31189 (613872ab-201901101719)", "1.6.2.31189"),
        ("Unexpected options detected: --version\n\nusage: Renode.exe [options] [script]", None),
    ],
)
def test_versions_are_read_from_what_each_generation_prints(text: str, version: str | None) -> None:
    assert parse_version(text) == version
