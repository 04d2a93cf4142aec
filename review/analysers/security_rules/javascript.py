"""Security rules for JavaScript and TypeScript."""

from __future__ import annotations

from dataclasses import replace

from review.analysers.security_rules import model as m
from review.analysers.security_rules.model import SecurityRule, Weakness
from review.models import Confidence, Severity

_P = "src/example.ts"
_POST = Weakness(
    "Message sent to any origin",
    "The message reaches whatever page is in the other window at that moment.",
    "Name the origin that the message is for.",
    346,
    Severity.MEDIUM,
)
_QUERY = Weakness(
    "Database query taken from the request as it is",
    "A caller can send an object with operators instead of a value and change what the query matches.",
    "Take single fields and turn them into the type you expect.",
    943,
    Severity.HIGH,
)
_PATTERN = Weakness(
    "Regular expression taken from the request",
    "A pattern can be written so that matching it takes for ever.",
    "Escape the value, or search for plain text.",
    1333,
    Severity.MEDIUM,
)
_ELECTRON = Weakness(
    "Window guard of Electron is switched off",
    "A script in the page, even an advert, can use the user's whole computer.",
    "Keep context isolation on and hand over single functions with `contextBridge`.",
    1188,
    Severity.HIGH,
    Confidence.HIGH,
)

RULES: tuple[SecurityRule, ...] = (
    SecurityRule(
        "js-shell-string",
        m.SHELL,
        _P,
        bad="exec(`convert ${name} out.png`);\n",
        good="execFile('convert', [name, 'out.png']);\nexec('ls -l');\nconst m = /a/.exec(`${name}`);\n",
    ),
    SecurityRule(
        "js-spawn-shell",
        replace(m.SHELL, severity=Severity.MEDIUM),
        _P,
        bad="spawn('git', ['log', branch], { shell: true });\n",
        good="spawn('git', ['log', branch]);\nspawn('npm', ['test'], { shell: true });\n",
    ),
    SecurityRule(
        "js-eval",
        m.CODE,
        _P,
        bad="const value = eval(source);\n",
        good="const value = JSON.parse(source);\nsetTimeout(() => run(), 10);\neval('1 + 1');\n",
    ),
    SecurityRule(
        "js-html-sink",
        m.HTML,
        _P,
        bad="box.innerHTML = `<b>${name}</b>`;\n",
        good="box.textContent = name;\nbox.innerHTML = '';\nbox.innerHTML = DOMPurify.sanitize(name);\n",
    ),
    SecurityRule(
        "js-react-html",
        m.HTML,
        "src/Example.tsx",
        bad="export const A = ({ text }) => <p dangerouslySetInnerHTML={{ __html: text }} />;\n",
        good="export const A = ({ t }) => <p dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(t) }}>{t}</p>;\n",
    ),
    SecurityRule(
        "js-sql-string",
        m.SQL,
        _P,
        bad="await db.query(`SELECT a FROM t WHERE id = ${id}`);\n",
        good="await db.query('SELECT a FROM t WHERE id = $1', [id]);\nawait db.query(`SELECT a FROM ${TABLE}`);\n"
        "await sql`SELECT a FROM t WHERE id = ${id}`;\nlog.info(`select ${x}`);\n",
    ),
    SecurityRule(
        "js-tls-off",
        m.TLS,
        _P,
        bad="const agent = new https.Agent({ rejectUnauthorized: false });\n",
        good="const agent = new https.Agent({ rejectUnauthorized: true, ca });\n",
    ),
    SecurityRule(
        "js-random-secret",
        m.RANDOM,
        _P,
        bad="const token = Math.random().toString(36).slice(2);\n",
        good="const token = crypto.randomUUID();\nconst delay = Math.random() * 100;\n",
        mend="Use `crypto.randomUUID()` or `crypto.getRandomValues()`.",
    ),
    SecurityRule(
        "js-post-message-any",
        _POST,
        _P,
        bad="parent.postMessage({ token }, '*');\n",
        good="parent.postMessage({ token }, 'https://app.example');\nworker.postMessage(1);\n",
    ),
    SecurityRule(
        "js-weak-hash",
        m.WEAK_HASH,
        _P,
        bad="const h = crypto.createHash('md5').update(x).digest('hex');\n",
        good="const h = crypto.createHash('sha256').update(x).digest('hex');\n",
    ),
    SecurityRule(
        "js-weak-cipher",
        m.WEAK_CIPHER,
        _P,
        bad="const c = crypto.createCipheriv('aes-128-ecb', key, null);\n",
        good="const c = crypto.createCipheriv('aes-256-gcm', key, iv);\n",
    ),
    SecurityRule(
        "js-jwt-unverified",
        m.JWT,
        _P,
        bad="jwt.verify(token, key, { algorithms: ['none'] });\n",
        good="jwt.verify(token, key, { algorithms: ['RS256'] });\n",
    ),
    SecurityRule(
        "js-cors-credentials",
        m.CORS,
        _P,
        bad="app.use(cors({ origin: true, credentials: true }));\n",
        good="app.use(cors({ origin: '*' }));\napp.use(cors({ origin: SITE, credentials: true }));\n",
    ),
    SecurityRule(
        "js-redirect-from-request",
        m.REDIRECT,
        _P,
        bad="res.redirect(req.query.next);\n",
        good="res.redirect('/home');\nres.redirect(PAGES[req.query.page]);\n",
    ),
    SecurityRule(
        "js-path-from-request",
        m.PATH,
        _P,
        bad="const body = fs.readFileSync(root + req.params.name);\n",
        good="const body = fs.readFileSync(path.join(root, 'index.html'));\n"
        "fs.readFileSync(path.basename(req.params.name));\n",
    ),
    SecurityRule(
        "js-address-from-request",
        m.ADDRESS,
        _P,
        bad="const r = await fetch(req.body.url);\n",
        good="const r = await fetch('https://api.example', { body: req.body });\n",
    ),
    SecurityRule(
        "js-html-from-request",
        m.HTML_REQUEST,
        _P,
        bad="res.send(`<p>Hello ${req.query.name}</p>`);\n",
        good="res.send(`<p>Hello ${escapeHtml(req.query.name)}</p>`);\nres.send({ name: req.query.name });\n",
    ),
    SecurityRule(
        "js-query-from-request",
        _QUERY,
        _P,
        bad="const user = await users.findOne(req.body);\n",
        good="const user = await users.findOne({ name: String(req.body.name) });\nlist.find((x) => x.id === 1);\n",
    ),
    SecurityRule(
        "js-pattern-from-request",
        _PATTERN,
        _P,
        bad="const re = new RegExp(req.query.q);\n",
        good="const re = new RegExp(escapeRegExp(req.query.q));\n",
    ),
    SecurityRule(
        "js-electron-open",
        _ELECTRON,
        _P,
        bad="new BrowserWindow({ webPreferences: { nodeIntegration: true } });\n",
        good="new BrowserWindow({ webPreferences: { contextIsolation: true, nodeIntegration: false } });\n",
    ),
)
