#!/usr/bin/env bash
# clang-tidy 19 with warnings as errors over the sources, or over the named files' folders. Reasons
# for every disabled check stand in .clang-tidy; tools/tidy.py says how it is run.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install_packages.sh build test all
[ -f build/asan/compile_commands.json ] || tools/build.sh asan
exec python3 tools/tidy.py "$@"
