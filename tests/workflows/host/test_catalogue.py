import sys
from pathlib import Path

import pytest

from workflows.errors import CatalogueError
from workflows.host import catalogue
from workflows.host.models import Effect

MANIFEST = """
name = "enhanced-git"
description = "Git"
module = "servers.enhanced_git"
timeout = 20
retry_count = 2
in_flight = 3
env = ["WORKSPACE_ROOTS"]
secrets = ["TOKEN"]
[tools.git_status]
class = "R"
required = true
replay_safe = true
timeout = 10
[tools.git_add]
class = "W"
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_becomes_a_configuration(tmp_path: Path) -> None:
    (config,) = catalogue.read(write(tmp_path, "server.toml", MANIFEST))
    assert config.command == sys.executable
    assert config.args == ["-P", "-m", "servers.enhanced_git"]
    assert (config.timeout, config.retry_count, config.in_flight, config.lazy) == (20, 2, 3, True)
    assert config.env == {}
    assert config.env_names == ("WORKSPACE_ROOTS",)
    assert config.secret_names == ("TOKEN",)
    status = config.tools["git_status"]
    assert (status.effect, status.required, status.replay_safe, status.timeout) == (Effect.READ, True, True, 10)
    assert config.tools["git_add"].effect is Effect.WRITE
    assert not config.tools["git_add"].replay_safe


def test_several_servers_fit_in_one_file(tmp_path: Path) -> None:
    text = '[[servers]]\nname = "a"\ncommand = "/bin/a"\n[[servers]]\nname = "b"\ncommand = "/bin/b"\nargs = ["x"]\n'
    first, second = catalogue.read(write(tmp_path, "servers.toml", text))
    assert (first.name, first.command) == ("a", "/bin/a")
    assert (second.name, second.args) == ("b", ["x"])


def test_a_file_of_other_hosts_is_read(tmp_path: Path) -> None:
    text = """{"mcpServers": {
      "time": {"type": "stdio", "command": "uvx", "args": ["mcp-server-time"], "env": {"TZ": "UTC"},
               "tools": {"get_current_time": {"class": "R", "replay_safe": true}}},
      "off": {"command": "x", "disabled": true}}}"""
    (config,) = catalogue.read(write(tmp_path, "servers.json", text))
    assert (config.name, config.command, config.args) == ("time", "uvx", ["mcp-server-time"])
    assert config.env == {"TZ": "UTC"}
    assert config.tools["get_current_time"].replay_safe


def test_values_of_the_environment_are_not_shown() -> None:
    from workflows.host.models import MCPServerConfig

    assert "hush" not in repr(MCPServerConfig(name="a", command="x", env={"KEY": "hush"}))


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("s.toml", "name = ", "not valid TOML"),
        ("s.toml", 'name = "a"', "command"),
        ("s.toml", 'name = "../x"\ncommand = "x"', "name"),
        ("s.toml", 'name = "a"\ncommand = "x"\ntypo = 1', "typo"),
        ("s.toml", 'name = "a"\ncommand = "x"\n[tools.t]\nclass = "Z"', r"tools\.t\.class"),
        ("s.toml", "servers = [1]", "table"),
        ("s.json", "{", "not valid JSON"),
        ("s.json", "[]", "mcpServers"),
        ("s.json", '{"mcpServers": {"a": {"url": "https://x"}}}', "stdio"),
        ("s.json", '{"mcpServers": {"a": 1}}', "not an object"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_file_and_field(
    tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(CatalogueError, match=complaint) as caught:
        list(catalogue.read(path))
    assert caught.value.source == str(path)


def test_a_file_that_is_not_there_or_not_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        list(catalogue.read(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogueError, match="cannot be read"):
        list(catalogue.read(tmp_path / "bad.toml"))
    (tmp_path / "big.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(CatalogueError, match="larger"):
        list(catalogue.read(tmp_path / "big.toml"))


def test_bundled_servers_have_unique_names_and_required_tools_of_harmless_kinds() -> None:
    configs = catalogue.load()
    assert len({config.name for config in configs}) == len(configs)
    for config in configs:
        assert config.module is not None
        assert config.module.startswith("servers.")
        assert config.args[0] == "-P"


def test_the_operators_server_replaces_a_bundled_one_and_keeps_its_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bundled,) = catalogue.read(write(tmp_path, "bundled.toml", MANIFEST))
    monkeypatch.setattr(catalogue, "bundled", lambda: iter([bundled]))
    text = '{"mcpServers": {"enhanced-git": {"command": "mine"}, "other": {"command": "x"}}}'
    first, second = catalogue.load(write(tmp_path, "mine.json", text))
    assert first.command == "mine"
    assert first.tools == bundled.tools
    assert second.name == "other"
    assert catalogue.load() == (bundled,)
