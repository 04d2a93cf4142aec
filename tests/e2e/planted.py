"""A pull request with one planted problem of each kind, and where each must be found."""

from __future__ import annotations

SECRET = "AKIA" + "Q7XJ2MZP" + "L4RTV6WK"
SHOP = """\
\"\"\"Orders of the shop.\"\"\"
import json
import sqlite3


def find_order(connection: sqlite3.Connection, name: str) -> list[tuple[str, ...]]:
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM orders WHERE name = '" + name + "'")
    return cursor.fetchall()


AWS_ACCESS_KEY_ID = "{secret}"
"""
ACCESS = """\
def may_refund(user: dict[str, str]) -> bool:
    # only staff \u202e } \u2066if staff\u2069 \u2066
    return user.get("role") == "staff"
"""
WORKFLOW = """\
name: Greet
on:
  issues:
    types: [opened]
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "Thanks for ${{ github.event.issue.title }}"
"""
DOCKERFILE = """\
FROM python:latest
RUN cd /tmp && sudo pip install flask
CMD python app.py
"""
MERGE = """\
def total(prices: list[int]) -> int:
<<<<<<< HEAD
    return sum(prices)
=======
    return sum(prices) + 1
>>>>>>> feature
"""
SCRIPT = "#!/bin/sh\nset -eu\nrm -rf $1/cache\n"
PAGE = "export function show(name) {\n  document.body.innerHTML = '<b>' + name + '</b>';\n}\n"

FILES: dict[str, str] = {
    "shop/orders.py": SHOP.replace("{secret}", SECRET),
    "shop/access.py": ACCESS,
    "shop/total.py": MERGE,
    ".github/workflows/greet.yml": WORKFLOW,
    "Dockerfile": DOCKERFILE,
    "clean.sh": SCRIPT,
    "web/page.js": PAGE,
}

EXPECTED: dict[str, tuple[str, int]] = {
    "secret": ("shop/orders.py", 12),
    "sql": ("shop/orders.py", 8),
    "unused import": ("shop/orders.py", 2),
    "shell injection": (".github/workflows/greet.yml", 10),
    "dockerfile": ("Dockerfile", 1),
    "merge marker": ("shop/total.py", 2),
    "bidi": ("shop/access.py", 2),
    "unquoted variable": ("clean.sh", 3),
    "inner html": ("web/page.js", 2),
}
"""What was planted, by file and line."""
