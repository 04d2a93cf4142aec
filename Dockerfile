# syntax=docker/dockerfile:1.7
# Pin both images by digest when you build for production; tags keep this file readable.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /app/.venv \
 && /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY review review
COPY workflows workflows
COPY action action
COPY servers servers
COPY templates templates
COPY migrations migrations
RUN /app/.venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
# git reads changes; bubblewrap isolates the analysers where the container may make namespaces.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git bubblewrap tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd -g 10001 patchwarden \
 && useradd -u 10001 -g patchwarden -M -d /data -s /usr/sbin/nologin patchwarden \
 && install -d -o 10001 -g 10001 /data
COPY --from=build /app/.venv /app/.venv
# PYTHONSAFEPATH: a folder that is reviewed must never be importable.
ENV PATH=/app/.venv/bin:$PATH PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PATCHWARDEN_DATA_DIR=/data PATCHWARDEN_HOST=0.0.0.0 PATCHWARDEN_PORT=8080 PATCHWARDEN_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--", "patchwarden"]
CMD ["serve"]
