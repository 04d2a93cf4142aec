"""Security rules for Python that ruff does not have."""

from __future__ import annotations

from dataclasses import replace

from review.analysers.security_rules import model as m
from review.analysers.security_rules.model import SecurityRule, Weakness
from review.models import Confidence, Severity

_P = "app/example.py"
_TEMPLATE = Weakness(
    "Template made from text",
    "Template text can reach the program's objects and run code on the server.",
    "Keep the template fixed and pass values as variables.",
    1336,
    Severity.HIGH,
)
_FIXED_KEY = Weakness(
    "Signing key written in the code",
    "Whoever reads the code can sign sessions of any user.",
    "Read the key from the environment or a secret store.",
    798,
    Severity.MEDIUM,
)

RULES: tuple[SecurityRule, ...] = (
    SecurityRule(
        "python-sql-string",
        m.SQL,
        _P,
        bad='def f(cur, name):\n    cur.execute("DROP TABLE " + name)\n',
        good='def f(cur, name):\n    cur.execute("SELECT a FROM t WHERE b = %s", (name,))\n'
        '    pool.execute(work, f"{name}")\n',
    ),
    SecurityRule(
        "python-shell-string",
        m.SHELL,
        _P,
        bad='async def f(name):\n    await asyncio.create_subprocess_shell(f"ls {name}")\n',
        good='async def f(name):\n    await asyncio.create_subprocess_exec("ls", name)\n'
        '    await asyncio.create_subprocess_shell("ls | wc")\n',
    ),
    SecurityRule(
        "python-jwt-unverified",
        m.JWT,
        _P,
        bad='claims = jwt.decode(token, options={"verify_signature": False})\n',
        good='claims = jwt.decode(token, key, algorithms=["RS256"])\n',
    ),
    SecurityRule(
        "python-path-from-request",
        m.PATH,
        _P,
        bad='def f():\n    return send_file(folder + request.args["name"])\n',
        good='def f():\n    return send_file(secure_filename(request.args["name"]))\n',
    ),
    SecurityRule(
        "python-address-from-request",
        m.ADDRESS,
        _P,
        bad='def f():\n    return requests.get(request.args.get("url"), timeout=3)\n',
        good='def f():\n    return requests.get(HOSTS[request.args.get("host")], params=request.args, timeout=3)\n',
    ),
    SecurityRule(
        "python-redirect-from-request",
        m.REDIRECT,
        _P,
        bad='def f():\n    return redirect(request.args["next"])\n',
        good='def f():\n    return redirect(url_for("home"))\n',
    ),
    SecurityRule(
        "python-template-from-text",
        _TEMPLATE,
        _P,
        bad='def f(name):\n    return render_template_string(f"<b>{name}</b>")\n',
        good='def f(name):\n    return render_template_string("<b>{{ name }}</b>", name=name)\n',
    ),
    SecurityRule(
        "python-unsafe-load",
        m.DESERIALIZE,
        _P,
        bad="def f(path):\n    return torch.load(path)\n",
        good="def f(path):\n    np.load(path)\n    return torch.load(path, weights_only=True)\n",
        mend="Use a format of plain data, or `weights_only=True` where the library has it.",
    ),
    SecurityRule(
        "python-tls-unchecked",
        m.TLS,
        _P,
        bad="def f(context):\n    context.check_hostname = False\n",
        good="def f(context):\n    context.check_hostname = True\n    context.verify_mode = ssl.CERT_REQUIRED\n",
    ),
    SecurityRule(
        "python-random-secret",
        m.RANDOM,
        _P,
        bad='def f():\n    token = "".join(random.choices("abc", k=16))\n    return token\n',
        good="def f():\n    token = secrets.token_hex(16)\n    delay = random.random()\n    return token, delay\n",
        mend="Use the `secrets` module.",
    ),
    SecurityRule(
        "python-xml-entities",
        m.XML,
        _P,
        bad="parser = etree.XMLParser(resolve_entities=True)\n",
        good="parser = etree.XMLParser(resolve_entities=False, no_network=True)\n",
    ),
    SecurityRule(
        "python-cors-credentials",
        m.CORS,
        _P,
        bad='app.add_middleware(CORS, allow_origins=["*"], allow_credentials=True)\n',
        good='app.add_middleware(CORS, allow_origins=["*"])\n'
        "app.add_middleware(CORS, allow_origins=[SITE], allow_credentials=True)\n",
    ),
    SecurityRule(
        "python-fixed-key",
        _FIXED_KEY,
        _P,
        bad='app.secret_key = "made-up"\n',
        good='app.secret_key = settings["key"]\napp.config["SECRET_KEY"] = read_key()\n',
    ),
    SecurityRule(
        "python-code-from-request",
        replace(m.CODE, confidence=Confidence.HIGH),
        _P,
        bad='def f(obj):\n    return getattr(obj, request.args["method"])()\n',
        good="def f(obj, name):\n    return getattr(obj, name, None)\n",
    ),
)
