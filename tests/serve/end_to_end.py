#!/usr/bin/env python3
"""`saiph serve` and `saiph state` as their users meet them: the built program, real folders, sockets and signals, wrong
settings too. Python's standard library only.

    tests/serve/end_to_end.py --saiph build/release/saiph [-k NAME]
"""
import argparse
import http.client
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

TESTS = []
SAIPH = None
NAME, PASSWORD = "keeper", "a long sentence of mine"
BAD_PICKLE = b"cos\nsystem\n(S'true'\ntR."


def test(function):
    TESTS.append(function)
    return function


def saiph(folder, *arguments, code=0, **options):
    done = subprocess.run([str(SAIPH), *map(str, arguments)], cwd=folder, capture_output=True, timeout=120, **options)
    assert done.returncode == code, (arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode(), done.stderr.decode()


def refused(folder, *arguments, code=2, says=""):
    _, err = saiph(folder, *arguments, code=code)
    assert says in err, (says, err)
    return err


class Server:
    """A running `saiph serve` on a free port, with a small client."""

    def __init__(self, folder, *options, data="data", tls=None, listen="127.0.0.1:0", prefix=()):
        self.folder, self.data, self.tls = folder, folder / data, tls
        self.errors = open(folder / f"serve-{time.monotonic_ns()}.log", "w+b")
        self.process = subprocess.Popen([*prefix, str(SAIPH), "serve", "--data", str(self.data), "--listen", listen, *map(str, options)],
                                        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors)
        self.cookie = self.csrf = None
        deadline = time.monotonic() + 60
        while not (found := re.search(r"listens on (https?)://([^/]+):(\d+)/", self.log())):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        self.port = int(found[3])

    def log(self):
        self.errors.flush()
        return pathlib.Path(self.errors.name).read_text(errors="replace")

    def request(self, method, path, body=None, headers=None, authenticated=True):
        if self.tls:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if authenticated and self.cookie:
            headers["Cookie"] = self.cookie
            if method not in ("GET", "HEAD"):
                headers["X-Saiph-CSRF"] = self.csrf
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        if (cookie := answer.getheader("Set-Cookie")) and authenticated:
            self.cookie = cookie.split(";")[0]
        connection.close()
        return answer.status, dict(answer.getheaders()), data

    def json(self, method, path, body=None, status=200, **options):
        got, _, data = self.request(method, path, body, **options)
        assert got == status, (method, path, got, data[:2000])
        return json.loads(data) if data else None

    def setup_token(self):
        link = (self.data / "setup-link").read_text()
        return link.strip().split("#")[1]

    def set_up(self):
        session = self.json("POST", "/api/v1/setup", {"token": self.setup_token(), "name": NAME, "password": PASSWORD}, status=201)
        self.csrf = session["csrf"]
        return session

    def log_in(self, name=NAME, password=PASSWORD):
        session = self.json("POST", "/api/v1/session", {"name": name, "password": password})
        self.csrf = session["csrf"]
        return session

    def upload(self, label, data):
        return self.json("POST", "/api/v1/scans?label=" + urllib.parse.quote(label), data, status=202,
                         headers={"Content-Type": "application/octet-stream"})

    def wait(self, scan, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = self.json("GET", f"/api/v1/scans/{scan['id']}")
            if now["state"] not in ("queued", "running"):
                return now
            time.sleep(0.05)
        raise AssertionError(("not done", now, self.log()))

    def scan(self, label, data):
        return self.wait(self.upload(label, data))

    def stop(self, code=0, number=signal.SIGTERM, seconds=40):
        self.process.send_signal(number)
        got = self.process.wait(timeout=seconds)
        assert code is None or got == code, (got, self.log())
        return self.log()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.errors.close()


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def worker_processes(server):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == server.process.pid and fields[0] != "Z":
                found.append(int(entry.name))
        except (OSError, ValueError):
            pass
    return found


@test
def first_start_upload_and_a_restart_that_keeps_all(tmp):
    with Server(tmp) as server:
        assert mode(tmp / "data") == 0o700
        for name in ("setup-link", "state.db", "state.key", "record.sock", "ledger/signing.key"):
            assert mode(tmp / "data" / name) == 0o600, name
        # The link is in the file and not in a log that is no terminal.
        assert server.setup_token() not in server.log() and "setup-link" in server.log()
        assert server.json("GET", "/healthz")
        assert server.json("GET", "/api/v1/setup")["needed"] is True
        server.request("GET", "/api/v1/assets")
        assert server.request("GET", "/api/v1/assets")[0] == 401
        token = server.setup_token()
        session = server.set_up()
        assert session["account"]["role"] == "admin"
        status, _, _ = server.request("POST", "/api/v1/setup", {"token": token, "name": "eve", "password": PASSWORD}, authenticated=False)
        assert status in (401, 403, 409), status
        bad = server.scan("model.pkl", BAD_PICKLE)
        assert (bad["state"], bad["verdict"], bad["files"]) == ("done", "findings", 1), bad
        good = server.scan("notes.txt", b"nothing here\n")
        assert (good["state"], good["verdict"]) == ("done", "clean"), good
        status, headers, report = server.request("GET", f"/api/v1/scans/{bad['id']}/report")
        rows = [json.loads(line) for line in report.decode().splitlines()]
        assert status == 200 and rows[0]["path"] == "model.pkl" and rows[-1]["summary"]["files_with_findings"] == 1, report[:500]
        findings = server.json("GET", "/api/v1/findings")["items"]
        assert findings and findings[0]["asset_name"] == "model.pkl", findings
        entry = json.loads(saiph(tmp, "ledger", "show", bad["entry"], "--ledger", "data/ledger", "--format", "json")[0])
        assert entry["type"] == "scan-report" and entry["predicate"]["job"] == bad["id"], entry
        assert entry["predicate"]["actor"].startswith("hmac-sha256:"), entry
        size = server.json("GET", "/api/v1/ledger")["size"]
        log = server.stop()
        assert "ended" in log and not (tmp / "data/record.sock").exists()
    with Server(tmp) as server:
        assert not (tmp / "data/setup-link").exists()
        server.log_in()
        assert server.wait(bad) == bad
        assert server.request("GET", f"/api/v1/scans/{bad['id']}/report")[2] == report
        assert server.json("GET", "/api/v1/ledger")["size"] > size
        kinds = [json.loads(line) for line in saiph(tmp, "ledger", "show", "--ledger", "data/ledger", "--format", "json")[0].splitlines()]
        assert any("heartbeat" in json.dumps(kind) for kind in kinds), kinds
        server.stop()
    # The index is rebuilt when it is gone or damaged.
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"garbage" * 1000)):
        for rest in (tmp / "data").glob("index.db-*"):
            rest.unlink()
        damage(tmp / "data/index.db")
        with Server(tmp) as server:
            server.log_in()
            assert server.json("GET", "/api/v1/findings")["items"] == findings
            server.stop()
    out, _ = saiph(tmp, "state", "check", "--data", "data")
    assert "nothing is wrong" in out, out


