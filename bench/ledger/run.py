#!/usr/bin/env python3
"""The ledger's figures beside the disk's own limit and SQLite, in one run on one core.

    bench/ledger/run.py [--entries 1000000] [--seconds 10] [--folder DIR]

Needs build/release/src/ledger/ledger_bench (cmake --preset release -DSAIPH_TESTS=ON; tools/build.sh release ledger_bench). Writes some gigabytes into DIR (default: a
temporary folder beside the build, so that it is the same disk) and removes them.
"""
import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BARS = [
    ("append, finished envelopes", "entries_per_s", 20_000, "at least"),
    ("append, each envelope made and signed, P-256", "entries_per_s", 20_000, "at least"),
    ("append, each envelope made and signed, Ed25519", "entries_per_s", 20_000, "at least"),
    ("append at 10000/s", "p99_ms", 10, "at most"),
    ("open to write", "seconds", 1, "at most"),
    ("proof, verified", "us", 100, "at most"),
    ("open to write", "rss_mb", 40, "at most"),
]


def sqlite_rate(path, rows_a_transaction, seconds):
    """Durable inserts a second: WAL with synchronous=FULL, one fsync a transaction."""
    if path.exists():
        path.unlink()
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, leaf BLOB, envelope BLOB)")
    envelope, leaf = os.urandom(900), os.urandom(32)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        base.execute("BEGIN")
        base.executemany("INSERT INTO entries (leaf, envelope) VALUES (?, ?)",
                         [(leaf, envelope)] * rows_a_transaction)
        base.execute("COMMIT")
        done += rows_a_transaction
    took = time.perf_counter() - start
    base.close()
    return done / took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--folder", type=pathlib.Path)
    arguments = parser.parse_args()
    program = ROOT / "build/release/src/ledger/ledger_bench"
    if not program.exists():
        sys.exit(f"{program} is not there: cmake --preset release -DSAIPH_TESTS=ON; tools/build.sh release ledger_bench")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="saiph-bench-", dir=arguments.folder or ROOT / "build"))
    rows = []
    try:
        process = subprocess.Popen([program, folder, str(arguments.entries), str(arguments.seconds)],
                                   stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            row = json.loads(line)
            rows.append(row)
            print("  ".join(f"{key}: {value}" for key, value in row.items()), flush=True)
        if process.wait() != 0:
            sys.exit(process.returncode)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {0})
        for batch in (1, 100):
            rate = sqlite_rate(folder / "peer.db", batch, min(arguments.seconds, 5))
            rows.append({"what": f"SQLite WAL FULL, {batch} a transaction", "entries_per_s": round(rate)})
            print(f"what: {rows[-1]['what']}  entries_per_s: {rate:.0f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for what, key, bar, side in BARS:
        value = next((row[key] for row in rows if row["what"] == what), None)
        met = value is not None and (value >= bar if side == "at least" else value <= bar)
        print(f"{'met   ' if met else 'MISSED'}  {what}: {key} {value}, {side} {bar}")


if __name__ == "__main__":
    main()
