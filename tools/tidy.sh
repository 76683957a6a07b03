#!/usr/bin/env bash
# clang-tidy 19 with warnings as errors over the sources, or over the named files' folders. Reasons
# for every disabled check stand in .clang-tidy; tools/tidy.py says how it is run.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install_packages.sh build test all
mkdir -p build
tools/build.sh release >build/tidy.log 2>&1 || { tail -n 20 build/tidy.log >&2; exit 1; }  # headers made from the catalogue
exec python3 tools/tidy.py "$@"
