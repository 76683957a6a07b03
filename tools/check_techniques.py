#!/usr/bin/env python3
"""Checks docs/techniques.md: every test that it names stands in the sources.

A test is written `file: Suite.Name`, with the file under src/. Rows of a table of tests are written
`Suite.Name/Row`: the row's name must stand in that file as a string. Exits 1 with one line a miss.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`([\w/]+_test\.cc): (\w+)\.(\w+)(?:/(\w+))?`")


def main():
    problems = []
    named = 0
    sources = {}
    for number, line in enumerate((ROOT / "docs/techniques.md").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| ") and not line.startswith(("| id ", "| ---")) and "`" not in line and "not covered" not in line:
            problems.append(f"docs/techniques.md:{number}: neither a test nor a reason")
        for file, suite, name, row in NAMED.findall(line):
            named += 1
            path = ROOT / "src" / file
            if file not in sources:
                sources[file] = path.read_text(encoding="utf-8") if path.exists() else ""
            text = sources[file]
            if not re.search(rf"\bTEST(_F|_P)?\(\s*{suite},\s*{name}\s*\)", text):
                problems.append(f"docs/techniques.md:{number}: no test {suite}.{name} in src/{file}")
            elif row and f'"{row}"' not in text:
                problems.append(f"docs/techniques.md:{number}: no row {row} in src/{file}")
    print("\n".join(problems) if problems else f"techniques: {named} tests named, all there")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
