"""A small MCP server without the SDK that misbehaves on request: raw.py MODE.

It speaks the handshake era only. Tools: echo, slow (seconds), crash, and what the mode adds.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

MODE = sys.argv[1] if len(sys.argv) > 1 else "plain"
WRITING = threading.Lock()
READING = threading.Event()
READING.set()
OBJECT = {"type": "object", "properties": {}, "additionalProperties": True}
ECHO = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


def write(data: bytes) -> None:
    with WRITING:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def reply(request_id: object, result: object) -> None:
    write(json.dumps({"jsonrpc": "2.0", "id": request_id, "result": result}).encode() + b"\n")


def text(request_id: object, value: str, *, failed: bool = False) -> None:
    reply(request_id, {"content": [{"type": "text", "text": value}], "isError": failed})


def tools() -> list[dict[str, object]]:
    if MODE == "badschema":
        return [
            {"name": "echo", "inputSchema": {**ECHO, "properties": {"text": {"$ref": "https://example.invalid/x"}}}},
            {"name": "slow", "inputSchema": {"type": "object", "minProperties": "x"}},
        ]
    if MODE == "badlist":
        return [{"name": "echo"}]
    return [{"name": name, "description": name, "inputSchema": ECHO if name == "echo" else OBJECT} for name in CALLS]


def huge(request_id: object, arguments: dict, *, id_last: bool) -> None:
    body = json.dumps({"content": [{"type": "text", "text": "x" * int(arguments["size"])}]})
    if id_last:
        write(f'{{"jsonrpc":"2.0","result":{body},"id":{request_id}}}\n'.encode())
    else:
        write(f'{{"jsonrpc":"2.0","id":{request_id},"result":{body}}}\n'.encode())


def echo(request_id: object, arguments: dict) -> None:
    reply(request_id, {"content": [], "structuredContent": {"text": arguments["text"], "pid": os.getpid()}})


def slow(request_id: object, arguments: dict) -> None:
    time.sleep(float(arguments["seconds"]))
    text(request_id, "slept")


def crash(request_id: object, arguments: dict) -> None:
    sys.stderr.write("about to crash\n")
    sys.stderr.flush()
    os._exit(7)


def latin(request_id: int, arguments: dict) -> None:
    write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"caf\xe9"}]}}\n' % request_id)


def garbage(request_id: object, arguments: dict) -> None:
    write(b"Traceback: this is not JSON\n\n\x00\xff{]\n" * 3)
    text(request_id, "after garbage")


def refuse(request_id: object, arguments: dict) -> None:
    error = {"code": "rate_limited", "message": "slow down", "retryable": True, "retry_after_s": 2}
    text(request_id, json.dumps({"error": error}), failed=True)


def unclear(request_id: object, arguments: dict) -> None:
    text(request_id, "it did not work", failed=True)


def spawn(request_id: object, arguments: dict) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    reply(request_id, {"content": [], "structuredContent": {"pid": child.pid}})


def flood(request_id: object, arguments: dict) -> None:
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
    write((json.dumps(note).encode() + b"\n") * int(arguments["lines"]))
    text(request_id, "after the flood")


def quit_reading(request_id: object, arguments: dict) -> None:
    READING.clear()
    text(request_id, "not listening any more")


def mute(request_id: object, arguments: dict) -> None:
    os.close(1)
    time.sleep(600)


def facts(request_id: object, arguments: dict) -> None:
    found = {
        "cwd": str(Path.cwd()),
        "files": [path.name for path in Path().iterdir()],
        "environment": dict(os.environ),  # noqa: TID251 - what it was given is the question
    }
    reply(request_id, {"content": [], "structuredContent": found})


CALLS = {
    "echo": echo,
    "slow": slow,
    "crash": crash,
    "huge": partial(huge, id_last=False),
    "huge_id_last": partial(huge, id_last=True),
    "latin": latin,
    "garbage": garbage,
    "refuse": refuse,
    "unclear": unclear,
    "spawn": spawn,
    "facts": facts,
    "flood": flood,
    "quit_reading": quit_reading,
    "mute": mute,
}


def handle(message: dict) -> None:
    method, request_id = message.get("method"), message.get("id")
    if method == "initialize":
        if MODE == "hangs":
            return
        if MODE == "exits":
            sys.stderr.write("no licence\n")
            os._exit(3)
        reply(
            request_id,
            {
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "raw", "version": "1"},
            },
        )
    elif method == "tools/list":
        reply(request_id, {"tools": tools()})
    elif method == "ping":
        if MODE != "deaf":
            reply(request_id, {})
    elif method == "tools/call":
        params = message["params"]
        arguments = (request_id, params.get("arguments") or {})
        threading.Thread(target=CALLS[params["name"]], args=arguments, daemon=True).start()
    elif request_id is not None:
        error = {"code": -32601, "message": "Method not found"}
        write(json.dumps({"jsonrpc": "2.0", "id": request_id, "error": error}).encode() + b"\n")


def main() -> None:
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "counting":
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write("start\n")
        sys.exit(4)
    if MODE == "chatty":
        sys.stderr.write("".join(f"line {number}\n" for number in range(5000)))
    while READING.wait() and (line := sys.stdin.buffer.readline()):
        handle(json.loads(line))
    if MODE == "stubborn":
        time.sleep(600)


main()
