"""Well-known package names, to notice a name one slip of the finger away from one of them."""

from __future__ import annotations

from collections.abc import Mapping

_PYPI = """
aiohttp aiosqlite alembic anthropic anyio attrs babel bcrypt beautifulsoup4 black bokeh boto boto3 botocore
cachetools celery certifi cffi chardet charset-normalizer click colorama colorlog coverage cryptography cython dask
datasets decorator discord-py django djangorestframework djongo docker docutils fastapi filelock flask flask-cors
fsspec google-auth gradio greenlet grpcio gunicorn http2 httpcore https httpx huggingface-hub hypothesis idna
importlib-metadata ipython isort jedi jinja2 jmespath joblib jsonschema jupyter keras kubernetes langchain lightgbm
lxml markdown markdown2 markupsafe marshmallow matplotlib mypy mysqlclient networkx nltk nose numba numpy oauthlib
openai opencv-python openpyxl orjson packaging pandas paramiko passlib pillow pip plotly pluggy poetry polars
protobuf psutil psycopg psycopg2 psycopg2-binary pyarrow pyasn1 pycparser pycryptodome pydantic pygments pyjwt
pylint pymongo pymysql pyopenssl pyparsing pyproject-hooks pyserial pytest pytest-asyncio pytest-cov python-dateutil
python-dotenv pytz pyyaml redis regex request requests requests-oauthlib rich ruff s3transfer scikit-learn scipy
seaborn selenium sentry-sdk setuptools simplejson six soupsieve sphinx sqlalchemy starlette sympy tensorflow
tiktoken tokenizers toml tomli tomli-w tomlkit torch torchvision tornado tox tqdm traitlets transformers twine typer
types-requests typing typing-extensions tzdata ujson urllib3 urllib3-future uvicorn uvloop virtualenv watchdog
websockets werkzeug wheel wrapt xgboost yarl zipp zope-interface
"""
_NPM = """
@angular/core @babel/core @types/node @types/react ajv angular ansi-styles async autoprefixer axios babel-core
bcrypt bcryptjs bluebird body-parser bootstrap browserify chai chalk cheerio classnames coffee-script color
color-name colors commander compression concurrently connect cookie-parser core-js cors cross-env cross-spawn
crypto-js css-loader d3 dayjs debug discord.js dotenv ejs electron ember esbuild eslint ethers event-stream execa
express expresso fastify firebase fs-extra gatsby glob got graphql gulp handlebars helmet highlight.js husky immer
immutable inquirer jasmine jest joi jquery js-yaml jsdom jsonwebtoken karma knex koa leaflet lerna less lodash
lodash-es log4js lru-cache marked material-ui minimatch minimist mkdirp mocha mocha-junit moment moment-timezone
mongodb mongoose morgan mysql mysql2 nanoid next node-fetch node-sass nodemailer nodemon nuxt openai parcel
parcel-bundler passport pg playwright pm2 postcss preact preset prettier prisma prop-types puppeteer qs query-string
ramda react react-dom react-is react-redux react-router react-router-dom readable-stream redis redux redux-saga
request reselect rimraf rollup rxjs sass semver sequelize sharp shelljs sinon socket.io socket.io-client source-map
stripe styled-components superagent supertest svelte swr tailwindcss terser through2 tslib tslint turbo typeorm
typescript uglify-js underscore uuid validator vite vitest vue vue-router vue3 vuex webpack webpack-cli winston ws
yargs yarn zod zustand
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


POPULAR: Mapping[str, frozenset[str]] = {"pypi": _names(_PYPI), "npm": _names(_NPM)}
"""Names by ecosystem."""
_MIN_LENGTH = 5


def look_alike(ecosystem: str, name: str) -> str | None:
    """The well-known name this one is a slip away from, or None.

    A slip is one letter more, fewer, different, or two neighbours swapped; or other dashes. Short names are left
    alone: too many honest ones lie close together.
    """
    known = POPULAR.get(ecosystem, frozenset())
    if name in known or len(name) < _MIN_LENGTH:
        return None
    squeezed = _squeezed(name)
    for candidate in sorted(known):
        if len(candidate) < _MIN_LENGTH or abs(len(candidate) - len(name)) > 1:
            if ecosystem == "npm" and len(candidate) >= _MIN_LENGTH and _squeezed(candidate) == squeezed:
                return candidate
            continue
        if _is_slip(name, candidate):
            return candidate
    return None


def _squeezed(name: str) -> str:
    return name.replace("-", "").replace("_", "").replace(".", "")


def _is_slip(a: str, b: str) -> bool:
    if len(a) > len(b):
        a, b = b, a
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    if len(a) < len(b):
        return rest_a == rest_b[1:]
    return rest_a[1:] == rest_b[1:] or (rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:])
