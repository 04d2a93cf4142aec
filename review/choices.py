"""What a caller may choose for one review, on top of the repository's configuration; names are checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from review.config import ReviewConfig
from review.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Choices:
    """Options of a command line or an Action. Empty means: as the repository says."""

    fail_on: str | None = None
    only: tuple[str, ...] = ()
    """Names of analysers."""
    skip: tuple[str, ...] = ()
    all_lines: bool = False

    def check(self, known: Collection[str]) -> None:
        """Refuse names of analysers that do not exist.

        Raises:
            ConfigError: names the unknown one, and the nearest or all there are.
        """
        for option, names in (("only", self.only), ("skip", self.skip)):
            for name in names:
                if name not in known:
                    near = get_close_matches(name, sorted(known), n=1)
                    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
                    raise ConfigError(f"{option}: no analyser is named {name!r}; {hint}")

    def over(self, config: ReviewConfig) -> ReviewConfig:
        """The configuration with these choices on top."""
        changes: dict[str, object] = {"skip": (*config.skip, *self.skip)}
        if self.only:
            changes["only"] = self.only
        if self.fail_on is not None:
            changes["fail_on"] = self.fail_on
        if self.all_lines:
            changes["all_lines"] = True
        return ReviewConfig.model_validate({**config.model_dump(), **changes})


def names_in(text: str | None) -> tuple[str, ...]:
    """Names of a list separated by commas or line ends."""
    return tuple(_parts((text or "").replace("\n", ",").split(",")))


def _parts(parts: Iterable[str]) -> Iterable[str]:
    return (part.strip() for part in parts if part.strip())
