#!/usr/bin/env python3
"""Runs clang-tidy 19 over src/, a folder at a time; tools/tidy.sh prepares what it needs.

The sources of a folder are read as one unit, so that the standard headers are parsed and matched once
a folder instead of once a file (measured: 15 s instead of 160 s for src/base). Where two files of a
folder cannot stand in one unit (the same name in both), each is read alone. A unit that was quiet
leaves a stamp in build/tidy, named by the digest of all it consists of, and is not read again.

  tools/tidy.py                      every folder
  tools/tidy.py [--quick] PATH...    the folders named, and those of the files named
--quick leaves out the path-sensitive analyser, which takes two thirds of the time, and all stamps.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
WORK = ROOT / "build/tidy"
TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
WARNING = re.compile(r"^(\S+?:\d+:\d+: (?:warning|error): .*?)(?:,-warnings-as-errors\])?$")


def product_sources(folder):
    return [path for path in sorted(folder.glob("*.cc")) if not path.stem.endswith(("_test", "_fuzz", "_bench"))]


def compile_flags():
    commands = json.loads((ROOT / "build/release/compile_commands.json").read_text())
    command = next(row["command"] for row in commands if row["file"].startswith(str(SOURCE / "base")))
    # g++'s own warnings are unknown to clang, and the analyser brings its own checks of memory.
    left_out = re.compile(r"-Wduplicated-cond|-Wlogical-op|-fsanitize=\S*|-fno-sanitize-recover=\S*|-fno-omit-frame-pointer")
    # CMake hands the model's place to the one file that takes it in.
    model = '-DSAIPH_TEXT_MODEL="/dev/null"'
    return [model] + [flag.replace('\\"', '"') for flag in re.split(r"c\+\+ ", command.split(" -o ")[0], maxsplit=1)[1].split() if not left_out.match(flag)]


def digest(files, flags):
    """Of everything that the answer depends on: the configuration, the files and their headers."""
    seen, waiting = set(), list(files)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if (SOURCE / name).is_file():
                waiting.append(SOURCE / name)
    state = hashlib.sha256("\0".join(flags).replace(str(ROOT), "").encode())
    for path in [ROOT / ".clang-tidy", *sorted(seen)]:
        state.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def read_unit(name, files, flags, quick):
    """Lines of warnings, and whether the unit could be compiled at all."""
    unit = WORK / f"{name}.cc"
    unit.write_text("".join(f'#include "{path.relative_to(SOURCE)}"\n' for path in files))
    run = subprocess.run(
        [TIDY, "--quiet", "--config-file", str(ROOT / ".clang-tidy"), "--checks=-bugprone-suspicious-include" + (",-clang-analyzer-*" if quick else ""), str(unit), "--",
         *flags, "-Wno-pragma-once-outside-header", "-Xclang", "-analyzer-opt-analyze-headers"],
        capture_output=True, text=True, check=False)
    compiled = "clang-diagnostic-error" not in run.stdout
    warnings = []
    for line in run.stdout.splitlines():
        match = WARNING.match(line)
        if match and match[1] not in warnings:
            warnings.append(match[1].replace(f"{ROOT}/", "") + ("]" if line.endswith("-warnings-as-errors]") else ""))
    if run.returncode != 0 and not warnings:
        warnings.append(f"{name}: clang-tidy ended with {run.returncode}: {run.stderr.strip()[-400:]}")
    return warnings, compiled


def read_folder(folder, flags, quick):
    files = product_sources(folder)
    name = "_".join(folder.relative_to(SOURCE).parts)
    stamp = WORK / f"{name}.{digest(files, flags)[:32]}.quiet"
    if stamp.exists() and not quick:
        return files, []
    warnings, compiled = read_unit(name, files, flags, quick)
    if not compiled:
        warnings = []
        for path in files:
            warnings += [line for line in read_unit(f"{name}_{path.stem}", [path], flags, quick)[0] if line not in warnings]
    if not warnings and not quick:
        for old in WORK.glob(f"{name}.*.quiet"):
            old.unlink()
        stamp.touch()
    return files, warnings


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    flags = compile_flags()
    quick = "--quick" in sys.argv[1:]
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    if arguments:
        named = [pathlib.Path(argument).resolve() for argument in arguments]
        folders = sorted({path if path.is_dir() else path.parent for path in named})
    else:
        folders = sorted({path.parent for path in SOURCE.rglob("*.cc")})
    folders = [folder for folder in folders if product_sources(folder)]
    count, found = 0, set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for files, warnings in pool.map(lambda folder: read_folder(folder, flags, quick), folders):
            count += len(files)
            for line in warnings:
                if line not in found:
                    found.add(line)
                    print(line, flush=True)
    print(f"clang-tidy: {count} files in {len(folders)} folders, {len(found) or 'no'} warning{'s' if len(found) > 1 else ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
