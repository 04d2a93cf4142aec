"""Colours keep WCAG's contrast on page and card, light and dark: calculated from the stylesheet itself."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("templates") / "static" / "site.css").read_text(encoding="utf-8")
TEXT_RATIO = 4.5
GRAPHIC_RATIO = 3.0
"""Source: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""


def scheme(name: str) -> dict[str, str]:
    """The colour variables of a scheme; dark and print override the light ones."""
    blocks = {
        "light": CSS.split("@media", 1)[0],
        "dark": CSS.split("@media (prefers-color-scheme: dark)", 1)[1].split("\n}\n", 1)[0],
        "print": CSS.split("@media print", 1)[1],
    }
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks["light"]))
    return found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[name]))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_is_the_standard_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("ground", ["page", "card"])
@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_colour_can_be_told_from_its_ground(name: str, ground: str) -> None:
    colours = scheme(name)
    texts = [c for c in colours if c in {"text", "muted", "link"} or c.endswith("-text")]
    bars = [c for c in colours if c.endswith("-bar")]
    assert len(texts) >= 8
    assert len(bars) >= 6
    for colour in texts:
        assert contrast(colours[colour], colours[ground]) >= TEXT_RATIO, (name, colour)
    for colour in bars:
        assert contrast(colours[colour], colours[ground]) >= GRAPHIC_RATIO, (name, colour)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_sign_can_be_read_on_its_disc(name: str) -> None:
    colours = scheme(name)
    for bar in ("ok-bar", "warn-bar", "bad-bar", "info-bar", "worst-bar"):
        assert contrast(colours["page"], colours[bar]) >= TEXT_RATIO, (name, bar)
