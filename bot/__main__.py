"""``python -P -m bot`` is the command ``patchwarden``."""

from bot.cli import main

main()
