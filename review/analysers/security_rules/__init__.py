"""Facts of our own security rules: what a finding says, how bad it is, and a bad and a good sample of each."""

from __future__ import annotations

from review.analysers.security_rules import go, javascript, jvm, python, scripting, systems
from review.analysers.security_rules.model import SecurityRule

RULES: tuple[SecurityRule, ...] = (
    *python.RULES,
    *javascript.RULES,
    *go.RULES,
    *jvm.RULES,
    *scripting.RULES,
    *systems.RULES,
)
"""Every rule. Its pattern is in ``servers/simple_warp/engines/ast_grep/rules``, under the same name."""