@test
def the_setup_link_is_for_the_terminal(tmp):
    leader, terminal = pty.openpty()
    process = subprocess.Popen([str(SAIPH), "serve", "--data", "data", "--listen", "127.0.0.1:0", "--quiet"], cwd=tmp, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    try:
        seen = b""
        while b"works once" not in seen or b"saiph_set_" not in seen or not seen.endswith(b"\r\n\r\n"):
            seen += os.read(leader, 4096)
        assert (tmp / "data/setup-link").read_text().strip() in seen.decode(), seen
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        if process.poll() is None:
            process.kill()
        os.close(leader)
    # The next start makes another link; the one before is of no use.
    first = (tmp / "data/setup-link").read_text().split("#")[1].strip()
    with Server(tmp) as server:
        assert server.setup_token() != first
        status, _, _ = server.request("POST", "/api/v1/setup", {"token": first, "name": NAME, "password": PASSWORD})
        assert status in (401, 403, 409), status
        server.set_up()
        server.stop()


@test
def uploads_are_hostile(tmp):
    (tmp / "serve.toml").write_text('[scan]\nupload_size = "1M"\nuploads_size = "2M"\nqueue = 3\ntime = "20s"\n')
    with Server(tmp, "--config", "serve.toml") as server:
        server.set_up()
        for label in ("-rf", "--output=x", "../../etc/passwd", "a b\u00e9", "x" * 255):
            done = server.scan(label, BAD_PICKLE)
            assert done["state"] == "done" and done["label"] == label, done
            rows = server.request("GET", f"/api/v1/scans/{done['id']}/report")[2].decode().splitlines()
            assert json.loads(rows[0])["path"] == label, rows[0][:200]
        assert server.request("POST", "/api/v1/scans?label=big", b"x" * (2 << 20), {"Content-Type": "application/octet-stream"})[0] == 413
        empty = server.upload("empty", b"") if server.request("POST", "/api/v1/scans?label=e", b"", {"Content-Type": "application/octet-stream"})[0] == 202 else None
        if empty:
            assert server.wait(empty)["verdict"] in ("incomplete", "clean")
        assert server.request("POST", "/api/v1/scans", {"path": "/etc/passwd"})[0] in (403, 422)
        assert not list((tmp / "data/uploads").iterdir())
        server.stop()


@test
def paths_inside_roots_only(tmp):
    root = tmp / "models"
    (root / "inner").mkdir(parents=True)
    (root / "inner/bad.pkl").write_bytes(BAD_PICKLE)
    (root / "link").symlink_to("/etc")
    (tmp / "models-other").mkdir()
    with Server(tmp, "--scan-root", root) as server:
        server.set_up()
        done = server.wait(server.json("POST", "/api/v1/scans", {"path": str(root / "inner")}, status=202))
        assert (done["state"], done["verdict"], done["kind"]) == ("done", "findings", "path"), done
        for path in ("/etc/passwd", str(root / "link"), str(root / "link/passwd"), str(root / "../models-other"), str(tmp / "models-other"),
                     str(root / "missing"), "inner", str(tmp / "data/state.key")):
            status, _, data = server.request("POST", "/api/v1/scans", {"path": path})
            assert status in (400, 403, 404, 422), (path, status, data)
        server.stop()
    refused(tmp, "serve", "--data", "data", "--scan-root", tmp, says="lie one in the other")
    refused(tmp, "serve", "--data", "data", "--scan-root", "data/ledger", says="lie one in the other")
    refused(tmp, "serve", "--data", "data", "--scan-root", "missing", says="no folder")


@test
def jobs_are_cancelled_and_workers_do_not_outlive_anybody(tmp):
    slow = tmp / "models"
    slow.mkdir()
    for i in range(4000):
        (slow / f"{i}.json").write_bytes(b'{"a":[' + b"1," * 20000 + b"1]}")
    with Server(tmp, "--scan-root", slow) as server:
        server.set_up()
        running = server.json("POST", "/api/v1/scans", {"path": str(slow)}, status=202)
        waiting = server.upload("waits", b"x")
        deadline = time.monotonic() + 20
        while not worker_processes(server):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert server.request("DELETE", f"/api/v1/scans/{waiting['id']}")[0] in (200, 202, 204)
        assert server.wait(waiting)["state"] == "cancelled"
        assert server.request("DELETE", f"/api/v1/scans/{running['id']}")[0] in (200, 202, 204)
        assert server.wait(running, 10)["state"] == "cancelled"
        assert not worker_processes(server)
        assert server.request("DELETE", f"/api/v1/scans/{running['id']}")[0] in (409, 422)
        # A worker that somebody kills is a failed scan, not a clean one.
        running = server.json("POST", "/api/v1/scans", {"path": str(slow)}, status=202)
        while not (workers := worker_processes(server)):
            time.sleep(0.01)
        os.kill(workers[0], signal.SIGKILL)
        failed = server.wait(running)
        assert failed["state"] == "failed" and failed["verdict"] is None and "killed" in failed["error"], failed
        # A server that is killed takes its workers along; the next one says what became of the job.
        running = server.json("POST", "/api/v1/scans", {"path": str(slow)}, status=202)
        while not (workers := worker_processes(server)):
            time.sleep(0.01)
        server.process.kill()
        server.process.wait()
        deadline = time.monotonic() + 5
        while any(pathlib.Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() < deadline, "a worker outlived its server"
            time.sleep(0.02)
    with Server(tmp, "--scan-root", slow) as server:
        server.log_in()
        assert server.wait(running)["state"] == "failed"
        running = server.json("POST", "/api/v1/scans", {"path": str(slow)}, status=202)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)  # the second one ends at once
        assert server.process.wait(timeout=10) != 0


@test
def sigterm_drains(tmp):
    (tmp / "serve.toml").write_text('[server]\ndrain = "15s"\n')
    with Server(tmp, "--config", "serve.toml") as server:
        server.set_up()
        # A scan that is under way is finished, recorded and told.
        scan = server.upload("model.pkl", BAD_PICKLE)
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 15
    with Server(tmp) as server:
        server.log_in()
        assert server.wait(scan)["state"] in ("done", "failed")
        server.stop(number=signal.SIGINT)


@test
def recording_goes_through_the_running_server(tmp):
    (tmp / "bad.pkl").write_bytes(BAD_PICKLE)
    with Server(tmp) as server:
        server.set_up()
        before = server.json("GET", "/api/v1/ledger")["size"]
        ledger = ("--ledger", "data/ledger")
        _, err = saiph(tmp, "scan", "--record", *ledger, "bad.pkl", code=1)
        assert "recorded as entry" in err, err
        saiph(tmp, "ledger", "heartbeat", *ledger)
        out, _ = saiph(tmp, "ledger", "attest", *ledger, "--role", "developer", "--claim", "looked at", "--subject", "bad.pkl", "--format", "json")
        attested = json.loads(out)["index"]
        statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "m", "digest": {"sha256": "0" * 64}}],
                     "predicateType": "https://example.org/p", "predicate": {"x": 1}}
        (tmp / "statement").write_text(json.dumps(statement))
        saiph(tmp, "ledger", "append", *ledger, "statement")
        (tmp / "statement").write_text("{}")
        refused(tmp, "ledger", "append", *ledger, "statement")
        (tmp / "statement").write_text(json.dumps({**statement, "predicateType": "urn:saiph:predicate:key-rotation:v1"}))
        refused(tmp, "ledger", "append", *ledger, "statement", says="rotate-key")
        refused(tmp, "ledger", "rotate-key", *ledger)
        refused(tmp, "state", "reset-login", "--data", "data", NAME, says="end it first")
        # Many at once: each has its own entry.
        threads = [threading.Thread(target=saiph, args=(tmp, "ledger", "heartbeat", *ledger)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.json("GET", "/api/v1/ledger")["size"] >= before + 12
        deadline = time.monotonic() + 10
        while not any(item["asset_name"] == "bad.pkl" for item in server.json("GET", "/api/v1/findings")["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        saiph(tmp, "ledger", "show", attested, *ledger)
        # A server on the same data is refused.
        refused(tmp, "serve", "--data", "data", "--listen", "127.0.0.1:0", says="another process uses this data folder")
        server.stop()
    saiph(tmp, "ledger", "key", "--ledger", "data/ledger", "--output", "vkey")
    saiph(tmp, "ledger", "checkpoint", "--ledger", "data/ledger", "--output", "trusted")
    saiph(tmp, "ledger", "verify", "data/ledger", "--key", "vkey", "--trusted-checkpoint", "trusted")


@test
def wrong_settings_are_named(tmp):
    for text, says in {
        "[server]\nlissten = []\n": "serve.toml:2:1",
        "[servers]\n": 'did you mean "server"',
        "[scan]\nworkers = \"two\"\n": "whole number",
        "[tls]\nkey = \"key.pem\"\n": "TLS needs both",
        "data = 3\n": "data must be",
        "[ledger]\nheartbeat = \"5\"\n": "not a duration",
    }.items():
        (tmp / "serve.toml").write_text(text)
        refused(tmp, "serve", "--config", "serve.toml", says=says)
        assert not (tmp / "saiph-data").exists()
    refused(tmp, "serve", "--config", "missing.toml", says="missing.toml")
    refused(tmp, "serve", "--listen", "example.org:1")
    refused(tmp, "serve", "--listen", "0.0.0.0:0", says="--allow-plain")
    assert not (tmp / "saiph-data").exists()
    refused(tmp, "serve", "--listen", "127.0.0.1:0", "--tls-certificate", "a.pem", "--tls-key", "b.pem")
    (tmp / "serve.toml").write_text('[server]\nlisten = ["127.0.0.1:0"]\n')
    out, _ = saiph(tmp, "serve", "--config", "serve.toml", "--check")
    assert 'listen = ["127.0.0.1:0"]' in out and "[limits]" in out, out
    (tmp / "again.toml").write_text(out)
    assert saiph(tmp, "serve", "--config", "again.toml", "--check")[0] == out.replace('data = "./saiph-data"', f'data = "./saiph-data"')


@test
def ports_and_folders_that_cannot_be_had(tmp):
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    refused(tmp, "serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data", "one")
    taken.close()
    (tmp / "file").write_text("x")
    refused(tmp, "serve", "--data", "file", "--listen", "127.0.0.1:0")
    (tmp / "open").mkdir(mode=0o755)
    os.chmod(tmp / "open", 0o755)
    refused(tmp, "serve", "--data", "open", "--listen", "127.0.0.1:0", says="chmod 700")
    refused(tmp, "serve", "--data", "/proc/saiph", "--listen", "127.0.0.1:0")
    # Read-only: by permission where that means something, else by a read-only mount.
    (tmp / "closed").mkdir(mode=0o500)
    os.chmod(tmp / "closed", 0o500)
    if os.geteuid() != 0:
        refused(tmp, "serve", "--data", "closed", "--listen", "127.0.0.1:0")
    elif subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0:
        script = 'mount --bind closed closed && mount -o remount,ro,bind closed && exec "$0" serve --data closed --listen 127.0.0.1:0'
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, str(SAIPH)], cwd=tmp, capture_output=True, timeout=60)
        assert done.returncode == 2 and b"closed" in done.stderr, done
    # Files of the state that others may read are refused, as is a state of another key.
    with Server(tmp) as server:
        server.stop()
    os.chmod(tmp / "data/state.key", 0o644)
    refused(tmp, "serve", "--data", "data", "--listen", "127.0.0.1:0")
    os.chmod(tmp / "data/state.key", 0o600)
    (tmp / "data/state.key").rename(tmp / "data/away")
    refused(tmp, "serve", "--data", "data", "--listen", "127.0.0.1:0")


@test
def a_damaged_ledger_is_not_served(tmp):
    with Server(tmp) as server:
        server.set_up()
        server.scan("a", BAD_PICKLE)
        server.stop()
    segment, = (tmp / "data/ledger/segments").glob("*.seg")
    whole = bytearray(segment.read_bytes())
    whole[len(whole) // 3] ^= 1
    segment.write_bytes(whole)
    refused(tmp, "serve", "--data", "data", "--listen", "127.0.0.1:0", code=1)
    saiph(tmp, "state", "check", "--data", "data", code=1)


@test
def backup_and_restore(tmp):
    with Server(tmp) as server:
        server.set_up()
        done = server.scan("model.pkl", BAD_PICKLE)
        out, _ = saiph(tmp, "state", "backup", "--data", "data", "--output", "backup")  # beside the server
        assert "private keys" in out, out
        server.scan("later", b"x")
        made = server.json("POST", "/api/v1/backup", status=201)
        assert mode(tmp / "data/backups" / made["file"]) == 0o600
        server.stop()
    assert mode(tmp / "backup") == 0o700 and mode(tmp / "backup/state.key") == 0o600 and mode(tmp / "backup/ledger/signing.key") == 0o600
    refused(tmp, "state", "backup", "--data", "data", "--output", "backup", says="exists")
    refused(tmp, "state", "restore", "backup", "--data", "data", says="holds something")
    refused(tmp, "state", "restore", "missing", "--data", "new", says="no backup")
    out, err = saiph(tmp, "state", "restore", "backup", "--data", "new")
    assert "rolled back" in err, err
    assert "nothing is wrong" in saiph(tmp, "state", "check", "--data", "new")[0]
    last = json.loads(saiph(tmp, "ledger", "show", "last", "--ledger", "new/ledger", "--format", "json")[0])
    assert last["predicate"]["what"] == "state-restored", last
    with Server(tmp, data="new") as server:
        server.log_in()
        assert server.wait(done)["verdict"] == "findings"
        assert len(server.json("GET", "/api/v1/scans")["items"]) == 1
        assert server.scan("after", BAD_PICKLE)["state"] == "done"
        server.stop()
    # A backup that was changed is refused, and leaves nothing.
    body = next(path for path in (tmp / "backup/ledger/content").rglob("*") if path.is_file())
    whole = body.read_bytes()
    for change in (whole + b"\n", whole.replace(b"critical", b"harmless", 1)):
        body.write_bytes(change)
        saiph(tmp, "state", "restore", "backup", "--data", "newer", code=1)
        assert not (tmp / "newer").exists() or not list((tmp / "newer").iterdir())
    body.unlink()
    saiph(tmp, "state", "restore", "backup", "--data", "newer", code=1)
    manifest = json.loads((tmp / "backup/manifest.json").read_text())
    manifest["files"][0]["name"] = "../outside"
    (tmp / "backup/manifest.json").write_text(json.dumps(manifest))
    saiph(tmp, "state", "restore", "backup", "--data", "newer", code=1)
    assert not (tmp / "outside").exists()
    # Without keys, nothing that signs or unseals is in it.
    saiph(tmp, "state", "backup", "--data", "data", "--output", "public", "--without-keys")
    assert not list((tmp / "public").rglob("*.key"))


@test
def a_lost_password_is_reset_with_evidence(tmp):
    with Server(tmp) as server:
        server.set_up()
        server.stop()
    refused(tmp, "state", "reset-login", "--data", "data", "nobody")
    out, _ = saiph(tmp, "state", "reset-login", "--data", "data", NAME, "--format", "json")
    password = json.loads(out)["password"]
    last = json.loads(saiph(tmp, "ledger", "show", "last", "--ledger", "data/ledger", "--format", "json")[0])
    assert last["predicate"]["actor"]["kind"] == "command", last
    with Server(tmp) as server:
        assert server.request("POST", "/api/v1/session", {"name": NAME, "password": PASSWORD})[0] == 401
        server.log_in(password=password)
        server.stop()


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout",
                    folder / "key.pem", "-out", folder / "chain.pem", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)


@test
def tls_is_reloaded_by_sighup(tmp):
    make_certificate(tmp, "first")

    def trust():
        context = ssl.create_default_context(cafile=tmp / "chain.pem")
        return context

    def common_name():
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain, trust().wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            assert secure.version() == "TLSv1.3"
            return dict(pair[0] for pair in secure.getpeercert()["subject"])["commonName"]

    with Server(tmp, "--tls-certificate", "chain.pem", "--tls-key", "key.pem", tls=trust()) as server:
        assert server.json("GET", "/healthz") and common_name() == "first"
        session = server.set_up()
        assert session and server.cookie.startswith("__Host-saiph=")
        make_certificate(tmp, "second")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while "read again" not in server.log():
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.02)
        assert common_name() == "second"
        (tmp / "chain.pem").rename(tmp / "good.pem")
        (tmp / "chain.pem").write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)
        while "stays as it was" not in server.log():
            assert time.monotonic() < deadline + 10, server.log()
            time.sleep(0.02)
        (tmp / "good.pem").rename(tmp / "chain.pem")
        assert common_name() == "second"
        server.stop()


