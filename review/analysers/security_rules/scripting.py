"""Security rules for Ruby and PHP."""

from __future__ import annotations

from dataclasses import replace

from review.analysers.security_rules import model as m
from review.analysers.security_rules.model import SecurityRule
from review.models import Severity

_R = "app/example.rb"
_P = "src/example.php"


def _php(*lines: str) -> str:
    return "<?php\n" + "".join(f"{line}\n" for line in lines)


RULES: tuple[SecurityRule, ...] = (
    SecurityRule(
        "ruby-sql-string", m.SQL, _R,
        bad='User.where("name = \'#{name}\'")\n',
        good='User.where("name = ?", name)\nUser.where(name: name)\nputs "where #{name}"\n',
    ),
    SecurityRule(
        "ruby-shell-string", m.SHELL, _R,
        bad='system("ls #{name}")\n',
        good='system("ls", name)\nsystem("ls #{Shellwords.escape(name)}")\nlist = `ls`\n',
    ),
    SecurityRule(
        "ruby-eval", m.CODE, _R,
        bad="eval(params[:code])\n",
        good="class_eval do\n  def a; end\nend\nobject.public_send(:name)\n",
    ),
    SecurityRule(
        "ruby-unsafe-load", m.DESERIALIZE, _R,
        bad="data = Marshal.load(cookie)\n",
        good="data = JSON.parse(cookie)\nYAML.safe_load(text)\n",
    ),
    SecurityRule(
        "ruby-tls-off", m.TLS, _R,
        bad="http.verify_mode = OpenSSL::SSL::VERIFY_NONE\n",
        good="http.verify_mode = OpenSSL::SSL::VERIFY_PEER\n",
    ),
    SecurityRule(
        "ruby-html-unescaped", m.HTML, _R,
        bad='"<b>#{name}</b>".html_safe\n',
        good='"<br>".html_safe\ntag.b(name)\n',
    ),
    SecurityRule(
        "ruby-mass-assignment", m.MASS, _R,
        bad="User.create(params[:user].permit!)\n",
        good="User.create(params.require(:user).permit(:name))\n",
    ),
    SecurityRule(
        "ruby-redirect-from-request", m.REDIRECT, _R,
        bad="redirect_to params[:back]\n",
        good="redirect_to root_path\nredirect_to user_path(params[:id])\n",
    ),
    SecurityRule(
        "php-sql-string", m.SQL, _P,
        bad=_php('$db->query("SELECT a FROM t WHERE b = \'$name\'");'),
        good=_php("$db->prepare('SELECT a FROM t WHERE b = ?');", '$log->query("name $name");'),
    ),
    SecurityRule(
        "php-shell-string", m.SHELL, _P,
        bad=_php('exec("ls " . $name);'),
        good=_php("exec('ls');", 'exec("ls " . escapeshellarg($name));'),
    ),
    SecurityRule(
        "php-eval", m.CODE, _P,
        bad=_php("eval($code);"),
        good=_php("assert($x > 1);", "call_user_func($known, $name);"),
    ),
    SecurityRule(
        "php-unserialize", m.DESERIALIZE, _P,
        bad=_php("$a = unserialize($_COOKIE['a']);"),
        good=_php("$a = unserialize($text, ['allowed_classes' => false]);", "$b = json_decode($text);"),
    ),
    SecurityRule(
        "php-include-from-request", replace(m.PATH, summary="Program file chosen by the request", cwe=98), _P,
        bad=_php("include $_GET['page'] . '.php';"),
        good=_php("include 'page.php';", "require __DIR__ . '/a.php';"),
    ),
    SecurityRule(
        "php-html-from-request", m.HTML_REQUEST, _P,
        bad=_php("echo 'Hello ' . $_GET['name'];"),
        good=_php("echo 'Hello ' . htmlspecialchars($_GET['name']);"),
    ),
    SecurityRule(
        "php-tls-off", m.TLS, _P,
        bad=_php("curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);"),
        good=_php("curl_setopt($c, CURLOPT_SSL_VERIFYPEER, true);"),
    ),
    SecurityRule(
        "php-weak-password-hash", replace(m.WEAK_HASH, cwe=916, severity=Severity.HIGH), _P,
        bad=_php("$h = md5($password);"),
        good=_php("$h = password_hash($password, PASSWORD_DEFAULT);", "$e = md5($body);"),
        mend="Use `password_hash` and `password_verify`.",
    ),
)  # fmt: skip
