#!/usr/bin/env python3
"""Validates SARIF reports against the published JSON Schema of SARIF 2.1.0.

The schema is not part of this repository. On the first run `npm pack` fetches the package that carries it,
@microsoft/jest-sarif, into build/sarif-check. Needs python3-jsonschema. Usage: tools/check_sarif.py REPORT...
"""
import json
import pathlib
import subprocess
import sys
import tarfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ROOT / "build/sarif-check"
PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


def schema():
    PLACE.mkdir(parents=True, exist_ok=True)
    if not any(PLACE.glob("*.tgz")):
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=PLACE, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(PLACE.glob("*.tgz"))) as package:
        return json.load(package.extractfile(MEMBER))


def main(reports):
    if not reports:
        sys.exit(__doc__)
    rules = schema()
    # Its "format" keywords (uri-reference, date-time) are checked too, where the library knows them.
    checker = jsonschema.validators.validator_for(rules)(rules, format_checker=jsonschema.FormatChecker())
    failed = False
    for report in reports:
        errors = list(checker.iter_errors(json.loads(pathlib.Path(report).read_text(encoding="utf-8"))))
        failed = failed or bool(errors)
        print(f"{report}: {'valid' if not errors else f'{len(errors)} errors'}")
        for error in errors[:20]:
            print(f"  {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
