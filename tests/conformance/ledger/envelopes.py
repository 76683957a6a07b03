#!/usr/bin/env python3
"""Verifies envelopes of ours with securesystemslib (DSSE) and in-toto-attestation (Statement).

Argument: the folder that examples_test wrote. Exits 1 at the first disagreement.
"""
import base64
import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def refused(envelope, key):
    try:
        envelope.verify([key], 1)
    except VerificationError:
        return True
    return False


def main():
    count = 0
    for root in sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir()):
        public = load_pem_public_key((root / "key.pem").read_bytes())
        key = SSlibKey.from_crypto(public, keyid=(root / "keyid").read_text().strip())
        for path in sorted((root / "envelopes").iterdir()):
            data = json.loads(path.read_bytes())
            envelope = Envelope.from_dict(json.loads(path.read_bytes()))
            assert envelope.verify([key], 1), path
            assert envelope.payload_type == "application/vnd.in-toto+json", path
            statement = (root / "statements" / path.name).read_bytes()
            assert envelope.payload == statement, path
            changed = bytearray(base64.b64decode(data["payload"]))
            changed[-2] ^= 1
            data["payload"] = base64.b64encode(changed).decode()
            assert refused(Envelope.from_dict(data), key), path
            message = json_format.Parse(statement, statement_pb2.Statement())
            Statement.copy_from_pb(message).validate()
            assert message.predicate_type == "urn:saiph:predicate:heartbeat:v1", path
            count += 1
        print(f"{root.name}: envelopes and statements verified")
    assert count == 6


main()
