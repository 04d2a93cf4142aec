"""Security rules for Java and Kotlin."""

from __future__ import annotations

from review.analysers.security_rules import model as m
from review.analysers.security_rules.model import SecurityRule

_P = "src/main/java/Example.java"
_K = "src/main/kotlin/Example.kt"


def _java(*lines: str) -> str:
    return "class Example {\n  void f() throws Exception {\n" + "".join(f"    {line}\n" for line in lines) + "  }\n}\n"


RULES: tuple[SecurityRule, ...] = (
    SecurityRule(
        "java-sql-string",
        m.SQL,
        _P,
        bad=_java('st.executeQuery("SELECT a FROM t WHERE b = \'" + name + "\'");'),
        good=_java('c.prepareStatement("SELECT a FROM t " + "WHERE b = ?");', 'log.update("selected " + name);'),
    ),
    SecurityRule(
        "java-shell-string",
        m.SHELL,
        _P,
        bad=_java('Runtime.getRuntime().exec("ls " + name);'),
        good=_java('new ProcessBuilder("ls", name).start();', 'Runtime.getRuntime().exec("ls");'),
    ),
    SecurityRule(
        "java-deserialize",
        m.DESERIALIZE,
        _P,
        bad=_java("ObjectInputStream in = new ObjectInputStream(socket);"),
        good=_java("User user = mapper.readValue(socket, User.class);"),
    ),
    SecurityRule(
        "java-weak-hash",
        m.WEAK_HASH,
        _P,
        bad=_java('MessageDigest d = MessageDigest.getInstance("MD5");'),
        good=_java('MessageDigest d = MessageDigest.getInstance("SHA-256");'),
    ),
    SecurityRule(
        "java-weak-cipher",
        m.WEAK_CIPHER,
        _P,
        bad=_java('Cipher c = Cipher.getInstance("AES/ECB/PKCS5Padding");'),
        good=_java('Cipher c = Cipher.getInstance("AES/GCM/NoPadding");'),
    ),
    SecurityRule(
        "java-xml-entities",
        m.XML,
        _P,
        bad=_java(
            "DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();", "f.newDocumentBuilder().parse(in);"
        ),
        good=_java(
            "DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();", "f.setFeature(NO_DOCTYPE, true);"
        ),
        mend="Set the feature `http://apache.org/xml/features/disallow-doctype-decl` to true.",
    ),
    SecurityRule(
        "java-trust-all",
        m.TLS,
        _P,
        bad="class T {\n  public void checkServerTrusted(X509Certificate[] chain, String type) {}\n}\n",
        good="class T {\n  public void checkServerTrusted(X509Certificate[] c, String t) "
        "{ next.checkServerTrusted(c, t); }\n}\n",
    ),
    SecurityRule(
        "java-path-from-request",
        m.PATH,
        _P,
        bad=_java('File f = new File(root, request.getParameter("name"));'),
        good=_java('File f = new File(root, "index.html");'),
    ),
    SecurityRule(
        "java-random-secret",
        m.RANDOM,
        _P,
        bad=_java("int token = new Random().nextInt();"),
        good=_java("int token = new SecureRandom().nextInt();", "int delay = new Random().nextInt();"),
        mend="Use `SecureRandom`.",
    ),
    SecurityRule(
        "kotlin-sql-string",
        m.SQL,
        _K,
        bad="fun f(name: String) {\n    st.executeQuery(\"SELECT a FROM t WHERE b = '$name'\")\n}\n",
        good='fun f(name: String) {\n    c.prepareStatement("SELECT a FROM t WHERE b = ?")\n'
        '    log.query("name $name")\n}\n',
    ),
    SecurityRule(
        "kotlin-trust-all",
        m.TLS,
        _K,
        bad="class T {\n    override fun checkServerTrusted(c: Array<X509Certificate>, t: String) {}\n}\n",
        good="class T {\n    override fun checkServerTrusted(c: Array<X509Certificate>, t: String) "
        "{ next.check(c, t) }\n}\n",
    ),
)
