#!/usr/bin/env python3
"""A small OpenID Connect provider for tests, on a loopback port.

    tests/identity/local_provider.py --redirect-uri http://127.0.0.1:8700/api/v1/oidc/callback

prints one line of JSON as soon as it listens: {"issuer": ..., "client_id": ..., "client_secret": ...,
"control": ...}, and serves until its standard input ends or it is told to stop. Standard library and the
`openssl` command only. It checks what a provider must check (client, redirect URI, PKCE, one use of a code) and can
be told to misbehave.

    GET  /.well-known/openid-configuration     metadata (OpenID Connect Discovery 1.0)
    GET  /keys                                 key set (RFC 7517)
    GET  /authorize?...                        a page that asks who one is; answered by
    POST /authorize                            303 back to the client with code, state and iss (RFC 9207)
    POST /token                                authorization_code with PKCE (RFC 6749, 7636)
    GET  /control?secret=...&NAME=VALUE        for tests, see Provider.control

As a module: `with LocalProvider(redirect_uri) as provider: ... provider.issuer ...`, then
provider.control(rotate="1") and the like.
"""
import argparse
import base64
import hashlib
import hmac
import html
import http.server
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

CODE_SECONDS = 60
TOKEN_SECONDS = 300
LONGEST_BODY = 64 * 1024
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Local provider</title>
<h1>Log in to {client}</h1>
<form method="post" action="/authorize">
<input type="hidden" name="request" value="{request}">
<label>Name <input name="person" value="{person}" autofocus></label>
<button name="answer" value="yes">Log in</button> <button name="answer" value="no">Refuse</button>
</form></html>
"""


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=True).stdout


class SigningKey:
    """A private key in a temporary folder, used through the openssl command. RS256, PS256 or ES256."""

    def __init__(self, folder, algorithm, kid):
        self.algorithm = algorithm
        self.kid = kid
        self.path = pathlib.Path(folder) / f"{kid}.pem"
        if algorithm == "ES256":
            options = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        else:
            options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        openssl("genpkey", *options, "-out", self.path)
        self.path.chmod(0o600)

    def jwk(self):
        common = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "ES256":
            point = openssl("ec", "-in", self.path, "-pubout", "-outform", "DER")[-64:]
            return {**common, "kty": "EC", "crv": "P-256", "x": encoded(point[:32]), "y": encoded(point[32:])}
        text = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().strip()
        modulus = bytes.fromhex(text.removeprefix("Modulus="))
        return {**common, "kty": "RSA", "n": encoded(modulus), "e": "AQAB"}

    def sign(self, message):
        options = []
        if self.algorithm == "PS256":
            options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
        signature = openssl("dgst", "-sha256", "-sign", self.path, *options, stdin=message)
        return self._raw(signature) if self.algorithm == "ES256" else signature

    @staticmethod
    def _raw(der):
        """SEQUENCE { r, s } as r || s (RFC 7518, 3.4); lengths are under 128."""
        numbers = []
        at = 2
        for _ in range(2):
            length = der[at + 1]
            numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(32, "big"))
            at += 2 + length
        return b"".join(numbers)

    def token(self, claims, header=None):
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} if header is None else header
        signed = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        return signed + "." + encoded(self.sign(signed.encode()))


class Refusal(Exception):
    """An error of RFC 6749, 5.2."""

    def __init__(self, name, status=400):
        super().__init__(name)
        self.name = name
        self.status = status


class Provider:
    """State and rules; no HTTP. One thread at a time: the server takes the lock."""

    def __init__(self, issuer, client_id, client_secret, redirect_uri, algorithm, people, folder):
        self.issuer = issuer
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_uri = redirect_uri
        self.algorithm = algorithm
        self.people = people
        self.folder = folder
        self.control_secret = secrets.token_urlsafe(24)
        self.requests = {}
        self.codes = {}
        self.extra_claims = {}
        self.mode = "right"
        self.key_count = 0
        self.rotate()

    def rotate(self):
        self.key_count += 1
        self.key = SigningKey(self.folder, self.algorithm, f"key-{self.key_count}")

    def metadata(self):
        return {
            "issuer": "http://127.0.0.1:1" if self.mode == "other-issuer" else self.issuer,
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "jwks_uri": self.issuer + "/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def begin(self, query):
        """The page for an authorization request. A wrong client or redirect URI is never redirected to."""
        if query.get("client_id") != self.client_id or query.get("redirect_uri") != self.redirect_uri:
            raise Refusal("invalid_request")
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            raise Refusal("invalid_scope")
        if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
            raise Refusal("invalid_request")
        if not query.get("state") or not query.get("nonce"):
            raise Refusal("invalid_request")
        name = secrets.token_urlsafe(16)
        self.requests[name] = query
        person = next(iter(self.people), "")
        return PAGE.format(client=html.escape(self.client_id), request=name, person=html.escape(person))

    def decide(self, form):
        """Where the browser goes after the page was answered."""
        query = self.requests.pop(form.get("request", ""), None)
        if query is None:
            raise Refusal("invalid_request")
        answer = {"state": query["state"], "iss": self.issuer}
        person = form.get("person", "")
        if form.get("answer") != "yes" or person not in self.people:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(24)
            self.codes[answer["code"]] = (query, person, time.time() + CODE_SECONDS)
        return self.redirect_uri + "?" + urllib.parse.urlencode(answer)

    def exchange(self, form, authorization):
        """The token endpoint's answer."""
        self._check_client(form, authorization)
        if form.get("grant_type") != "authorization_code":
            raise Refusal("unsupported_grant_type")
        query, person, until = self.codes.pop(form.get("code", ""), (None, None, 0))
        if query is None or time.time() > until or form.get("redirect_uri") != query["redirect_uri"]:
            raise Refusal("invalid_grant")
        challenge = encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not hmac.compare_digest(challenge, query["code_challenge"]):
            raise Refusal("invalid_grant")
        access_token = secrets.token_urlsafe(24)
        return {"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": access_token,
                "id_token": self._id_token(query, person, access_token)}

    def _check_client(self, form, authorization):
        identifier, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization:
            scheme, _, credentials = authorization.partition(" ")
            if scheme.lower() != "basic" or secret:
                raise Refusal("invalid_client", 401)
            # RFC 6749, 2.3.1: form-encoded halves with a colon between them.
            halves = base64.b64decode(credentials, validate=True).decode().partition(":")
            identifier, secret = urllib.parse.unquote_plus(halves[0]), urllib.parse.unquote_plus(halves[2])
        if identifier != self.client_id or not hmac.compare_digest(secret.encode(), self.client_secret.encode()):
            raise Refusal("invalid_client", 401)

    def _id_token(self, query, person, access_token):
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.people[person], "aud": self.client_id, "nonce": query["nonce"],
            "iat": now, "exp": now + TOKEN_SECONDS,
            "at_hash": encoded(hashlib.sha256(access_token.encode()).digest()[:16]),
            "preferred_username": person, "name": person.title(), "email": f"{person}@example.org",
            "email_verified": True, **self.extra_claims,
        }
        if self.mode == "unsigned":
            parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)]
            return ".".join(parts) + "."
        if self.mode == "public-key-as-secret":
            head = {"alg": "HS256", "kid": self.key.kid}
            signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
            public = openssl("pkey", "-in", self.key.path, "-pubout")
            return signed + "." + encoded(hmac.new(public, signed.encode(), "sha256").digest())
        token = self.key.token(claims)
        if self.mode == "broken-signature":
            return token[:-2] + ("AA" if token[-2:] != "AA" else "BA")
        return token

    def control(self, query):
        """For tests: `rotate` makes a new key; `claims` is a JSON object put over every ID token's claims; `mode` is
        right, unsigned, public-key-as-secret, broken-signature, other-issuer or silent (503 everywhere else)."""
        if not hmac.compare_digest(query.get("secret", ""), self.control_secret):
            raise Refusal("access_denied", 403)
        modes = ("right", "unsigned", "public-key-as-secret", "broken-signature", "other-issuer", "silent")
        if "mode" in query:
            if query["mode"] not in modes:
                raise Refusal("invalid_request")
            self.mode = query["mode"]
        if "claims" in query:
            self.extra_claims = json.loads(query["claims"])
        if "rotate" in query:
            self.rotate()
        return {"mode": self.mode, "key": self.key.kid}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider = None
    lock = None
    quiet = True

    def log_message(self, format, *arguments):
        if not self.quiet:
            super().log_message(format, *arguments)

    def _answer(self, status, body, content_type="application/json", headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(data))),
                            ("Cache-Control", "no-store"), *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _handle(self, form):
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        route = (self.command, address.path)
        with self.lock:
            try:
                if route == ("GET", "/control"):
                    return self._answer(200, self.provider.control(query))
                if self.provider.mode == "silent":
                    return self._answer(503, {"error": "temporarily_unavailable"})
                if route == ("GET", "/.well-known/openid-configuration"):
                    return self._answer(200, self.provider.metadata())
                if route == ("GET", "/keys"):
                    return self._answer(200, {"keys": [self.provider.key.jwk()]})
                if route == ("GET", "/authorize"):
                    return self._answer(200, self.provider.begin(query).encode(), "text/html; charset=utf-8")
                if route == ("POST", "/authorize"):
                    return self._answer(303, {}, headers=[("Location", self.provider.decide(form))])
                if route == ("POST", "/token"):
                    return self._answer(200, self.provider.exchange(form, self.headers.get("Authorization")))
                return self._answer(404, {"error": "not_found"})
            except Refusal as refusal:
                return self._answer(refusal.status, {"error": refusal.name})
            except (ValueError, KeyError, UnicodeError):
                return self._answer(400, {"error": "invalid_request"})

    def do_GET(self):
        self._handle({})

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= LONGEST_BODY:
            self.close_connection = True
            self._answer(413, {"error": "invalid_request"})
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        self._handle(dict(urllib.parse.parse_qsl(body)))


