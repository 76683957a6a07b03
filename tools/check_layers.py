#!/usr/bin/env python3
"""Checks the house rules that a compiler does not see.

* every #include "room/..." is an edge of cmake/layers.txt, the graph of rooms has no cycle, and every
  third-party #include <...> stands in cmake/fences.txt for that room;
* pointer casts and raw copies of input stand in base only (ByteReader's privilege);
* no unfinished-work marker, and every room has a README.md.

Prints one line a violation and exits 1 when there is any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
STANDARD = re.compile(r"[a-z0-9_]+$")  # <vector>, <cstdint>
SYSTEM = re.compile(r"(sys|linux|netinet|arpa)/[a-z_/]+\.h$|(unistd|fcntl|dirent|fnmatch|signal|poll|pthread|time)\.h$|"
                    r"[a-z]+intrin\.h$|cpuid\.h$")
RAW = re.compile(r"\b(reinterpret_cast|memcpy|memmove)\b")
# Rooms where raw access is the point; everything else needs `// raw: reason` on the line.
RAW_ALLOWED = {"base"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def table(path):
    rows = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            key, _, values = line.partition(":")
            rows[key.strip()] = values.split()
    return rows


def check_cycles(layers, problems):
    state = {}

    def visit(room, trail):
        if state.get(room) == "done":
            return
        if room in trail:
            problems.append(f"cmake/layers.txt: cycle {' -> '.join(trail + [room])}")
            return
        for other in layers.get(room, []):
            visit(other, trail + [room])
        state[room] = "done"

    for room in layers:
        visit(room, [])


def main():
    layers = table(ROOT / "cmake/layers.txt")
    fences = table(ROOT / "cmake/fences.txt")
    problems = []
    check_cycles(layers, problems)
    rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    for room in sorted(rooms):
        if room not in layers:
            problems.append(f"src/{room}: no row in cmake/layers.txt")
        if not (ROOT / "src" / room / "README.md").exists():
            problems.append(f"src/{room}: no README.md")
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        name = path.relative_to(ROOT)
        room = name.parts[1]
        aside = path.stem.endswith(("_test", "_fuzz", "_bench", "_for_test"))
        text = path.read_text(encoding="utf-8")
        for kind, target in INCLUDE.findall(text):
            first = target.split("/")[0]
            if kind == '"' and "/" in target and first in layers:
                if first not in ("base", room) and first not in layers.get(room, []) and not aside:
                    problems.append(f"{name}: may not include {target} ({room} -> {first} is no edge)")
            elif kind == '"':
                problems.append(f'{name}: include "{target}" is not a path from src/')
            elif not STANDARD.match(target) and not SYSTEM.match(target):
                fence = next((prefix for prefix in fences if target.startswith(prefix)), None)
                if fence is None:
                    problems.append(f"{name}: <{target}> stands in no fence")
                elif room not in fences[fence] and "*" not in fences[fence] and not aside:
                    problems.append(f"{name}: <{target}> is fenced to {', '.join(fences[fence])}")
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                problems.append(f"{name}:{number}: unfinished work without an issue")
            if RAW.search(line) and room not in RAW_ALLOWED and not aside and "// raw:" not in line:
                problems.append(f"{name}:{number}: raw access to bytes outside base")
    print("\n".join(problems) if problems else f"layers: {len(rooms)} rooms, no violation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
