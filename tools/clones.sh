#!/usr/bin/env bash
# Looks for copied code: no clone of 60 tokens or more in src/ beyond tools/clones_explained.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || tools/install_packages.sh clones
mkdir -p build/clones
[ -d build/clones/node_modules/jscpd ] || npm install --silent --no-audit --no-fund --prefix build/clones jscpd@4.0.5 >build/clones/npm.log 2>&1
build/clones/node_modules/.bin/jscpd src --pattern '**/*.{cc,h}' --min-tokens 60 --min-lines 3 --mode mild --format cpp,c,cpp-header,c-header \
  --formats-exts 'cpp:cc,h' --reporters json --output build/clones/report --silent >build/clones/jscpd.log 2>&1 || true
python3 - <<'PY'
import json, pathlib, sys
report = json.loads(pathlib.Path("build/clones/report/jscpd-report.json").read_text())
explained = [line.split("#")[0].split() for line in pathlib.Path("tools/clones_explained.txt").read_text().splitlines()
             if line.strip() and not line.startswith("#")]
left = []
for clone in report["duplicates"]:
    pair = sorted((clone["firstFile"]["name"], clone["secondFile"]["name"]))
    if not any(sorted(row) == pair for row in explained):
        left.append((clone["lines"], clone["firstFile"], clone["secondFile"]))
for lines, first, second in sorted(left, key=lambda row: -row[0]):
    print(f"{first['name']}:{first['start']}-{first['end']} ~ {second['name']}:{second['start']}-{second['end']} ({lines} lines)")
print(f"clones: {report['statistics']['total']['sources']} files read, {len(left)} unexplained clones of 60 tokens or more")
sys.exit(1 if left or report["statistics"]["total"]["sources"] == 0 else 0)
PY
