#!/usr/bin/env bash
# Fuzzes every target, or the named ones, under libFuzzer with ASan and UBSan:
#   tools/fuzz.sh SECONDS [TARGET...]
# Starts from tests/corpus/TARGET and works in build/fuzz/corpus. Any crash, leak, timeout (10 s an
# input) or 512 MB of memory ends the run with 1 and leaves the input in build/fuzz/artifacts/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?usage: tools/fuzz.sh SECONDS [TARGET...]}
shift
tools/build.sh fuzz
if [ "$#" -eq 0 ]; then
  mapfile -t targets < <(find src -name '*_fuzz.cc' -printf '%f\n' | sed 's/\.cc$//' | sort)
  set -- "${targets[@]}"
fi

run_one() {
  local target=$1 binary
  binary=$(find build/fuzz/src -type f -executable -name "$target" | head -n 1)
  [ -n "$binary" ] || { echo "fuzz.sh: no such target: $target" >&2; return 2; }
  local corpus=build/fuzz/corpus/$target artifacts=build/fuzz/artifacts/$target
  mkdir -p "$corpus" "$artifacts" "tests/corpus/$target"
  if "$binary" "$corpus" "tests/corpus/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
      -max_len=65536 -print_final_stats=1 -artifact_prefix="$artifacts/" >"build/fuzz/$target.log" 2>&1; then
    printf '%-24s %12s executions, nothing found\n' "$target" \
      "$(awk '/stat::number_of_executed_units/ { print $2 }' "build/fuzz/$target.log")"
  else
    echo "$target FAILED: see build/fuzz/$target.log and $artifacts" >&2
    tail -n 25 "build/fuzz/$target.log" >&2
    return 1
  fi
}
export -f run_one
export seconds
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c 'run_one {}'
