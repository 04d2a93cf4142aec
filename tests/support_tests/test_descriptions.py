from __future__ import annotations

from pathlib import Path

import pytest

from support.github import DescriptionsError, descriptions
from support.github.api import ALL
from support.github.openapi import body_problems, match


def test_every_route_of_the_stand_in_is_one_github_describes() -> None:
    assert set(ALL) <= set(descriptions.load().operations)
    assert len(ALL) >= 70


def test_another_hash_than_the_pinned_one_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = "@octokit/webhooks-schemas@7.6.1"
    _, member = descriptions.PACKAGES[package]
    monkeypatch.setitem(descriptions.PACKAGES, package, ("sha512-other", member))
    with pytest.raises(DescriptionsError, match="another hash"):
        descriptions._file_of(package, tmp_path)


def test_no_npm_stops_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(descriptions, "CACHE", tmp_path / "cache")
    with pytest.raises(DescriptionsError, match="npm is missing"):
        descriptions.ensure()
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["lock"]


def test_the_description_refuses_what_it_should() -> None:
    found = match("POST", "/repos/o/r/check-runs")
    assert found is not None
    assert body_problems(found, {"name": "x", "head_sha": "y"}) == []
    assert body_problems(found, {"name": "x"}) == ["body: 'head_sha' is a required property"]
    assert body_problems(found, {"name": "x", "head_sha": "y", "status": "done"}) != []
