#!/usr/bin/env bash
# Installs what a preset needs and builds it: tools/build.sh PRESET [TARGET...]
# release builds the program only; asan and tsan build every test; fuzz builds every fuzz target.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:?usage: tools/build.sh release|debug|asan|tsan|fuzz [TARGET...]}
shift
groups=(build)
options=()
case "$preset" in
  release) options=(-DSAIPH_TESTS=OFF) ;;
  fuzz) groups=(build test all) ;;
  *) groups=(build test) ;;
esac
tools/install_packages.sh "${groups[@]}"
# The console is embedded in the program; nothing happens when it is built already.
tools/console.sh
[ "$preset" = release ] && [ "$#" -eq 0 ] && set -- saiph

started=$SECONDS
log=build/$preset.log
mkdir -p build
# Options are set on the first configure only: a developer's own cache stays as it is.
if [ ! -f "build/$preset/build.ninja" ] && ! cmake --preset "$preset" "${options[@]}" >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "build.sh: configuring failed; the whole log is $log" >&2
  exit 2
fi
if [ -t 2 ]; then
  ninja -C "build/$preset" "$@" >&2 || exit 2
elif ! ninja -C "build/$preset" "$@" >>"$log" 2>&1; then
  grep -E -A 12 'error|FAILED' "$log" | tail -n 60 >&2
  echo "build.sh: the build failed; the whole log is $log" >&2
  exit 2
fi
echo "Built $preset in $((SECONDS - started)) s" >&2
