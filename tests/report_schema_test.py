#!/usr/bin/env python3
"""Checks that reports are what docs/formats/scan-report.md says.

* golden json and jsonl reports, and those of the real program on harmless and broken files made here, fit
  their JSON Schemas;
* both formats say the same about the same files;
* every code of an incomplete reason in src/ stands in the documentation.

Needs python3-jsonschema; exits 77 (skipped) without it.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed: skipped")
    sys.exit(77)

# 2020-12 where the installed version knows it; older ones read the same keywords by their latest draft.
VALIDATOR = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)


def validator(name):
    schema = json.loads((ROOT / "docs/formats" / name).read_text())
    VALIDATOR.check_schema(schema)
    return VALIDATOR(schema)


def scan(saiph, folder, report_format):
    done = subprocess.run([saiph, "scan", "--quiet", "--format", report_format, "--jobs", "1", "."], cwd=folder,
                          capture_output=True, check=False)
    assert done.returncode in (0, 1, 3), (done.returncode, done.stderr)
    return done.stdout.decode("utf-8")


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


def load(text):
    return json.loads(text, object_pairs_hook=no_duplicates)


def check_codes():
    text = (ROOT / "docs/formats/scan-report.md").read_text(encoding="utf-8")
    table = text[text.index("### Codes of incomplete reasons"):text.index("### Fingerprints")]
    documented = set(re.findall(r"^\| `([a-z-]+)` \| ", table, re.M))
    wording = (ROOT / "src/report/shared.cc").read_text(encoding="utf-8")
    worded = set(re.findall(r"^      \{\"([a-z-]+)\", ", wording[wording.index("kReasons"):], re.M))
    assert documented == worded, f"documentation and src/report/shared.cc differ by {sorted(documented ^ worded)}"
    undocumented = set()
    for path in (ROOT / "src").rglob("*.cc"):
        if path.name.endswith(("_test.cc", "_fuzz.cc")):
            continue
        for code in re.findall(r"incomplete\(\s*\"([a-z-]+)\"", path.read_text(encoding="utf-8")):
            if code not in documented:
                undocumented.add(f"{path.relative_to(ROOT)}: {code}")
    assert not undocumented, f"codes that docs/formats/scan-report.md does not list: {sorted(undocumented)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saiph", type=pathlib.Path, required=True)
    saiph = parser.parse_args().saiph.resolve()
    report, row = validator("scan-report.schema.json"), validator("scan-report-row.schema.json")

    golden = ROOT / "tests/golden/report"
    report.validate(load((golden / "report.json").read_text(encoding="utf-8")))
    for line in (golden / "report.jsonl").read_text(encoding="utf-8").splitlines():
        row.validate(load(line))

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "plain.txt").write_text("a plain text\n")
        (folder / "empty.bin").write_bytes(b"")
        (folder / "cut.gguf").write_bytes(b"GGUF\x03\x00\x00\x00\x01\x00")
        (folder / "odd \x1b[31m\n\"<&>' name.json").write_text('{"a": 1, "a": 2}')
        (folder / "numbers.bin").write_bytes(bytes(range(256)) * 20)
        (folder / "not-\udcff-utf8.txt").write_text("text\n")
        whole = load(scan(saiph, folder, "json"))
        rows = [load(line) for line in scan(saiph, folder, "jsonl").splitlines()]
    report.validate(whole)
    for entry in rows:
        row.validate(entry)
    assert [entry["path"] for entry in whole["files"]] == [entry["path"] for entry in rows[:-1]]
    assert whole["files"] == rows[:-1]
    assert len(rows) == 7 and "summary" in rows[-1]
    assert sum("path_hex" in entry for entry in rows) == 1
    same = ("files", "bytes", "files_clean", "files_with_findings", "files_incomplete", "exit_code")
    assert all(whole["summary"][key] == rows[-1]["summary"][key] for key in same)
    check_codes()
    print(f"{len(rows) - 1} files in both formats fit their schemas")


if __name__ == "__main__":
    main()
