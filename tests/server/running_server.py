"""A running `saiph serve` over a temporary folder, for the tests of its interface. Standard library only."""
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import re
import struct
import subprocess
import tempfile
import time

PASSWORD = "a long sentence of mine"


def totp(secret, now=None):
    """RFC 6238, as an authenticator program computes it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int((now or time.time()) // 30)), hashlib.sha1).digest()
    place = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)


class RunningServer:
    def __init__(self, saiph, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="saiph-api-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "roots").mkdir()
        self.log_file = open(self.path / "log", "w+b")
        self.process = subprocess.Popen(
            [str(saiph), "serve", "--data", str(self.path / "data"), "--listen", "127.0.0.1:0", "--scan-root",
             str(self.path / "roots"), *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log_file)
        deadline = time.monotonic() + 90
        while not (found := re.search(r"listens on https?://[^/]+:(\d+)/", self.log())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("saiph serve did not start:\n" + self.log())
            time.sleep(0.05)
        self.port = int(found[1])

    def log(self):
        return pathlib.Path(self.log_file.name).read_text(errors="replace")

    def setup_token(self):
        return (self.path / "data/setup-link").read_text().strip().split("#")[1]

    def request(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        result = Answer(answer.status, answer.getheaders(), answer.read())
        connection.close()
        return result

    def stop(self):
        """Answers the exit code."""
        self.process.terminate()
        return self.process.wait(60)


class Caller:
    """A stranger until log_in, set_up or token."""

    def __init__(self, server, check=None, token=None):
        self.server, self.check, self.token, self.cookie, self.csrf = server, check, token, None, None

    def __call__(self, method, target, body=None, status=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
            if method not in ("GET", "HEAD"):
                headers.setdefault("X-Saiph-CSRF", self.csrf)
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        answer = self.server.request(method, target, body, headers)
        if self.check:
            self.check(method, target, answer)
        if status is not None and answer.status != status:
            raise AssertionError(f"{method} {target}: {answer.status}, not {status}: {answer.body[:800]!r}")
        return answer

    def enter(self, answer):
        self.cookie = answer.header("Set-Cookie").split(";")[0]
        self.csrf = answer.json["csrf"]
        return answer.json

    def set_up(self, name="keeper"):
        return self.enter(self("POST", "/api/v1/setup", {"token": self.server.setup_token(), "name": name,
                                                         "password": PASSWORD}, status=201))

    def log_in(self, name, **more):
        return self.enter(self("POST", "/api/v1/session", {"name": name, "password": PASSWORD, **more}, status=200))
