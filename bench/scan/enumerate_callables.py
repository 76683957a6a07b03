#!/usr/bin/env python3
"""Lists functions, methods and classes of installed modules: module <tab> name, to stdout.

    enumerate_callables.py --stdlib > a.tsv        enumerate_callables.py numpy sklearn torch > b.tsv

Modules are imported in a child process each (a crash or an exit costs one module); nothing found is called.
"""
import argparse
import pkgutil
import subprocess
import sys

CHILD = r"""
import importlib, inspect, sys, warnings
warnings.simplefilter("ignore")
module = importlib.import_module(sys.argv[1])
for name, value in sorted(vars(module).items()):
    if not callable(value) or getattr(value, "__module__", None) != module.__name__ or not name.isidentifier():
        continue
    if inspect.isclass(value):
        if issubclass(value, BaseException):
            continue
        print(module.__name__, name, sep="\t")
        for part, member in sorted(vars(value).items()):
            if inspect.isfunction(member) and part.isidentifier() and not part.startswith("__"):
                print(module.__name__, name + "." + part, sep="\t")
    else:
        print(module.__name__, name, sep="\t")
"""
# Importing these opens windows, prints poems, starts editors or waits.
SKIP = {"antigravity", "this", "idlelib", "turtledemo", "test", "lib2to3", "tkinter", "turtle", "msilib", "winreg", "__main__", "pydoc_data"}


def modules_of(package):
    try:
        found = __import__(package)
    except Exception:  # noqa: BLE001
        return []
    names = [package]
    for info in pkgutil.iter_modules(getattr(found, "__path__", [])):
        if not info.name.startswith(("test", "_test", "conftest", "setup", "__main__")):
            names.append(f"{package}.{info.name}")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stdlib", action="store_true")
    parser.add_argument("packages", nargs="*")
    arguments = parser.parse_args()
    names = []
    if arguments.stdlib:
        for top in sorted(sys.stdlib_module_names - SKIP):
            names += modules_of(top) if not top.startswith("_") else [top]
    for package in arguments.packages:
        names += modules_of(package)
    for name in names:
        try:
            done = subprocess.run([sys.executable, "-c", CHILD, name], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            continue
        if done.returncode == 0:
            sys.stdout.write(done.stdout.decode())


if __name__ == "__main__":
    main()
