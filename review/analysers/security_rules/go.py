"""Security rules for Go."""

from __future__ import annotations

from review.analysers.security_rules import model as m
from review.analysers.security_rules.model import SecurityRule, Weakness
from review.models import Severity

_P = "server/example.go"
_PERMISSIONS = Weakness(
    "File that everybody may write",
    "Any user of the machine can change the file.",
    "Use `0o600` for files and `0o750` for folders.",
    732,
    Severity.MEDIUM,
)


def _body(*lines: str) -> str:
    return "package server\n\nfunc f() {\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"


RULES: tuple[SecurityRule, ...] = (
    SecurityRule(
        "go-shell-string", m.SHELL, _P,
        bad=_body('exec.Command("sh", "-c", "ls "+name)'),
        good=_body('exec.Command("ls", name)', 'exec.Command("sh", "-c", "ls | wc")'),
    ),
    SecurityRule(
        "go-sql-string", m.SQL, _P,
        bad=_body('db.Query(fmt.Sprintf("SELECT a FROM t WHERE b = \'%s\'", name))'),
        good=_body('db.Query("SELECT a FROM t WHERE b = $1", name)', 'cache.Get(fmt.Sprintf("user:%s", name))'),
    ),
    SecurityRule(
        "go-tls-off", m.TLS, _P,
        bad=_body("c := &tls.Config{InsecureSkipVerify: true}"),
        good=_body("c := &tls.Config{RootCAs: pool, InsecureSkipVerify: false}"),
    ),
    SecurityRule(
        "go-weak-hash", m.WEAK_HASH, _P,
        bad=_body("sum := md5.Sum(data)"),
        good=_body("sum := sha256.Sum256(data)"),
    ),
    SecurityRule(
        "go-weak-cipher", m.WEAK_CIPHER, _P,
        bad=_body("block, _ := des.NewCipher(key)"),
        good=_body("block, _ := aes.NewCipher(key)"),
    ),
    SecurityRule(
        "go-html-unescaped", m.HTML, _P,
        bad=_body("page.Body = template.HTML(comment)"),
        good=_body('page.Body = template.HTML("<br>")', "page.Text = comment"),
    ),
    SecurityRule(
        "go-ssh-any-host", m.TLS, _P,
        bad=_body("c.HostKeyCallback = ssh.InsecureIgnoreHostKey()"),
        good=_body("c.HostKeyCallback = ssh.FixedHostKey(key)"),
        mend="Check the host's key: `knownhosts.New` or `ssh.FixedHostKey`.",
    ),
    SecurityRule(
        "go-path-from-request", m.PATH, _P,
        bad=_body('os.Open(root + r.FormValue("name"))'),
        good=_body('os.Open(filepath.Join(root, filepath.Base(r.FormValue("name"))))'),
    ),
    SecurityRule(
        "go-open-permissions", _PERMISSIONS, _P,
        bad=_body("os.WriteFile(name, data, 0666)"),
        good=_body("os.WriteFile(name, data, 0o600)", "os.MkdirAll(name, 0o755)"),
    ),
)  # fmt: skip
