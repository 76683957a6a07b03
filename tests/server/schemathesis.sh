#!/usr/bin/env bash
# Property-based tests of the interface: schemathesis makes requests from openapi.json, right and wrong ones, and
# checks every answer. The server should be one built with AddressSanitizer.
#   tests/server/schemathesis.sh [SAIPH] [CASES]      default: build/asan/saiph, 5000 cases an operation
# Ends with 1 when an answer is a 500 or is not what the document says, or when the server crashed or leaked.
set -euo pipefail
cd "$(dirname "$0")/../.."
saiph=${1:-build/asan/saiph}
cases=${2:-5000}
venv=build/venv/schemathesis
if [[ ! -x $venv/bin/schemathesis ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'schemathesis>=3.39,<5'
fi
exec "$venv/bin/python" tests/server/schemathesis_run.py --saiph "$saiph" --cases "$cases" \
  --schemathesis "$venv/bin/schemathesis"
