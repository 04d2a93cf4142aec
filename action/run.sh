#!/usr/bin/env bash
# Installs Patchwarden once per release and runner, dependencies locked by hash, then reviews. Started by action.yml.
set -euo pipefail

root=$PATCHWARDEN_ACTION_PATH
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "::error title=Patchwarden::Python 3.11 or newer is needed on the runner; add actions/setup-python before this step"
  exit 2
}

# One environment per content of this action and interpreter, kept in the tool cache of the runner.
key=$("$python" -I - "$root" <<'PY'
import hashlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
digest = hashlib.sha256((sys.version + sys.executable).encode())
folders = ("bot", "review", "workflows", "action", "servers", "templates", "migrations", "requirements")
names = ["pyproject.toml", *sorted(str(p.relative_to(root)) for f in folders for p in (root / f).rglob("*") if p.is_file() and "__pycache__" not in p.parts)]
for name in names:
    digest.update(name.encode() + b"\0" + (root / name).read_bytes())
print(digest.hexdigest()[:16])
PY
)
cache=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:-/tmp}}/patchwarden
home=$cache/$key
if [ ! -e "$home/.complete" ]; then
  echo "::group::Installing Patchwarden"
  mkdir -p "$cache"
  "$python" -m venv --clear "$home"
  PATH=$PATH "$home/bin/python" -I "$root/tools/install.py" "$root/requirements/build.txt" "$root/requirements/runtime.txt"
  # From a copy: building must not write into the action's own folder.
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  cp -R "$root"/{bot,review,workflows,action,servers,templates,migrations,pyproject.toml,README.md,LICENSE} "$copy/"
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$copy"
  rm -rf "$copy"
  touch "$home/.complete"
  echo "::endgroup::"
fi

exec "$home/bin/patchwarden-action"
