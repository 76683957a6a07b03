#!/usr/bin/env bash
# Proves the two commands on a fresh Debian 12: an empty root made by debootstrap, an empty home, a fresh
# clone of HEAD; once as root and once as a user with sudo. Needs root, debootstrap and git.
#   tools/fresh.sh [FOLDER]      default build/fresh; SAIPH_FRESH_MIRROR and SAIPH_FRESH_PROXY as apt takes them,
#                                SAIPH_FRESH_NPM as npm takes its registry
# The second run reuses the first one's compiler cache (ccache keys on contents), nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "fresh.sh: needs root (debootstrap, chroot)" >&2; exit 2; }
work=$(realpath -m "${1:-build/fresh}")
root=$work/root
mkdir -p "$work"
command -v debootstrap >/dev/null || apt-get install -y --no-install-recommends debootstrap >/dev/null

# What this machine's apt is set up with also reaches the packages from inside.
mirror=${SAIPH_FRESH_MIRROR:-$(grep -rhoE '^(deb|URIs:) .*' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
  grep -oE '(https?|file)://[^ ]+/debian/?( |$)' | tr -d ' ' | head -n 1 || true)}
[ -n "$mirror" ] || { echo "fresh.sh: no Debian mirror known; set SAIPH_FRESH_MIRROR" >&2; exit 2; }

# The same for npm, which builds the console.
npm_registry=${SAIPH_FRESH_NPM:-$(npm config get registry 2>/dev/null || true)}

mounted=()
leave() {
  for point in "${mounted[@]}"; do umount -l "$point" 2>/dev/null || true; done
}
trap leave EXIT

if [ ! -x "$root/usr/bin/apt-get" ]; then
  echo "== debootstrap of Debian 12 (minbase)"
  debootstrap --variant=minbase --include=ca-certificates,git,sudo,ccache bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
  cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
  cp -a /etc/apt/sources.list /etc/apt/sources.list.d "$root/etc/apt/" 2>/dev/null || true
fi
for point in proc sys dev; do
  mountpoint -q "$root/$point" || { mount --rbind "/$point" "$root/$point"; mount --make-rslave "$root/$point"; mounted+=("$root/$point"); }
done
# npm's packages may come through a proxy of this machine's, whose certificate packages in there do not know.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/fresh-ca.crt" 2>/dev/null || true
git bundle create "$root/saiph.bundle" HEAD >/dev/null 2>&1

run_as() {  # run_as USER HOME: both commands in a fresh clone
  local user=$1 home=$2 started=$SECONDS
  rm -rf "${root:?}$home"
  chroot "$root" install -d -o "$user" -g "$user" -m 700 "$home"
  echo "== as $user, empty home, fresh clone"
  chroot "$root" sudo -u "$user" env -i HOME="$home" USER="$user" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 \
    ${SAIPH_FRESH_PROXY:+http_proxy="$SAIPH_FRESH_PROXY"} ${npm_registry:+NPM_CONFIG_REGISTRY="$npm_registry"} \
    NODE_EXTRA_CA_CERTS=/etc/fresh-ca.crt CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/var/cache/saiph-ccache \
    CCACHE_BASEDIR="$home" CCACHE_NOHASHDIR=1 CCACHE_UMASK=000 bash -ec '
      git clone -q /saiph.bundle "$HOME/saiph" && cd "$HOME/saiph"
      ./run.sh
      ./test.sh
    ' >"$work/$user.log" 2>&1 || { tail -n 60 "$work/$user.log" >&2; echo "fresh.sh: failed as $user; the whole log is $work/$user.log" >&2; exit 1; }
  tail -n 4 "$work/$user.log"
  echo "== passed as $user in $((SECONDS - started)) s"
}

chroot "$root" install -d -m 777 /var/cache/saiph-ccache
run_as root /root
# ccache makes folders that only their maker may write to.
chroot "$root" chmod -R a+rwX /var/cache/saiph-ccache
chroot "$root" id tester >/dev/null 2>&1 || chroot "$root" useradd --create-home tester
echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/tester"
run_as tester /home/tester
echo "fresh.sh: both commands passed on Debian 12, as root and as a user with sudo"
