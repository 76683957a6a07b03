#!/usr/bin/env bash
# Lints the server's interface with openapi-spec-validator and our own rules.
#   tests/server/lint_openapi.sh [FILE]
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=build/venv/openapi
if [[ ! -x $venv/bin/openapi-spec-validator ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'openapi-spec-validator==0.7.1' 'jsonschema>=4.18,<5'
fi
exec "$venv/bin/python" tests/server/lint_openapi.py "$@"
