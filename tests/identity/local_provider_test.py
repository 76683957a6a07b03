#!/usr/bin/env python3
"""The local provider, tried by a client of its own: the tests that use it may trust it."""
import base64
import hashlib
import json
import pathlib
import secrets
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from local_provider import LocalProvider, agree, encoded, openssl  # noqa: E402

REDIRECT = "http://127.0.0.1:9/callback"


def get(url):
    return json.load(urllib.request.urlopen(url, timeout=10))


def decoded(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


class Client:
    def __init__(self, local):
        self.local = local
        self.metadata = get(local.issuer + "/.well-known/openid-configuration")
        self.verifier = secrets.token_urlsafe(32)
        self.state, self.nonce = secrets.token_urlsafe(16), secrets.token_urlsafe(16)

    def url(self, **changes):
        query = {"response_type": "code", "client_id": self.local.provider.client_id, "redirect_uri": REDIRECT,
                 "scope": "openid profile", "state": self.state, "nonce": self.nonce,
                 "code_challenge": encoded(hashlib.sha256(self.verifier.encode()).digest()),
                 "code_challenge_method": "S256", **changes}
        return self.metadata["authorization_endpoint"] + "?" + urllib.parse.urlencode(query)

    def code(self, **options):
        back = urllib.parse.urlsplit(agree(self.url(), **options))
        return dict(urllib.parse.parse_qsl(back.query))

    def exchange(self, code, **changes):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
                "code_verifier": self.verifier, "client_id": self.local.provider.client_id,
                "client_secret": self.local.provider.client_secret, **changes}
        request = urllib.request.Request(self.metadata["token_endpoint"], urllib.parse.urlencode(form).encode())
        try:
            return json.load(urllib.request.urlopen(request, timeout=10))
        except urllib.error.HTTPError as error:
            return json.load(error)


class LocalProviderTest(unittest.TestCase):
    def test_a_login_ends_with_a_token_that_openssl_verifies(self):
        with LocalProvider(REDIRECT) as local, tempfile.TemporaryDirectory() as folder:
            client = Client(local)
            answer = client.code()
            self.assertEqual((answer["state"], answer["iss"]), (client.state, local.issuer))
            token = client.exchange(answer["code"])["id_token"]
            head, body, signature = token.split(".")
            claims = json.loads(decoded(body))
            self.assertEqual(claims["nonce"], client.nonce)
            self.assertEqual(claims["sub"], "subject-ops")
            public = pathlib.Path(folder) / "public.pem"
            public.write_bytes(openssl("pkey", "-in", local.provider.key.path, "-pubout"))
            signed = pathlib.Path(folder) / "signature"
            signed.write_bytes(decoded(signature))
            output = openssl("dgst", "-sha256", "-verify", public, "-signature", signed, stdin=f"{head}.{body}".encode())
            self.assertIn(b"Verified OK", output)
            self.assertEqual(client.exchange(answer["code"])["error"], "invalid_grant")  # one use

    def test_it_checks_what_a_provider_checks(self):
        with LocalProvider(REDIRECT, algorithm="ES256") as local:
            client = Client(local)
            self.assertEqual(client.code(answer="no")["error"], "access_denied")
            self.assertEqual(client.code(person="nobody")["error"], "access_denied")
            for wrong in ({"client_secret": "x"}, {"client_id": "x"}):
                self.assertEqual(client.exchange(client.code()["code"], **wrong)["error"], "invalid_client")
            for wrong in ({"code_verifier": "x"}, {"redirect_uri": "http://127.0.0.1:8/"}, {"code": "x"}):
                changed = {"code": client.code()["code"], **wrong}
                self.assertEqual(client.exchange(**changed)["error"], "invalid_grant")
            for wrong in ({"redirect_uri": "http://127.0.0.1:8/"}, {"client_id": "x"}, {"state": ""},
                          {"code_challenge_method": "plain"}, {"scope": "profile"}):
                with self.assertRaises(urllib.error.HTTPError):
                    urllib.request.urlopen(client.url(**wrong), timeout=10)

    def test_control_needs_its_secret(self):
        with LocalProvider(REDIRECT, algorithm="ES256") as local:
            with self.assertRaises(urllib.error.HTTPError):
                get(local.issuer + "/control?secret=x&rotate=1")
            before = get(local.issuer + "/keys")
            self.assertEqual(get(local.described()["control"] + "&rotate=1")["key"], "key-2")
            self.assertNotEqual(get(local.issuer + "/keys"), before)


if __name__ == "__main__":
    unittest.main()
