#!/usr/bin/env python3
"""Counts false alarms of credentials per MB of honest source code and documents, beside detect-secrets.

  bench/text/secrets.py [--megabytes 50] [--seed N] [--folder DIR]... [--peer-megabytes 5]

Reads text files (packed ones unpacked) below the folders, by default what a Debian machine has below /usr, in an order that the seed
decides, cut into texts of at most 200 kB, through `saiph inspect --channel document`. Every finding of a credential is listed with its
value masked, so that a person can say whether it is one: keys that ship in packages (test keys, examples) are real ones in form.
detect-secrets (installed into build/bench-text/venv) reads the first megabytes of the same texts.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["/usr/share/doc", "/usr/include", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share/perl", "/usr/share/nodejs", "/usr/share/vim", "/usr/src", "/usr/share/cmake-3.25", "/usr/lib/go-1.19", "/usr/lib/node_modules"]
MOST_BYTES = 200_000
MOST_OF_FILE = 4_000_000


def files_of(folders, seed):
    found = []
    for folder in folders:
        for path, _, names in os.walk(folder):
            found += [os.path.join(path, name) for name in names]
    found.sort()
    random.Random(seed).shuffle(found)
    return found


def texts_of(path):
    if os.path.islink(path) or not os.path.isfile(path):
        return
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            data = file.read(MOST_OF_FILE)
        text = data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError, ValueError):
        return
    if "\0" in text:
        return
    for at in range(0, len(text), MOST_BYTES):
        yield text[at:at + MOST_BYTES]


def masked(value):
    return value[:4] + "*" * min(24, max(0, len(value) - 4)) + f" ({len(value)} bytes)"


def inspect(saiph, rows):
    lines = "".join(json.dumps({"id": str(number), "text": text}) + "\n" for number, (_, text) in enumerate(rows))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(lines)
        file.flush()
        started = time.monotonic()
        done = subprocess.run([saiph, "inspect", "--format", "jsonl", "--channel", "document", file.name], capture_output=True, check=False)
        spent = time.monotonic() - started
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    if len(reports) != len(rows):
        sys.exit(f"{saiph} answered {len(reports)} of {len(rows)} texts, exit {done.returncode}: {done.stderr.decode()[-300:]}")
    return reports, spent


def detect_secrets(rows, most_bytes):
    venv = ROOT / "build/bench-text/venv"
    if not (venv / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    if subprocess.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "detect-secrets"], capture_output=True, check=False).returncode != 0:
        return print("| detect-secrets | could not be installed | | |")
    with tempfile.TemporaryDirectory() as folder:
        size = 0
        for number, (path, text) in enumerate(rows):
            if size >= most_bytes:
                break
            (pathlib.Path(folder) / f"{number}{pathlib.Path(path.removesuffix('.gz')).suffix or '.txt'}").write_text(text)
            size += len(text.encode())
        started = time.monotonic()
        done = subprocess.run([venv / "bin/detect-secrets", "-C", folder, "scan", "--all-files", "--no-verify", "."], capture_output=True, check=False)
        spent = time.monotonic() - started
        if done.returncode != 0:
            return print(f"| detect-secrets | did not run: {done.stderr.decode()[-120:]} | | |")
        hits = sum(len(places) for places in json.loads(done.stdout)["results"].values())
        return print(f"| detect-secrets, on {size / 1e6:.1f} MB | {hits} | {hits / (size / 1e6):.2f} | {size / 1e6 / spent:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--peer-megabytes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", action="append")
    parser.add_argument("--saiph", type=pathlib.Path, default=ROOT / "build/release/saiph")
    arguments = parser.parse_args()
    rows, size, kinds = [], 0, collections.Counter()
    for path in files_of(arguments.folder or FOLDERS, arguments.seed):
        for text in texts_of(path):
            rows.append((path, text))
            size += len(text.encode())
            kinds[pathlib.Path(path.removesuffix(".gz")).suffix or "no ending"] += len(text.encode())
        if size >= arguments.megabytes * 1e6:
            break
    if not rows:
        sys.exit("no text was found; name folders with --folder")
    print(f"# False alarms of credentials, {time.strftime('%Y-%m-%d', time.gmtime())}, seed {arguments.seed}\n")
    print(f"{size / 1e6:.1f} MB in {len(rows)} texts: " + ", ".join(f"{ending} {100 * part / size:.0f} %" for ending, part in kinds.most_common(8)))
    reports, spent = inspect(arguments.saiph, rows)
    hits, incomplete = [], 0
    for (path, text), report in zip(rows, reports):
        incomplete += bool(report["incomplete"])
        data = text.encode()
        for finding in report["findings"]:
            if finding["rule"].startswith("secret."):
                hits.append((finding["rule"], path, masked(data[finding["offset"]:finding["offset"] + finding["length"]].decode(errors="replace").replace("\n", " "))))
    print(f"\n| tool | findings | per MB | MB/s |\n| --- | --- | --- | --- |\n| saiph inspect, everything on | {len(hits)} | {len(hits) / (size / 1e6):.2f} | {size / 1e6 / spent:.1f} |")
    if arguments.peer_megabytes > 0:
        detect_secrets(rows, arguments.peer_megabytes * 1e6)
    print(f"\n{incomplete} texts incomplete. Findings:")
    for rule, path, value in sorted(hits):
        print(f"* {rule}: {value}, {path}")


if __name__ == "__main__":
    main()
