#!/usr/bin/env bash
# Installs the Debian packages of one or more groups of tools/packages.txt (build, test, all), as root
# or through sudo. Does nothing, and needs no network, when they are all there.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=()
for group in "$@"; do
  mapfile -t -O "${#wanted[@]}" wanted < <(awk -v group="$group" '$1 == group { print $2 }' tools/packages.txt)
done
missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install_packages.sh: these Debian packages are missing and there is no sudo to install them:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    echo "Ask an administrator to run: apt-get install ${missing[*]}" >&2
    exit 2
  }
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "install_packages.sh: the packages could not be installed (see above). Saiph builds on Debian 12." >&2
  exit 2
fi