class LocalProvider:
    """The provider on a port of its own, in threads of this process, until the `with` block ends."""

    def __init__(self, redirect_uri, client_id="saiph", client_secret=None, algorithm="RS256", people=None, port=0,
                 quiet=True):
        self._folder = tempfile.TemporaryDirectory(prefix="saiph-provider-")
        self._handler = type("BoundHandler", (Handler,), {"lock": threading.Lock(), "quiet": quiet})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.provider = Provider(self.issuer, client_id, client_secret or secrets.token_urlsafe(24), redirect_uri,
                                 algorithm, people or {"ops": "subject-ops"}, self._folder.name)
        self._handler.provider = self.provider
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def described(self):
        return {"issuer": self.issuer, "client_id": self.provider.client_id,
                "client_secret": self.provider.client_secret,
                "control": f"{self.issuer}/control?secret={self.provider.control_secret}"}

    def control(self, **changes):
        with self._handler.lock:
            return self.provider.control({"secret": self.provider.control_secret, **changes})


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *unused):
        return None


def agree(authorization_url, person="ops", answer="yes"):
    """What a person's browser does at the provider: where it is sent back to, as a URL."""
    opener = urllib.request.build_opener(NoRedirect)
    page = opener.open(authorization_url, timeout=10).read().decode()
    request = page.split('name="request" value="')[1].split('"')[0]
    form = urllib.parse.urlencode({"request": html.unescape(request), "person": person, "answer": answer}).encode()
    issuer = authorization_url.split("/authorize?")[0]
    try:
        opener.open(issuer + "/authorize", data=form, timeout=10)
    except urllib.error.HTTPError as redirect:
        if redirect.code == 303:
            return redirect.headers["Location"]
        raise
    raise RuntimeError("the provider did not send the browser back")


def parse_people(texts):
    people = dict(text.split("=", 1) for text in texts)
    if not people or not all(name and subject for name, subject in people.items()):
        raise SystemExit("--person NAME=SUBJECT")
    return people


def main():
    parser = argparse.ArgumentParser(description="a small OpenID Connect provider for tests, on loopback")
    parser.add_argument("--redirect-uri", required=True)
    parser.add_argument("--client-id", default="saiph")
    parser.add_argument("--client-secret", help="default: a random one")
    parser.add_argument("--algorithm", choices=["RS256", "PS256", "ES256"], default="RS256")
    parser.add_argument("--person", action="append", metavar="NAME=SUBJECT", help="default: ops=subject-ops")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="log requests to standard error")
    arguments = parser.parse_args()
    people = parse_people(arguments.person or ["ops=subject-ops"])
    with LocalProvider(arguments.redirect_uri, arguments.client_id, arguments.client_secret, arguments.algorithm,
                       people, arguments.port, not arguments.verbose) as local:
        print(json.dumps(local.described()), flush=True)
        try:
            while sys.stdin.buffer.read(4096):
                pass
        except KeyboardInterrupt:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
