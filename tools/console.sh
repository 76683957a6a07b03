#!/usr/bin/env bash
# Builds the web console (console/) into build/console, from where cmake/console.cmake embeds it into
# the program. Needs Node.js 18.19 and npm 9.2 or newer: those on PATH, else Debian's are installed.
#   tools/console.sh [--test]     --test also runs the console's unit tests
# Does nothing when no input changed since the last build.
set -euo pipefail
cd "$(dirname "$0")/.."
test=false
case "${1:-}" in
  "") ;;
  --test) test=true ;;
  *) echo "usage: tools/console.sh [--test]" >&2; exit 2 ;;
esac
mkdir -p build
exec 9>build/console.lock
flock 9

inputs() {  # names and contents of everything the built console depends on
  find console -name node_modules -prune -o -path console/src/api/schema.ts -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum
  sha256sum src/server/openapi.json tools/console.sh
}
digest=$(inputs | sha256sum | cut -d' ' -f1)
stamp=build/console.stamp
if ! $test && [ -f build/console/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ]; then
  exit 0
fi

recent_enough() {  # recent_enough VERSION MAJOR MINOR
  local major=${1#v} minor
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  [ "$major" -gt "$2" ] || { [ "$major" -eq "$2" ] && [ "$minor" -ge "$3" ]; }
}
tools_there() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    recent_enough "$(node --version)" 18 19 && recent_enough "$(npm --version 2>/dev/null)" 9 2
}
tools_there || tools/install_packages.sh console
tools_there || {
  echo "console.sh: needs node 18.19 and npm 9.2 or newer; found node $(node --version 2>&1), npm $(npm --version 2>&1)" >&2
  exit 2
}

started=$SECONDS
log=build/console.log
: >"$log"
run() {
  "$@" >>"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    echo "console.sh: '$*' failed; the whole log is $log" >&2
    exit 2
  }
}
cd console
log=../$log
packages=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.saiph-packages 2>/dev/null)" != "$packages" ]; then
  # No package's own script runs: none of ours needs one.
  run npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  echo "$packages" >node_modules/.saiph-packages
fi
run node dev/api_types.mjs ../src/server/openapi.json src/api/schema.ts
if $test; then
  node dev/test.mjs
fi
run node node_modules/typescript/bin/tsc --noEmit
rm -rf ../build/console.new
SAIPH_CONSOLE_OUT=../build/console.new run node node_modules/vite/bin/vite.js build --logLevel warn
cd ..
rm -rf build/console
mv build/console.new build/console
echo "$digest" >"$stamp"
echo "Built the console in $((SECONDS - started)) s ($(du -sk build/console | cut -f1) KiB)" >&2
