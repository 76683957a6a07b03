#!/usr/bin/env bash
# Writes logs with ledger_format_test and has other people's programs verify them. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
test_program=${1:-$root/build/release/src/ledger/format/ledger_format_test}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SAIPH_LEDGER_VECTORS=$work/vectors "$test_program" --gtest_filter=Vectors.Written --gtest_brief=1
(cd "$here" && go build -o "$work/conformance" .)
"$work/conformance" "$work/vectors"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --require-virtualenv -r "$here/requirements.txt"
"$work/venv/bin/python" "$here/envelopes.py" "$work/vectors"
echo "ledger conformance: all verified"
