"""Security rules for C#, Rust, C and C++."""

from __future__ import annotations

from dataclasses import replace

from review.analysers.security_rules import model as m
from review.analysers.security_rules.model import SecurityRule, Weakness
from review.models import Confidence, Severity

_CS, _RS, _C = "src/Example.cs", "src/example.rs", "src/example.c"
_TRANSMUTE = Weakness(
    "Memory read as another type",
    "The compiler no longer checks that the bits make sense for the new type.",
    "Use a checked conversion, such as `from_ne_bytes`, `TryFrom` or the `bytemuck` crate.",
    843,
    Severity.LOW,
    Confidence.LOW,
)
_FORMAT = Weakness(
    "Format string that is no constant",
    "A text with `%n` or `%s` in it reads and writes memory.",
    'Print it with a fixed format: `printf("%s", text)`.',
    134,
    Severity.HIGH,
)
_TEMPORARY = Weakness(
    "Temporary file name that can be guessed",
    "Another user can create the file first and have it read or overwritten.",
    "Use `mkstemp`.",
    377,
    Severity.MEDIUM,
    Confidence.HIGH,
)


def _cs(*lines: str) -> str:
    return "class Example {\n    void F() {\n" + "".join(f"        {line}\n" for line in lines) + "    }\n}\n"


def _c(*lines: str) -> str:
    return "void f(char *name) {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _rs(*lines: str) -> str:
    return "fn f(name: &str) {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


RULES: tuple[SecurityRule, ...] = (
    SecurityRule(
        "cs-sql-string", m.SQL, _CS,
        bad=_cs('var c = new SqlCommand("SELECT a FROM t WHERE b = \'" + name + "\'", db);'),
        good=_cs('var c = new SqlCommand("SELECT a FROM t WHERE b = @b", db);'),
    ),
    SecurityRule(
        "cs-deserialize", m.DESERIALIZE, _CS,
        bad=_cs("var f = new BinaryFormatter();"),
        good=_cs("var u = JsonSerializer.Deserialize<User>(text);"),
    ),
    SecurityRule(
        "cs-weak-hash", m.WEAK_HASH, _CS,
        bad=_cs("var h = MD5.Create();"),
        good=_cs("var h = SHA256.Create();"),
    ),
    SecurityRule(
        "cs-weak-cipher", m.WEAK_CIPHER, _CS,
        bad=_cs("aes.Mode = CipherMode.ECB;"),
        good=_cs("aes.Mode = CipherMode.CBC;"),
    ),
    SecurityRule(
        "cs-tls-off", m.TLS, _CS,
        bad=_cs("h.ServerCertificateCustomValidationCallback = (m, c, n, e) => true;"),
        good=_cs("h.ServerCertificateCustomValidationCallback = (m, c, n, e) => e == None;"),
    ),
    SecurityRule(
        "cs-html-unescaped", m.HTML, _CS,
        bad=_cs("var h = Html.Raw(comment);"),
        good=_cs('var h = Html.Raw("<br>");', "var e = Html.Encode(comment);"),
    ),
    SecurityRule(
        "rust-tls-off", m.TLS, _RS,
        bad=_rs("let c = Client::builder().danger_accept_invalid_certs(true).build();"),
        good=_rs("let c = Client::builder().add_root_certificate(ca).build();"),
    ),
    SecurityRule(
        "rust-shell-string", m.SHELL, _RS,
        bad=_rs('Command::new("sh").arg("-c").arg(format!("ls {name}")).spawn();'),
        good=_rs('Command::new("ls").arg(name).spawn();', 'Command::new("sh").arg("-c").arg("ls").spawn();'),
    ),
    SecurityRule(
        "rust-sql-string", m.SQL, _RS,
        bad=_rs('sqlx::query(&format!("SELECT a FROM t WHERE b = \'{name}\'"));'),
        good=_rs('sqlx::query("SELECT a FROM t WHERE b = $1").bind(name);'),
    ),
    SecurityRule(
        "rust-transmute", _TRANSMUTE, _RS,
        bad=_rs("let x: u32 = unsafe { std::mem::transmute(y) };"),
        good=_rs("let x = u32::from_ne_bytes(y);"),
    ),
    SecurityRule(
        "c-unbounded-copy", m.MEMORY, _C,
        bad=_c("strcpy(buffer, name);"),
        good=_c('snprintf(buffer, sizeof buffer, "%s", name);', 'strcpy(buffer, "a");', 'sprintf(buffer, "%d", 1);'),
    ),
    SecurityRule(
        "c-shell-string", replace(m.SHELL, severity=Severity.MEDIUM), _C,
        bad=_c("system(name);"),
        good=_c('system("ls");', "system(NULL);"),
    ),
    SecurityRule(
        "c-format-string", _FORMAT, _C,
        bad=_c("printf(name);"),
        good=_c('printf("%s", name);', "printf(FORMAT, name);"),
    ),
    SecurityRule(
        "c-temporary-name", _TEMPORARY, _C,
        bad=_c("char *t = tmpnam(0);"),
        good=_c("int t = mkstemp(name);"),
    ),
)  # fmt: skip
