#!/usr/bin/env python3
"""Saiph beside picklescan, ModelScan, fickling and ModelAudit, on the same files in one run.

    bench/scan/run.py [--seed N] [--work build/bench] [--malicious 1000] [--benign 1000] [--skip-peers] [--only PART]

Installs the peers' current packages and the frameworks of environments.tsv into virtual environments under
--work (from the Python registry; Python interpreters of the versions named there must exist, a missing one is
said and its share goes to the others), generates the corpus from the seed, runs every tool and prints the tables.
The raw rows stay in WORK/results. Parts: corpus, detection, speed.
"""
import argparse
import csv
import json
import os
import pathlib
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ["picklescan", "modelscan", "fickling", "modelaudit"]
ORDER = ["info", "low", "medium", "high", "critical"]


def say(text):
    print(text, flush=True)


def interpreter(version):
    """An interpreter of that version: pythonX.Y on the path, this one, or pyenv's."""
    found = shutil.which(f"python{version}")
    if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
        return found
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == version:
        return sys.executable
    for candidate in sorted(pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python")):
        return str(candidate)
    return None


def environment(folder, python, requirements):
    """A virtual environment with these packages; True when it is there."""
    ready = folder / ".ready"
    if ready.exists() and ready.read_text() == " ".join(requirements):
        return True
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    done = subprocess.run([str(folder / "bin/pip"), "install", "--quiet", *requirements], capture_output=True, text=True)
    if done.returncode != 0:
        say(f"  could not install {folder.name}: {done.stderr.strip().splitlines()[-1:]}")
        return False
    ready.write_text(" ".join(requirements))
    return True


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t") if row and not row[0].startswith("#")]


def make_corpus(arguments, work):
    rng = random.Random(arguments.seed)
    corpus = work / f"corpus-{arguments.seed}"
    if (corpus / ".complete").exists():
        return corpus
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    ready = []
    for name, version, share, requirements in rows_of(HERE / "environments.tsv"):
        python = interpreter(version)
        say(f"environment {name}: Python {version}, {requirements}")
        if python is None:
            say(f"  no Python {version} on this machine: its share goes to the others")
        elif environment(work / "env" / name, python, requirements.split()):
            ready.append((name, int(share)))
    if not ready:
        sys.exit("run.py: no environment could be made; the benign corpus needs real frameworks")
    total = sum(share for _, share in ready)
    left = arguments.benign
    for index, (name, share) in enumerate(ready):
        count = left if index == len(ready) - 1 else arguments.benign * share // total
        left -= count
        done = subprocess.run([str(work / "env" / name / "bin/python"), str(HERE / "benign.py"), "--seed", str(rng.randrange(1 << 30)),
                               "--count", str(count), "--out", str(corpus / "benign"), "--prefix", name], capture_output=True, text=True)
        say(f"  {name}: {done.stdout.strip() or done.stderr.strip()[-300:]}")
    enumerated = work / "callables.tsv"
    if not enumerated.exists():
        lines = subprocess.run([sys.executable, str(HERE / "enumerate_callables.py"), "--stdlib"], capture_output=True, text=True).stdout
        for name, _ in ready:
            lines += subprocess.run([str(work / "env" / name / "bin/python"), str(HERE / "enumerate_callables.py"), "numpy", "scipy", "pandas",
                                     "sklearn", "torch", "transformers", "joblib", "xgboost", "lightgbm"], capture_output=True, text=True).stdout
        enumerated.write_text("".join(sorted(set(lines.splitlines(keepends=True)))))
    done = subprocess.run([sys.executable, str(HERE / "malicious.py"), "--seed", str(rng.randrange(1 << 30)), "--count", str(arguments.malicious),
                           "--callables", str(enumerated), "--catalogue", str(ROOT / "catalogue/pickle"), "--out", str(corpus / "malicious")],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    say(done.stdout.strip())
    (corpus / ".complete").touch()
    return corpus


# A child's peak RSS starts at that of the process that forked it. This launcher is small (9 MB) and
# hands on the exit code, the seconds and the peak of its own child alone.
LAUNCHER = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
spent = time.perf_counter() - started
with open(sys.argv[1], "w") as out:
    out.write(f"{os.waitstatus_to_exitcode(status)} {spent} {usage.ru_maxrss / 1024}")
"""


def measured(command, stdout=subprocess.PIPE):
    """(exit code, standard output, seconds, peak RSS in MB) of one child."""
    command = [shutil.which(command[0]) or command[0], *command[1:]]
    with tempfile.NamedTemporaryFile() as answer:
        done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, answer.name, *command], stdout=stdout, stderr=subprocess.DEVNULL)
        code, seconds, rss = pathlib.Path(answer.name).read_text().split()
    return int(code), done.stdout or b"", float(seconds), float(rss)


def run_saiph(saiph, paths, *options):
    code, out, seconds, rss = measured([str(saiph), "scan", "--format", "jsonl", "--jobs", "1", "--digest", "never", *options, *map(str, paths)])
    rows = [json.loads(line) for line in out.decode().splitlines()]
    verdicts = {}
    for row in rows[:-1]:
        worst = max((ORDER.index(finding["severity"]) for finding in row["findings"]), default=-1)
        verdicts[row["path"]] = {"stopped": worst >= 3 or bool(row["reasons"]), "by_finding": worst >= 3, "unread": bool(row["reasons"])}
    return verdicts, seconds, rss


def detection(arguments, work, corpus):
    saiph = arguments.saiph.resolve()
    files = {half: sorted(str(path) for path in (corpus / half).iterdir()) for half in ("malicious", "benign")}
    halves = {row[0]: row[2] for row in rows_of(corpus / "malicious.labels.tsv")[1:]}
    results = work / "results"
    results.mkdir(exist_ok=True)
    table = []
    everything = files["malicious"] + files["benign"]
    size = sum(os.path.getsize(path) for path in everything)

    def account(tool, verdicts, seconds, rss):
        (results / f"{tool}-{arguments.seed}.json").write_text(json.dumps(verdicts, indent=0))
        stopped = [path for path in files["malicious"] if verdicts[path]["stopped"]]
        unlisted = [path for path in files["malicious"] if halves[os.path.basename(path)] == "unlisted"]
        alarms = [path for path in files["benign"] if verdicts[path]["stopped"]]
        unread = sum(verdicts[path]["unread"] for path in files["benign"])
        table.append((tool, len(stopped), sum(verdicts[path]["stopped"] for path in unlisted), len(unlisted), len(alarms), unread,
                      len(everything) / seconds, size / seconds / 1e6, rss))

    verdicts, seconds, rss = run_saiph(saiph, [corpus / "malicious", corpus / "benign"])
    account("saiph", verdicts, seconds, rss)
    if not arguments.skip_peers:
        if environment(work / "env" / "peers", sys.executable, PEERS):
            listing = work / "files.txt"
            listing.write_text("\n".join(everything))
            for tool in PEERS:
                code, out, _, rss = measured([str(work / "env/peers/bin/python"), str(HERE / "peers.py"), "--tool", tool, "--files", str(listing)])
                rows = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
                if not rows or "summary" not in rows[-1]:
                    say(f"{tool}: did not finish (exit {code})")
                    continue
                account(tool, {row["path"]: row for row in rows[:-1]}, rows[-1]["summary"]["seconds"], rss)
    say("")
    say(f"{len(files['malicious'])} malicious, {len(files['benign'])} benign, {size / 1e6:.1f} MB, seed {arguments.seed}, one core, digests off")
    say("(stopped: a finding that fails the tool's own gate, or for Saiph also an incomplete row)")
    say(f"{'tool':<12}{'stopped':>10}{'of unlisted':>14}{'false alarms':>14}{'unread':>8}{'files/s':>11}{'MB/s':>9}{'RSS MB':>8}{'Saiph is':>11}")
    base = table[0]
    for tool, stopped, unlisted, of, alarms, unread, files_s, mb_s, rss in table:
        ratio = f"{base[6] / files_s:.0f}x faster" if tool != "saiph" else ""
        say(f"{tool:<12}{stopped:>10}{f'{unlisted}/{of}':>14}{alarms:>14}{unread:>8}{files_s:>11.0f}{mb_s:>9.2f}{rss:>8.0f}{ratio:>14}")
    say("")
    verdicts = json.loads((results / f"saiph-{arguments.seed}.json").read_text())
    labels = {row[0]: row for row in rows_of(corpus / "malicious.labels.tsv")[1:]}
    for path in files["malicious"]:
        if not verdicts[path]["stopped"]:
            say(f"  Saiph missed {labels[os.path.basename(path)]}")
    names = {row[0]: row[1] for row in rows_of(corpus / "benign.labels.tsv")}
    for path in files["benign"]:
        if verdicts[path]["stopped"]:
            say(f"  Saiph stopped benign {os.path.basename(path)} ({names.get(os.path.basename(path))})")


def dense_by_pickler(path, size):
    """At least `size` bytes in which nearly every byte is an opcode or its operand: tuples of small values."""
    import pickle
    rng = random.Random(1)
    items = []
    while True:
        items += [(i & 0xFF, rng.randrange(1 << 30), "k%d" % rng.randrange(100_000), None, 1.5) for i in range(100_000)]
        data = pickle.dumps(items, 4)
        if len(data) >= size:
            path.write_bytes(data)
            return


def torch_archive(path, size, members):
    """A torch zip as torch.save writes it: data.pkl with persistent ids, stored tensors aligned to 64 bytes."""
    each = size // members

    def storage(key):
        return (b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX" + struct.pack("<I", len(key)) + key +
                b"X\x03\x00\x00\x00cpuJ" + struct.pack("<I", each // 4) + b"tQK\x00J" + struct.pack("<I", each // 4) + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR")

    body = b"".join(b"X" + struct.pack("<I", len(b"layer.%d.weight" % i)) + b"layer.%d.weight" % i + storage(b"%d" % i) for i in range(members))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00(" + body + b"u.")
        archive.writestr("archive/byteorder", "little")
        noise = random.Random(2).randbytes(1 << 20)
        for index in range(members):
            with archive.open(zipfile.ZipInfo(f"archive/data/{index}"), "w") as out:
                left = each
                while left:
                    out.write(noise[:left])
                    left -= min(left, len(noise))
        archive.writestr("archive/version", "3\n")


def safetensors_file(path, size):
    header, offset, index = {}, 0, 0
    while offset + (8 << 20) <= size:
        header[f"model.layers.{index}.weight"] = {"dtype": "F32", "shape": [2048, 1024], "data_offsets": [offset, offset + (8 << 20)]}
        offset += 8 << 20
        index += 1
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        out.truncate(8 + len(text) + offset)


def engine_seconds(saiph, path, *options, runs=7):
    """Median of the scan's own clock and of the whole process, and peak RSS: warm, one core."""
    inner, outer, peak = [], [], 0
    for _ in range(runs):
        code, out, seconds, rss = measured([str(saiph), "scan", "--format", "jsonl", "--jobs", "1", "--digest", "never", *options, str(path)])
        inner.append(json.loads(out.decode().splitlines()[-1])["summary"]["seconds"])
        outer.append(seconds)
        peak = max(peak, rss)
    return statistics.median(inner), statistics.median(outer), peak


def speed(arguments, work, corpus):
    saiph = arguments.saiph.resolve()
    data = work / "speed"
    data.mkdir(exist_ok=True)
    dense, torch_zip, tensors = data / "dense-36MB.pkl", data / "torch-1.25GiB.pt", data / "tensors-2GiB.safetensors"
    if not dense.exists():
        dense_by_pickler(dense, 36_000_000)
    if not torch_zip.exists():
        torch_archive(torch_zip, (5 << 30) // 4, 320)
    if not tensors.exists():
        safetensors_file(tensors, 2 << 30)
    small = data / "small.pkl"
    small.write_bytes(__import__("pickle").dumps({"a": [1, 2, 3]}, 4))
    many = data / "many"
    if not many.exists():
        # Ordinary pickles, 40 kB on average: arrays, nested settings and strings, each different.
        import pickle
        rng = random.Random(3)
        many.mkdir()
        for index in range(4000):
            value = {"weights": rng.randbytes(rng.randrange(20_000, 44_000)), "names": ["layer.%d" % i for i in range(rng.randrange(40))],
                     "history": [(i, rng.random()) for i in range(rng.randrange(200))], "config": {"lr": 0.1, "steps": rng.randrange(1000)}}
            (many / f"{index:04d}.pkl").write_bytes(pickle.dumps(value, 4))
    for path in (dense, torch_zip, tensors):
        subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL)  # warm
    say("")
    say(f"{'what (warm, one core, no digests)':<48}{'scan':>12}{'process':>12}{'RSS MB':>9}{'bar':>16}")

    def row(name, path, bar, *options, rate=False):
        inner, outer, rss = engine_seconds(saiph, path, *options)
        size = os.path.getsize(path) if path.is_file() else sum(os.path.getsize(p) for p in path.iterdir())
        count = 1 if path.is_file() else len(list(path.iterdir()))
        extra = f"  {size / inner / 1e9:.2f} GB/s, {count / inner:,.0f} files/s" if rate else ""
        say(f"{name:<48}{inner * 1e3:>9.2f} ms{outer * 1e3:>9.1f} ms{rss:>9.0f}{bar:>16}{extra}")

    row("36 MB of dense opcodes", dense, "<= 60 ms", rate=True)
    row("benign pickles, 40 kB each, 4,000 files", many, ">= 1 GB/s, 20k/s", rate=True)
    row("torch zip 1.25 GiB, structure (--fast)", torch_zip, "<= 5 ms", "--fast")
    row("torch zip 1.25 GiB, full", torch_zip, "<= 600 ms", rate=True)
    row("safetensors 2 GiB, header (--fast)", tensors, "<= 2 ms", "--fast")
    row("safetensors 2 GiB, full", tensors, "", rate=True)
    row("start and one small file", small, "<= 10 ms")
    code, out, seconds, _ = measured([str(saiph), "scan", "--format", "jsonl", "--jobs", "1", "--digest", "always", str(torch_zip)])
    code, _, raw, _ = measured(["sha256sum", str(torch_zip)])
    code, _, read, _ = measured(["cat", str(torch_zip)], stdout=subprocess.DEVNULL)
    size = os.path.getsize(torch_zip) / 1e9
    say(f"limits of this machine, same run: reading {size / read:.1f} GB/s (cat), sha256sum {size / raw:.2f} GB/s; "
        f"Saiph with --digest always {size / seconds:.2f} GB/s")
    if not arguments.skip_peers and (work / "env/peers/bin/python").exists():
        say("")
        say(f"{'the same files, peers':<48}" + "".join(f"{tool:>14}" for tool in PEERS))
        sample = sorted(map(str, many.iterdir()))[:200]
        for name, paths in (("200 benign pickles, files/s", sample), ("36 MB of dense opcodes, s", [str(dense)])):
            cells = []
            for tool in PEERS:
                listing = work / "speed-files.txt"
                listing.write_text("\n".join(paths))
                child = ["timeout", "240", str(work / "env/peers/bin/python"), str(HERE / "peers.py"), "--tool", tool, "--files", str(listing)]
                code, out, _, rss = measured(child)
                lines = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
                done = next((line["summary"] for line in lines if "summary" in line), None)
                cells.append("over 240 s" if done is None else
                             f"{done['files'] / done['seconds']:.0f}" if len(paths) > 1 else f"{done['seconds']:.1f} ({rss:.0f} MB)")
            say(f"{name:<48}" + "".join(f"{cell:>14}" for cell in cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"), help="default: random, printed")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/bench")
    parser.add_argument("--malicious", type=int, default=1000)
    parser.add_argument("--benign", type=int, default=1000)
    parser.add_argument("--saiph", type=pathlib.Path, default=ROOT / "build/release/saiph")
    parser.add_argument("--skip-peers", action="store_true")
    parser.add_argument("--only", choices=["corpus", "detection", "speed"])
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    say(f"seed {arguments.seed}")
    if not arguments.saiph.exists():
        subprocess.run([str(ROOT / "tools/build.sh"), "release"], check=True)
    corpus = make_corpus(arguments, work) if arguments.only != "speed" else None
    if arguments.only in (None, "detection"):
        detection(arguments, work, corpus)
    if arguments.only in (None, "speed"):
        speed(arguments, work, corpus)


if __name__ == "__main__":
    main()
