#!/usr/bin/env bash
# The console's tests in a browser: tests/console/run.sh [SAIPH] [--screens]
# The journey through a real server; --screens adds every state of every page against the mock.
# Needs Debian's chromium, node 18.19 and npm; installs playwright-core and axe-core below tests/console.
set -euo pipefail
cd "$(dirname "$0")/../.."
screens=false
saiph=build/release/saiph
for argument in "$@"; do
  case "$argument" in
    --screens) screens=true ;;
    *) saiph=$argument ;;
  esac
done
[ -x /usr/bin/chromium ] || tools/install_packages.sh browser
tools/console.sh --test
packages=$(sha256sum tests/console/package-lock.json | cut -d' ' -f1)
if [ "$(cat tests/console/node_modules/.saiph-packages 2>/dev/null)" != "$packages" ]; then
  (cd tests/console && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >../../build/console-tests.log 2>&1) || {
    tail -n 20 build/console-tests.log >&2
    exit 2
  }
  echo "$packages" >tests/console/node_modules/.saiph-packages
fi
node tests/console/journey.mjs "$saiph"
if $screens; then node tests/console/screens.mjs; fi