@test
def a_sealed_key_needs_its_passphrase(tmp):
    (tmp / "secret").write_text("correct horse\n")
    os.chmod(tmp / "secret", 0o600)
    (tmp / "bad.pkl").write_bytes(BAD_PICKLE)
    with Server(tmp, "--passphrase-file", "secret") as server:
        # Beside the server nobody needs the passphrase: it signs.
        saiph(tmp, "scan", "--record", "--ledger", "data/ledger", "bad.pkl", code=1)
        server.stop()
    refused(tmp, "serve", "--data", "data", "--listen", "127.0.0.1:0")
    refused(tmp, "scan", "--record", "--ledger", "data/ledger", "bad.pkl", says="sealed")


@test
def it_idles_small(tmp):
    with Server(tmp) as server:
        server.set_up()
        server.scan("a", BAD_PICKLE)
        time.sleep(1)
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        print(f"        resident {resident / 1024:.1f} MB after set-up and a scan")
        assert resident < 96 << 10
        server.stop()


def main():
    global SAIPH
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saiph", type=pathlib.Path, required=True)
    parser.add_argument("-k", default="", help="only tests whose name contains this")
    arguments = parser.parse_args()
    SAIPH = arguments.saiph.resolve()
    passed = failed = 0
    for function in TESTS:
        if arguments.k not in function.__name__:
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="saiph-serve-"))
        started = time.monotonic()
        try:
            function(folder)
            passed += 1
            print(f"ok      {function.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
        except Exception:  # noqa: BLE001: every failure is printed and counted
            failed += 1
            print(f"FAILED  {function.__name__}\n{traceback.format_exc()}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
