#!/usr/bin/env bash
# Makes catalogue/pickle/allow.tsv and modules.tsv from real framework objects.
# Usage: generate.sh [--work FOLDER] [--pythons FOLDER] [--python PYTHON] [--only NAME]... [--explain]
#   --work     where environments and collected data go (default build/allowlist; about 40 GB in all)
#   --pythons  folder of interpreters, one subfolder a version (VERSION/bin/pythonX.Y)
#   --python   an interpreter for the rows of its own version, used before those of --pythons
#   --only     collect this environment again; the others keep what was collected before
#   --explain  print what was left out and why
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$here/../../build/allowlist
pythons=
own=
only=()
explain=()
while (($#)); do
    case $1 in
    --work) work=$2; shift 2 ;;
    --pythons) pythons=$2; shift 2 ;;
    --python) own=$2; shift 2 ;;
    --only) only+=("$2"); shift 2 ;;
    --explain) explain=(--explain); shift ;;
    *) echo "generate.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
mkdir -p "$work/environments" "$work/collected"

find_python() { # version
    if [[ -n $own && $("$own" -c 'import sys; print("%d.%d" % sys.version_info[:2])') == "$1" ]]; then
        echo "$own"
    elif [[ -n $pythons ]] && compgen -G "$pythons/$1.*/bin/python$1" >/dev/null; then
        compgen -G "$pythons/$1.*/bin/python$1" | head -n 1
    else
        command -v "python$1" || true
    fi
}

while IFS=$'\t' read -r name version requirements; do
    [[ -z $name || $name == \#* ]] && continue
    if ((${#only[@]})) && [[ " ${only[*]} " != *" $name "* ]]; then
        continue
    fi
    python=$(find_python "$version")
    if [[ -z $python ]]; then
        echo "generate.sh: $name is left out: no Python $version" >&2
        continue
    fi
    environment=$work/environments/$name
    if [[ ! -x $environment/bin/pip ]]; then  # a first run
        "$python" -m venv "$environment"
        "$environment/bin/pip" install --quiet --upgrade pip setuptools wheel
    fi
    constraint=()
    if [[ -f $here/constraints/$name.txt ]]; then
        constraint=(--constraint "$here/constraints/$name.txt")
    fi
    # shellcheck disable=SC2086  # the requirements are separate words
    "$environment/bin/pip" install --quiet --only-binary :all: "${constraint[@]}" $requirements
    makers=$(awk -F'\t' -v name="$name" '$1 !~ /^#/ && index(name, $1) == 1 { print $2 }' "$here/packages.tsv")
    packages=$(awk -F'\t' -v name="$name" '$1 !~ /^#/ && index(name, $1) == 1 { print $3 }' "$here/packages.tsv")
    echo "generate.sh: collecting $name" >&2
    "$environment/bin/python" "$here/collect.py" --environment "$name" --out "$work/collected/$name.json" \
        --objects "$makers" --packages "$packages"
done <"$here/environments.tsv"
python3 "$here/merge.py" "$work"/collected/*.json "${explain[@]}"
