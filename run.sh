#!/usr/bin/env bash
# Builds Saiph and runs it. Without arguments: unpacks the demonstration artefacts into build/, scans
# them and shows the report. With arguments: passes them to saiph, for example
#   ./run.sh scan ~/models --fail-on medium
set -euo pipefail
cd "$(dirname "$0")"
tools/build.sh release

if [ "$#" -gt 0 ]; then
  cd "$OLDPWD" 2>/dev/null || true
  exec "$(dirname "$(readlink -f "$0")")/build/release/saiph" "$@"
fi

rm -rf build/demo
python3 tools/fixtures/hostile.py --decode build/demo/hostile >/dev/null
cp -r tests/fixtures/benign build/demo/benign
echo
echo "Scanning the demonstration artefacts: models that frameworks made, and attacks built here"
echo "(decoded into build/demo; their payloads are harmless)."
echo
status=0
build/release/saiph scan build/demo || status=$?
echo
case "$status" in
  1) echo "saiph scan ended with 1: findings at or over \"high\". That is right for this folder." ;;
  *) echo "saiph scan ended with $status; 1 was expected here." >&2; exit 4 ;;
esac
echo "Next: ./run.sh scan PATH, ./run.sh scan --format html --output report.html PATH, ./run.sh rules"
