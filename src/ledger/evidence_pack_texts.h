// The two texts of every evidence pack: for people, and for python3. They use nothing of Saiph.
#pragma once

#include <string_view>

namespace saiph::ledger {

inline constexpr std::string_view kPackReadme = R"(# Evidence from the log @origin@

This folder holds @count@ of the @size@ entries of a tamper-evident log, with proof that they stand in it.
You can check it without the program that made it.

| file | what it is |
| --- | --- |
| `entries/N.json` | entry N, byte for byte: a DSSE envelope around an in-toto Statement |
| `proofs/N.tlog-proof` | proof that entry N stands in the log (C2SP tlog-proof, RFC 9162 hashes) |
| `checkpoint` | what the log signed: its name, its size, the root of its Merkle tree (C2SP signed note) |
| `keys/K.pem` | the log's public keys, in the order in which they were used |
| `content/` | larger bodies that entries name by SHA-256 |
| `check.py` | the check below as a script: python3 without any package, and openssl |
| `SHA256SUMS` | digests of all these files |

## Check it

1. The files arrived whole (says nothing about who made them):

```sh
sha256sum --check --quiet SHA256SUMS
```

2. The keys are the log's. Get their fingerprints from its owner **by another way than this folder** and compare.
**Every** key that this prints must be one of the owner's; a single strange one can have signed all that follows:

```sh
for key in keys/*.pem; do openssl pkey -pubin -in "$key" -outform DER | sha256sum; done
```

3. Signatures, hashes and proofs. Read `check.py` first, it is short; it calls `openssl` for every signature:

```sh
python3 check.py
```

4. The same by hand for one entry: take out what was signed, and let openssl decide. @by_hand@

```sh
python3 check.py --take-out @first@ signed.bin signature.bin
@openssl@
```

5. Read what an entry says:

```sh
python3 check.py --show @first@
```

## What this proves, and what not

It proves that the holder of the key put these entries, exactly so, at these places into a log of @size@
entries. It does not prove that what they say is true, nor that the log shows everybody the same entries: for that,
compare `checkpoint` with one that you or somebody you trust got at another time.
)";

inline constexpr std::string_view kPackScript = R"PY(#!/usr/bin/env python3
"""Checks the evidence in this folder with python3's own modules and the openssl program.

  check.py                             checks everything, prints one line an entry; ends with 1 when anything is wrong
  check.py --show N                    prints what entry N says
  check.py --take-out N SIGNED SIG     writes the bytes that were signed and the signature of entry N
"""
import base64, hashlib, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEYS = sorted((HERE / "keys").glob("*.pem"), key=lambda path: int(path.stem))


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(text):
    return base64.b64decode(text, validate=True)


def spki(key):
    """The key as DER: what stands between the lines of the PEM file."""
    return b64("".join(line for line in key.read_text().splitlines() if not line.startswith("-----")))


def is_ed25519(key):
    return spki(key).startswith(bytes.fromhex("302a300506032b6570032100"))


def openssl_verifies(key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        signed, sig = pathlib.Path(folder, "signed"), pathlib.Path(folder, "signature")
        signed.write_bytes(message)
        sig.write_bytes(signature)
        if is_ed25519(key):
            command = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", signed, "-sigfile", sig]
        else:
            command = ["dgst", "-sha256", "-verify", key, "-signature", sig, signed]
        return subprocess.run(["openssl", *map(str, command)], capture_output=True).returncode == 0


def dsse(number):
    """What was signed (DSSE v1 pre-authentication encoding), the payload, and the signatures."""
    envelope = json.loads((HERE / "entries" / f"{number}.json").read_bytes())
    kind, payload = envelope["payloadType"].encode(), b64(envelope["payload"])
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return signed, payload, [b64(row["sig"]) for row in envelope["signatures"]]


def root_from_proof(leaf, index, size, path):
    """RFC 9162, 2.1.3.2."""
    node, last, root = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise ValueError("the proof is too long")
        if node & 1 or node == last:
            root = sha256(b"\x01" + step + root)
            while not node & 1 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            root = sha256(b"\x01" + root + step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ValueError("the proof is too short")
    return root


def open_note(text):
    """The checkpoint's name, size and root, if the newest key signed it (C2SP signed-note)."""
    body, _, lines = text.partition("\n\n")
    body += "\n"
    origin, size, root = body.split("\n")[:3]
    for line in lines.splitlines():
        _, name, blob = line.split(" ")
        blob = b64(blob)
        for key in KEYS[-1:]:
            raw = spki(key)[-32:]
            own = sha256(name.encode() + b"\n\x01" + raw) if is_ed25519(key) else sha256(spki(key))
            if name == origin and blob[:4] == own[:4] and openssl_verifies(key, body.encode(), blob[4:]):
                return origin, int(size), b64(root)
    raise ValueError("the newest key of this folder did not sign the checkpoint")


def check(number):
    entry = (HERE / "entries" / f"{number}.json").read_bytes()
    signed, payload, signatures = dsse(number)
    if not any(openssl_verifies(key, signed, signature) for key in KEYS for signature in signatures):
        raise ValueError("no key of this folder signed it")
    head, _, note = (HERE / "proofs" / f"{number}.tlog-proof").read_text().partition("\n\n")
    if note != (HERE / "checkpoint").read_text():
        raise ValueError("its proof is for another checkpoint")
    lines = [line for line in head.splitlines()[1:] if not line.startswith("extra ")]
    index = int(lines[0].removeprefix("index "))
    _, size, root = open_note(note)
    if index != number or root_from_proof(sha256(b"\x00" + entry), index, size, [b64(l) for l in lines[1:]]) != root:
        raise ValueError("its proof does not lead to the checkpoint")
    statement = json.loads(payload)
    predicate = statement.get("predicate", {})
    ours = statement["predicateType"].startswith("urn:saiph:predicate:") and isinstance(predicate.get("content"), list)
    for row in predicate["content"] if ours else []:
        digest = row["digest"]["sha256"]
        if len(bytes.fromhex(digest)) != 32 or len(digest) != 64:
            raise ValueError("it names a body by what is no digest")
        body = HERE / "content" / digest[:2] / digest
        if sha256(body.read_bytes()).hex() != digest:
            raise ValueError("its body is not the one that it names")
    return statement


def main(arguments):
    if arguments[:1] == ["--show"]:
        print(json.dumps(json.loads(dsse(int(arguments[1]))[1]), indent=2))
        return 0
    if arguments[:1] == ["--take-out"]:
        signed, _, signatures = dsse(int(arguments[1]))
        pathlib.Path(arguments[2]).write_bytes(signed)
        pathlib.Path(arguments[3]).write_bytes(signatures[0])
        return 0
    origin, size, root = open_note((HERE / "checkpoint").read_text())
    print(f"checkpoint: {json.dumps(origin)}, {size} entries, root {root.hex()}")
    wrong = 0
    for path in sorted((HERE / "entries").glob("*.json"), key=lambda path: int(path.stem)):
        try:
            statement = check(int(path.stem))
            print(f"entry {path.stem}: whole, signed, in the log; {json.dumps(statement['predicateType'])}")
        except Exception as error:  # whatever is wrong with one entry, the others are still checked
            wrong += 1
            print(f"entry {path.stem}: WRONG: {error}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
)PY";

}  // namespace saiph::ledger
