"""Scores are between 0 and 100, and more or worse findings never raise one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from review.models import Category, Confidence, Finding, Severity
from review.scoring import quality_score, security_score
from support.changes import finding

FINDINGS = st.builds(
    lambda severity, confidence, category: finding(severity=severity, confidence=confidence, category=category),
    st.sampled_from(list(Severity)),
    st.sampled_from(list(Confidence)),
    st.sampled_from(list(Category)),
)


def both(findings: list[Finding], lines: int) -> tuple[float, float]:
    return security_score(findings), quality_score(findings, lines)


@given(st.lists(FINDINGS, max_size=40), FINDINGS, st.integers(0, 100_000))
def test_one_finding_more_never_raises_a_score(findings: list[Finding], more: Finding, lines: int) -> None:
    before, after = both(findings, lines), both([*findings, more], lines)
    assert all(0 <= b <= a <= 100 for a, b in zip(before, after, strict=True))
    assert min(after) < 100


@given(FINDINGS, st.integers(0, 10_000))
def test_a_worse_or_surer_finding_never_raises_a_score(one: Finding, lines: int) -> None:
    for severity in Severity:
        if severity.rank > one.severity.rank:
            worse = one.model_copy(update={"severity": severity})
            assert all(b <= a for a, b in zip(both([one], lines), both([worse], lines), strict=True))
    surer = one.model_copy(update={"confidence": Confidence.HIGH})
    assert all(b <= a for a, b in zip(both([one], lines), both([surer], lines), strict=True))


def test_the_scale_is_what_the_page_says() -> None:
    critical = finding(severity=Severity.CRITICAL, category=Category.SECRET)
    assert both([], 0) == (100, 100)
    assert both([critical], 10) == (30.1, 100)
    assert both([finding(severity=Severity.HIGH)], 10) == (100, 60.7)
    assert quality_score([finding(severity=Severity.HIGH)], 10_000) > 90
