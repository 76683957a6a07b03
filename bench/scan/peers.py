#!/usr/bin/env python3
"""Runs one peer scanner, in process, over files and prints one JSON line a file, then a summary line.

    peers.py --tool picklescan|modelscan|fickling|modelaudit --files LIST
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import resource
import sys
import time


def picklescan_tool():
    from picklescan import scanner

    def scan(path):
        result = scanner.scan_file_path(path)
        return bool(result.infected_files or result.issues_count or result.scan_err), bool(result.scan_err)
    return scan


def modelscan_tool():
    from modelscan.modelscan import ModelScan

    def scan(path):
        result = ModelScan().scan(path)
        issues = result["summary"]["total_issues"]
        return issues > 0, bool(result.get("errors"))
    return scan


def fickling_tool():
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import StackedPickle

    def scan(path):
        with open(path, "rb") as file:
            try:
                stacked = StackedPickle.load(file)
            except Exception:  # noqa: BLE001: it cannot read this file
                return False, True
            stopped = any(check_safety(pickled).severity > Severity.LIKELY_SAFE for pickled in stacked)
        return stopped, False
    return scan


def modelaudit_tool():
    os.environ.setdefault("PROMPTFOO_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("NO_ANALYTICS", "1")
    from modelaudit.core import scan_model_directory_or_file

    def scan(path):
        result = scan_model_directory_or_file(path)
        issues = getattr(result, "issues", None)
        issues = issues if issues is not None else result["issues"]
        grades = [str(getattr(getattr(issue, "severity", issue), "value", getattr(issue, "severity", ""))).lower() for issue in issues]
        stopped = any(grade in ("critical", "error", "warning") for grade in grades)
        return stopped, bool(getattr(result, "has_errors", False))
    return scan


TOOLS = {"picklescan": picklescan_tool, "modelscan": modelscan_tool, "fickling": fickling_tool, "modelaudit": modelaudit_tool}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", choices=TOOLS, required=True)
    parser.add_argument("--files", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    import logging
    logging.disable(logging.CRITICAL)
    scan = TOOLS[arguments.tool]()
    files = arguments.files.read_text().splitlines()
    spent = 0.0
    size = 0
    for path in files:
        started = time.perf_counter()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                stopped, unread = scan(path)
        except BaseException as error:  # noqa: BLE001: a peer that crashes on a file has not stopped it
            if isinstance(error, KeyboardInterrupt):
                raise
            stopped, unread = False, True
        spent += time.perf_counter() - started
        size += os.path.getsize(path)
        print(json.dumps({"path": path, "stopped": stopped, "unread": unread}), flush=True)
    print(json.dumps({"summary": {"files": len(files), "bytes": size, "seconds": spent,
                                  "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
