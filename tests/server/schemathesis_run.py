#!/usr/bin/env python3
"""Starts a server, fills it a little, and has schemathesis try its whole interface as an administrator.
tests/server/schemathesis.sh brings schemathesis and says how to call this.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from running_server import Caller, RunningServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Endless (watchAll), or ends the session that the run needs (tests/server/api_test.py has them).
LEFT_OUT = ["watchAll", "logOut"]
# What schemathesis cannot know: that If-Match is judged before a body is, that a method which the document does not
# have may come with a body, and that a text may be refused although its schema takes it (422: an expiry in the past,
# a name that is taken).
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "negative_data_rejection"]
# TRACE is answered by the HTTP layer with 501, as RFC 9110 (15.6.2) has it, which counts as a server error here.
CONFIGURATION = """
[phases.coverage]
unexpected-methods = ["DELETE", "PATCH", "PUT"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "414", "415", "422", "428", "429", "431"]
"""
SETTINGS = """
[limits]
requests_per_second = 0
"""


def prepare(server):
    admin = Caller(server)
    admin.set_up()
    binary = {"Content_Type": "application/octet-stream"}
    admin("POST", "/api/v1/scans?label=a.pkl", b"cos\nsystem\n(S'true'\ntR.", status=202, **binary)
    expires = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 86400))
    admin("POST", "/api/v1/suppressions", {"rule": "a", "path": "x", "reason": "an example", "expires": expires},
          status=201)
    return admin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--saiph", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=int, required=True)
    parser.add_argument("--schemathesis", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="one operation")
    arguments = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as settings:
        settings.write(SETTINGS)
        settings.flush()
        server = RunningServer(arguments.saiph.resolve(), "--config", settings.name)
    admin = prepare(server)
    configuration = server.path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    command = [str(arguments.schemathesis), "--config-file", str(configuration), "run", str(ROOT / "src/server/openapi.json"),
               "--url", f"http://127.0.0.1:{server.port}", "--phases", "examples,coverage,fuzzing",
               "--max-examples", str(arguments.cases), "--checks", ",".join(CHECKS), "--workers", "2",
               "--continue-on-failure", "--no-shrink", "--request-timeout", "30", "--suppress-health-check", "all",
               "--warnings", "off", "--generation-database", "none", "--no-color",
               "-H", f"Cookie:{admin.cookie}", "-H", f"X-Saiph-CSRF:{admin.csrf}"]
    if arguments.only:
        command += ["--include-operation-id", arguments.only]
    for name in LEFT_OUT:
        command += ["--exclude-operation-id", name]
    hooks = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(ROOT / "tests/server")}
    result = subprocess.run(command, env=hooks).returncode
    ended = server.stop() if server.process.poll() is None else server.process.returncode
    log = server.log()
    for line in re.findall(r".*(?:Sanitizer|runtime error|request [0-9a-f]{16}:).*", log)[:40]:
        print(line)
    crashed = ended != 0 or "Sanitizer" in log or "runtime error" in log
    print(f"schemathesis ended with {result}, the server with {ended}{', CRASHED OR LEAKED' if crashed else ''}")
    return 1 if result != 0 or crashed else 0


if __name__ == "__main__":
    sys.exit(main())
