#!/usr/bin/env python3
"""The ledger as its users meet it: the built program, real folders, wrong ones too; evidence packs are checked by the
very steps that their README gives, with sha256sum, openssl and python3.

    tests/ledger/end_to_end.py --saiph build/release/saiph [-k NAME]
"""
import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import traceback

TESTS = []
SAIPH = None


def test(function):
    TESTS.append(function)
    return function


def saiph(folder, *arguments, code=0):
    done = subprocess.run([str(SAIPH), *map(os.fsencode, map(str, arguments))], cwd=folder, capture_output=True, timeout=120)
    assert done.returncode == code, (arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode()


def ledger(folder, *arguments, code=0):
    return saiph(folder, "ledger", *arguments, code=code)


def start(folder, *options):
    """A ledger with two entries, its public key and a checkpoint in files."""
    ledger(folder, "init", "--origin", "example.org/test", *options)
    ledger(folder, "key", "--output", "ledger.vkey")
    (folder / "data.csv").write_text("a,b\n1,2\n")
    ledger(folder, "attest", "--role", "developer", "--claim", "reviewed", "--subject", "data.csv")
    ledger(folder, "heartbeat")
    ledger(folder, "checkpoint", "--output", "trusted")


def verdict(folder, path, *options, code):
    report = json.loads(ledger(folder, "verify", path, "--format", "json", *options, code=code))
    return report["verdict"], [defect["kind"] for defect in report["defects"]], report


def readme_steps(pack):
    return re.findall(r"```sh\n(.*?)```", (pack / "README.md").read_text(), re.S)


def follow_readme(pack):
    return subprocess.run(["sh", "-e", "-c", "\n".join(readme_steps(pack))], cwd=pack, capture_output=True, text=True)


@test
def what_the_help_promises(tmp):
    start(tmp)
    assert stat.S_IMODE((tmp / "saiph-data/ledger/signing.key").stat().st_mode) == 0o600
    assert "attestation" in ledger(tmp, "show")
    assert json.loads(ledger(tmp, "show", "0", "--format", "json"))["predicate"]["claim"] == "reviewed"
    ledger(tmp, "heartbeat")
    for layout in ([], ["--tiles"]):
        ledger(tmp, "export", *layout, "--output", "copy")
        assert not list((tmp / "copy").rglob("*.key"))
        assert verdict(tmp, "copy", "--key", "ledger.vkey", "--trusted-checkpoint", "trusted", code=0)[0] == "verified"
        assert verdict(tmp, "copy", "--key", "ledger.vkey", code=3)[0] == "undecided"
        assert "freshness not established" in ledger(tmp, "verify", "copy", "--key", "ledger.vkey", code=3)
        # A rollback: the copy against a checkpoint that was taken later.
        ledger(tmp, "heartbeat")
        ledger(tmp, "checkpoint", "--output", "later")
        _, kinds, _ = verdict(tmp, "copy", "--key", "ledger.vkey", "--trusted-checkpoint", "later", code=1)
        assert kinds == ["rolled-back"], kinds
        shutil.rmtree(tmp / "copy")
    ledger(tmp, "prove", "0", "--output", "proof")
    assert "proved" in ledger(tmp, "check-proof", "proof", "--key", "ledger.vkey")
    text = (tmp / "proof").read_text()
    (tmp / "proof").write_text(text.replace("index 0", "index 1"))
    assert "disproved" in ledger(tmp, "check-proof", "proof", "--key", "ledger.vkey", code=1)
    assert json.loads(ledger(tmp, "prove", "--from", "1"))["first_size"] == 1
    (tmp / "saiph-data/ledger/hashes").unlink()
    ledger(tmp, "prove", "0")  # the newest segment is enough
    assert "entries indexed anew" in ledger(tmp, "reindex")
    ledger(tmp, "prove", "0")


@test
def wrong_usage_ends_with_2(tmp):
    ledger(tmp, "verify", code=2)
    ledger(tmp, "heartbeat", code=2)
    ledger(tmp, "init", "--origin", "with space", code=2)
    start(tmp)
    ledger(tmp, "init", "--origin", "example.org/test", code=2)
    ledger(tmp, "show", "99", code=2)
    ledger(tmp, "evidence-pack", "1-0", "--output", "x", code=2)
    ledger(tmp, "attest", "--role", "king", "--claim", "x", "--subject", "data.csv", code=2)
    ledger(tmp, "append", "data.csv", code=2)
    ledger(tmp, "verify", "--key", "nonsense", code=2)
    ledger(tmp, "verify", "--key", "ledger.vkey", "--trusted-checkpoint", "data.csv", code=2)
    ledger(tmp, "verify", "--key", "ledger.vkey", "--witness", "garbage", code=2)
    ledger(tmp, "prove", "1", "--from", "1", code=2)
    ledger(tmp, "checkpoint", "--format", "json", code=2)
    ledger(tmp, "export", "--output", "saiph-data", code=2)
    os.chmod(tmp / "saiph-data/ledger/signing.key", 0o644)
    ledger(tmp, "heartbeat", code=2)


@test
def an_evidence_pack_is_checked_without_saiph(tmp):
    for algorithm in ("ed25519", "ecdsa-p256-sha256"):
        home = tmp / algorithm
        home.mkdir()
        start(home, "--algorithm", algorithm)
        ledger(home, "evidence-pack", "0-1", "--output", "pack")
        done = follow_readme(home / "pack")
        assert done.returncode == 0, (algorithm, done.stdout, done.stderr)
        assert done.stdout.count("whole, signed, in the log") == 2, done.stdout
        assert "Verified" in done.stdout, done.stdout
        # Each kind of change is noticed by these steps.
        for name, change in {
            "entries/0.json": lambda data: data.replace(b'"sig":"', b'"sig":"A', 1),
            "proofs/0.tlog-proof": lambda data: data.replace(b"index 0", b"index 1"),
            "checkpoint": lambda data: data.replace(b"\n2\n", b"\n3\n"),
        }.items():
            path = home / "pack" / name
            whole = path.read_bytes()
            changed = change(whole)
            assert changed != whole, name
            path.write_bytes(changed)
            assert subprocess.run(["sh", "-c", readme_steps(home / "pack")[0]], cwd=home / "pack",
                                  capture_output=True).returncode != 0, name
            assert subprocess.run([sys.executable, "check.py"], cwd=home / "pack", capture_output=True).returncode != 0, name
            path.write_bytes(whole)


@test
def a_scan_is_recorded_and_its_report_is_evidence(tmp):
    start(tmp)
    bad = tmp / "bad.pkl"
    bad.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    saiph(tmp, "scan", "--record", "bad.pkl", "data.csv", code=1)
    entry = json.loads(ledger(tmp, "show", "last", "--format", "json"))
    assert entry["type"] == "scan-report" and entry["predicate"]["exit_code"] == 1, entry
    assert {subject["name"] for subject in entry["subjects"]} == {"bad.pkl", "data.csv"}
    assert entry["predicate"]["files"] == 2 and entry["predicate"]["files_with_findings"] == 1
    _, _, report = verdict(tmp, "saiph-data/ledger", "--key", "ledger.vkey", "--trusted-checkpoint", "trusted", code=0)
    assert report["bodies"] == 1
    ledger(tmp, "evidence-pack", "last", "--output", "pack")
    assert follow_readme(tmp / "pack").returncode == 0
    ledger(tmp, "export", "--output", "copy")
    body, = [path for path in (tmp / "copy/content").rglob("*") if path.is_file()]
    assert "bad.pkl" in body.read_text()
    body.write_text(body.read_text().replace("critical", "info", 1))
    assert verdict(tmp, "copy", "--key", "ledger.vkey", code=1)[1] == ["content-changed"]
    body.unlink()
    assert verdict(tmp, "copy", "--key", "ledger.vkey", code=1)[1] == ["content-missing"]
    many = tmp / "many"
    many.mkdir()
    for i in range(600):
        (many / f"file-{i}.txt").write_text(str(i))
    saiph(tmp, "scan", "--record", "-q", "many")
    entry = json.loads(ledger(tmp, "show", "last", "--format", "json"))
    assert entry["predicate"]["subjects"] == "report" and len(entry["subjects"]) == 1
    saiph(tmp, "scan", "--record", "--digest", "never", "data.csv", code=2)
    saiph(tmp, "scan", "--record", "--ledger", "nowhere", "data.csv", code=2)
    saiph(tmp, "scan", "--record", "no-such-file", code=2)


@test
def names_of_files_cannot_prevent_the_evidence(tmp):
    start(tmp)
    hostile = tmp / "hostile"
    hostile.mkdir()
    for i in range(45):
        (hostile / ("\x01" * 240 + str(i))).write_text("x")
    saiph(tmp, "scan", "--record", "-q", "hostile")
    entry = json.loads(ledger(tmp, "show", "last", "--format", "json"))
    assert entry["predicate"]["files"] == 45 and entry["predicate"]["subjects"] == "report", entry
    # Each byte becomes three: over the longest name that is kept.
    folder = os.open(tmp, os.O_RDONLY)
    for depth in range(8):
        os.mkdir(b"\xff" * 200 + b"a" * depth, dir_fd=folder)
        inner = os.open(b"\xff" * 200 + b"a" * depth, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    with os.fdopen(os.open(b"file", os.O_WRONLY | os.O_CREAT, dir_fd=folder), "wb") as file:
        file.write(b"x")
    os.close(folder)
    saiph(tmp, "scan", "--record", "-q", os.fsdecode(b"\xff" * 200))
    entry = json.loads(ledger(tmp, "show", "last", "--format", "json"))
    assert entry["predicate"]["files"] == 1 and entry["predicate"]["subjects"] == "files", entry
    assert entry["subjects"][0]["name"].endswith("\ufffd..."), entry


@test
def what_cannot_be_written_is_no_success(tmp):
    start(tmp)
    for arguments in (["checkpoint"], ["prove", "0"], ["key"], ["show"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([str(SAIPH), "ledger", *arguments], cwd=tmp, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 3 and b"cannot be written" in done.stderr, (arguments, done)


@test
def append_signs_the_bytes_it_was_given(tmp):
    start(tmp)
    statement = ('{ "_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "m", "uri": "https://example.org/m",'
                 ' "annotations": {"a": 1}, "digest": {"sha256": "' + "0" * 64 + '"}}],'
                 ' "predicateType": "https://example.org/p", "predicate": {"x": 1.0}, "more": true }\n')
    (tmp / "statement").write_text(statement)
    assert "entry 2 of 3" in ledger(tmp, "append", "statement")
    ledger(tmp, "evidence-pack", "2", "2", "--output", "pack")
    assert [path.name for path in (tmp / "pack/entries").iterdir()] == ["2.json"]
    entry = json.loads((tmp / "pack/entries/2.json").read_text())
    assert base64.b64decode(entry["payload"]).decode() == statement
    assert verdict(tmp, "saiph-data/ledger", "--key", "ledger.vkey", "--trusted-checkpoint", "trusted", code=0)
    (tmp / "statement").write_text(statement.replace('"x": 1.0', '"x": "' + "x" * 50000 + '"'))
    ledger(tmp, "append", "statement", code=2)


@test
def an_interrupted_init_says_what_to_do(tmp):
    start(tmp)
    (tmp / "saiph-data/ledger/ledger.json").unlink()
    done = subprocess.run([str(SAIPH), "ledger", "init", "--origin", "example.org/test"], cwd=tmp, capture_output=True)
    assert done.returncode == 2 and b"interrupted" in done.stderr and b"backup" in done.stderr, done


@test
def keys_are_sealed_and_rotated(tmp):
    (tmp / "secret").write_text("correct horse\n")
    ledger(tmp, "init", "--origin", "example.org/test", "--passphrase-file", "secret")
    ledger(tmp, "key", "--output", "old.vkey")
    ledger(tmp, "heartbeat", code=2)
    saiph(tmp, "scan", "--record", "secret", code=2)
    ledger(tmp, "heartbeat", "--passphrase-file", "secret")
    ledger(tmp, "checkpoint", "--output", "trusted")
    ledger(tmp, "rotate-key", "--reason", "yearly", "--passphrase-file", "secret")
    ledger(tmp, "heartbeat", "--passphrase-file", "secret")
    ledger(tmp, "key", "--output", "new.vkey")
    assert (tmp / "old.vkey").read_text() != (tmp / "new.vkey").read_text()
    for key in ("old.vkey", "new.vkey"):
        _, _, report = verdict(tmp, "saiph-data/ledger", "--key", key, "--trusted-checkpoint", "trusted", code=0)
        assert len(report["key_rotations"]) == 1
    ledger(tmp, "evidence-pack", "0-2", "--output", "pack")
    assert follow_readme(tmp / "pack").returncode == 0


@test
def a_torn_tail_is_said_and_damage_stops_everything(tmp):
    start(tmp)
    segment, = (tmp / "saiph-data/ledger/segments").glob("*.seg")
    whole = segment.read_bytes()
    segment.write_bytes(whole + b"SR\x01\x00\x10\x00\x00\x00half of a rec")
    done = subprocess.run([str(SAIPH), "ledger", "heartbeat"], cwd=tmp, capture_output=True)
    assert done.returncode == 0 and b"never acknowledged" in done.stderr, done.stderr
    assert segment.read_bytes()[:len(whole)] == whole
    broken = bytearray(segment.read_bytes())
    broken[len(whole) // 2] ^= 1
    segment.write_bytes(broken)
    ledger(tmp, "heartbeat", code=1)
    assert segment.read_bytes() == broken
    assert verdict(tmp, "saiph-data/ledger", "--key", "ledger.vkey", code=1)[0] == "disproved"


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
        folder = pathlib.Path(tempfile.mkdtemp(prefix="saiph-ledger-"))
        try:
            function(folder)
            passed += 1
            print(f"ok      {function.__name__}", flush=True)
        except Exception:  # noqa: BLE001: every failure is printed and counted
            failed += 1
            print(f"FAILED  {function.__name__}\n{traceback.format_exc()}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
