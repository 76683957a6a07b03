#!/usr/bin/env bash
# Tests Saiph. Fast tier (under 20 minutes on 2 cores, build included): house rules, every unit test and
# every fuzz corpus under AddressSanitizer and UndefinedBehaviourSanitizer, end-to-end tests of the
# release program.
#   ./test.sh --all adds ThreadSanitizer, clang-tidy, the clone check and 60 s of fuzzing a target.
set -euo pipefail
cd "$(dirname "$0")"
all=false
for argument in "$@"; do
  case "$argument" in
    --all) all=true ;;
    *) echo "usage: ./test.sh [--all]" >&2; exit 2 ;;
  esac
done
step() { printf '\n== %s\n' "$*"; }

step "release program"
tools/build.sh release
step "house rules"
tools/check_layers.py
tools/check_techniques.py
python3 tools/generate_rules.py --catalogue catalogue/rules --check-docs docs/rules.md
step "unit tests and corpora under ASan and UBSan"
tools/build.sh asan
(cd build/asan && ctest --output-on-failure -j "$(nproc)")
step "end to end"
python3 tests/identity/local_provider_test.py
python3 tests/end_to_end.py --saiph build/release/saiph
python3 tests/ledger/end_to_end.py --saiph build/release/saiph

if $all; then
  tools/install_packages.sh build test all
  step "threads under TSan"
  tools/build.sh tsan scan_test
  build/tsan/src/scan/scan_test
  tools/build.sh tsan ledger_test
  build/tsan/src/ledger/ledger_test
  step "ledger: 1,000 manipulations of 10,000 entries, 200 kills"
  cmake --preset release -DSAIPH_TESTS=ON >build/release.log
  tools/build.sh release ledger_test
  SAIPH_SLOW=1 build/release/src/ledger/ledger_test
  step "format"
  find src tests -name '*.cc' -o -name '*.h' | xargs clang-format-19 --dry-run -Werror
  step "clang-tidy"
  tools/tidy.sh
  step "clones"
  tools/clones.sh
  step "fuzzing, 60 s a target"
  tools/fuzz.sh 60
fi
