#!/usr/bin/env bash
# Tests Saiph. Fast tier (under 20 minutes on 2 cores, build included): house rules, every unit test and
# every fuzz corpus under AddressSanitizer and UndefinedBehaviourSanitizer, end-to-end tests of the
# release program.
#   ./test.sh --all adds the console in a browser, ThreadSanitizer, the ledger's slow tier, clang-tidy, the
#   clone check and 60 s of fuzzing a target.
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
python3 tests/text/end_to_end.py --saiph build/release/saiph
python3 tests/text/growth.py --saiph build/release/saiph
python3 tests/ledger/end_to_end.py --saiph build/release/saiph
python3 tests/serve/end_to_end.py --saiph build/release/saiph
python3 tests/server/api_test.py --saiph build/release/saiph

if $all; then
  tools/install_packages.sh build test all
  step "growth of the cost of texts"
  python3 tests/text/growth.py --saiph build/release/saiph --all
  step "the API's document"
  tests/server/lint_openapi.sh
  step "schemathesis against the API, 1,000 cases an operation, under ASan"
  tests/server/schemathesis.sh build/asan/saiph 1000
  step "the console in a browser"
  tests/console/run.sh build/release/saiph --screens
  step "threads under TSan"
  threaded=(scan ledger net server)
  tools/build.sh tsan "${threaded[@]/%/_test}"
  for room in "${threaded[@]}"; do "build/tsan/src/$room/${room}_test"; done
  step "ledger: 1,000 manipulations of 10,000 entries, 200 kills"
  cmake --preset release -DSAIPH_TESTS=ON >build/release.log
  tools/build.sh release ledger_test
  # Each shard runs its part of the tests, side by side.
  shards=()
  for ((shard = 0; shard < $(nproc); ++shard)); do
    SAIPH_SLOW=1 GTEST_TOTAL_SHARDS=$(nproc) GTEST_SHARD_INDEX=$shard build/release/src/ledger/ledger_test &
    shards+=($!)
  done
  for shard in "${shards[@]}"; do wait "$shard"; done
  step "format"
  find src tests -name '*.cc' -o -name '*.h' | xargs clang-format-19 --dry-run -Werror
  step "clang-tidy"
  tools/tidy.sh
  step "clones"
  tools/clones.sh
  step "fuzzing, 60 s a target"
  tools/fuzz.sh 60
fi
