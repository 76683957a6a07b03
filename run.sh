#!/usr/bin/env bash
# Builds Saiph and runs it. Without arguments: starts `saiph serve` on loopback with a data folder below
# build/, scans the demonstration artefacts into it, shows the report and prints the address to open.
#   ./run.sh stop             ends that server
#   ./run.sh scan ~/models    with arguments: passes them to saiph
# When nobody watches (standard output is no terminal), the server is ended again after the report;
# SAIPH_KEEP=1 keeps it, SAIPH_KEEP=0 ends it in any case. SAIPH_LISTEN: where (default 127.0.0.1:8700).
set -euo pipefail
cd "$(dirname "$0")"

data=build/demo-data
pid_file=build/demo-server.pid
log=build/demo-server.log

server_pid() {  # of our server, if it runs
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "serve --data $data" && echo "$pid"
}
stop_server() {
  local pid i
  if pid=$(server_pid); then
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < 300; i++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$pid_file"
}
if [ "${1:-}" = stop ] && [ "$#" -eq 1 ]; then
  stop_server
  exit 0
fi

tools/build.sh release

if [ "$#" -gt 0 ]; then
  cd "$OLDPWD" 2>/dev/null || true
  exec "$(dirname "$(readlink -f "$0")")/build/release/saiph" "$@"
fi

rm -rf build/demo
python3 tools/fixtures/hostile.py --decode build/demo/hostile >/dev/null
cp -r tests/fixtures/benign build/demo/benign

stop_server
start_server() {  # start_server ADDRESS: the address in `address`, or failure
  local pid i
  : >"$log"
  nohup build/release/saiph serve --data "$data" --listen "$1" >/dev/null 2>>"$log" </dev/null &
  pid=$!
  echo "$pid" >"$pid_file"
  for ((i = 0; i < 600; i++)); do
    address=$(sed -n 's/.* listens on \(http[^ ]*\)$/\1/p' "$log" | head -n 1)
    [ -n "$address" ] && break
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  [ -n "$address" ] && disown "$pid"
}
healthy() {  # asks over the socket itself, so that no other program is needed
  local port=${address##*:} line
  port=${port%/}
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$port" >&3
  IFS= read -r -t 10 line <&3 || line=
  exec 3>&-
  [[ $line == "HTTP/1.1 200"* ]]
}
if ! start_server "${SAIPH_LISTEN:-127.0.0.1:8700}"; then
  # Somebody else may have the port.
  if [ -n "${SAIPH_LISTEN:-}" ] || ! start_server 127.0.0.1:0; then
    cat "$log" >&2
    echo "run.sh: the server did not start" >&2
    exit 4
  fi
fi
healthy || { cat "$log" >&2; echo "run.sh: the server does not answer at $address" >&2; stop_server; exit 4; }

echo
echo "Scanning the demonstration artefacts: models that frameworks made, and attacks built here"
echo "(decoded into build/demo; their payloads are harmless). The report is recorded in $data/ledger."
echo
status=0
build/release/saiph scan --record --ledger "$data/ledger" build/demo || status=$?
echo
if [ "$status" -ne 1 ]; then
  echo "saiph scan ended with $status; 1 was expected here." >&2
  stop_server
  exit 4
fi
echo "saiph scan ended with 1: findings at or over \"high\". That is right for this folder."
echo "Next: ./run.sh scan PATH, ./run.sh scan --format html --output report.html PATH, ./run.sh rules"
echo
keep=${SAIPH_KEEP:-}
if [ -z "$keep" ]; then
  keep=0
  if [ -t 1 ]; then keep=1; fi
fi
if [ "$keep" = 1 ]; then
  if [ -f "$data/setup-link" ]; then
    echo "The console runs. Make the first account within 15 minutes (the link works once):"
    if [ -t 1 ]; then
      echo "  $(cat "$data/setup-link")"
    else
      echo "  the link is in $data/setup-link"
    fi
  else
    echo "The console runs: $address"
  fi
  echo "./run.sh stop ends it; ./run.sh starts it again. Its log is $log."
else
  stop_server
  echo "The server answered at $address and was ended again, since nobody watches. SAIPH_KEEP=1 ./run.sh"
  echo "keeps it; then open the link in $data/setup-link."
fi
