#!/usr/bin/env python3
"""Measures text inspection: how much of what it has not seen it finds, what it says of honest texts that look like
attacks, what is left of it when texts are written otherwise, and what it costs; with peers on the same texts.

  bench/text/run.py --data DIR [--seed N] [--only PART,...] [--peers NAME,...]

DIR holds prompts/train.jsonl.gz and prompts/dev.jsonl.gz ({"id", "text", "label", "channel", "source"} a line). Parts:
loso, dev, negatives, retention, speed, peers. The seed is taken from the clock when it is not given, and printed.
Results: OUT/report.json and OUT/report.md (OUT: build/bench-text).

Leave one source out: tools/train makes a model for each source of at least 100 attacks (the others are one fold) that
has seen neither that source nor what it suggested to the grammar. The threshold for a fold is the one that 1 % of the
other folds' benign texts reach, each scored by a model that has not seen it, for texts of users and for documents
by themselves. The rules were written while looking at the same training data, so what they add is not unseen.
"""
import argparse
import collections
import gzip
import json
import math
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import negatives  # noqa: E402
import obfuscations  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ["loso", "dev", "negatives", "retention", "speed", "peers"]
PYTHON_PEERS = {"clawguard": "clawguard-core", "forcefield": "forcefield", "picket": "aicordon"}
NPM_PEERS = {"vard": "@andersmyrmel/vard", "hai-guardrails": "@presidio-dev/hai-guardrails"}
FALSE_ALARMS = 0.01


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def head_of(row):
    return "document" if row["channel"] in ("document", "tool_result", "tool_definition", "tool_call") else "user"


def interval(hits, total):
    """Wilson's, 95 %."""
    if total == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(hits, total):
    low, high = interval(hits, total)
    return {"hits": hits, "of": total, "rate": hits / total if total else 0.0, "low": low, "high": high}


def shown(value):
    return f"{100 * value['rate']:.1f} % ({100 * value['low']:.1f} to {100 * value['high']:.1f}; {value['hits']} of {value['of']})"


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.out = arguments.out
        self.out.mkdir(parents=True, exist_ok=True)
        self.report = {"seed": arguments.seed, "date": time.strftime("%Y-%m-%d", time.gmtime())}
        self.lines = [f"# Text inspection, {self.report['date']}, seed {arguments.seed}", ""]
        self.train = read(arguments.data / "prompts/train.jsonl.gz")

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def inspect(self, rows, model=None):
        """Reports of the program with its own policy, in the order of the rows."""
        data = "".join(json.dumps({"id": str(i), "text": row["text"], "channel": row["channel"]}) + "\n" for i, row in enumerate(rows))
        command = [self.arguments.saiph, "inspect", "--format", "jsonl"] + (["--model", model] if model else [])
        done = subprocess.run(command, input=data.encode("utf-8", "surrogatepass"), capture_output=True, check=False)
        if done.returncode not in (0, 1, 3):
            raise SystemExit(done.stderr.decode(errors="replace"))
        return [json.loads(line) for line in done.stdout.splitlines()]

    # --- sources that were not seen ---------------------------------------------------------------

    def folds(self):
        if hasattr(self, "scored"):
            return
        folder = self.out / "folds"
        folder.mkdir(exist_ok=True)
        texts = self.out / "train.jsonl"
        texts.write_text("".join(json.dumps(row) + "\n" for row in self.train), encoding="utf-8")
        date = self.report["date"]
        subprocess.run([self.arguments.trainer, "folds", "--texts", texts, "--grammar", ROOT / "tools/train/grammar.txt",
                        "--date", date, "--expires", date, "--out", folder], check=True, stdout=subprocess.DEVNULL)
        fold_of = {}
        for line in (folder / "scores.jsonl").read_text().splitlines():
            row = json.loads(line)
            fold_of[row["id"]] = row["fold"]
        self.by_fold = collections.defaultdict(list)
        for row in self.train:
            if row["id"] in fold_of:
                self.by_fold[fold_of[row["id"]]].append(row)
        self.fold_of = fold_of
        self.scored = {}
        for fold, rows in self.by_fold.items():
            for row, report in zip(rows, self.inspect(rows, folder / f"{fold}.bin")):
                self.scored[row["id"]] = (report["score"], report["classifier_score"], report["rules_score"])

    def threshold(self, which, head, without=None):
        scores = sorted(self.scored[row["id"]][which] for fold, rows in self.by_fold.items() if fold != without
                        for row in rows if row["label"] == "benign" and head_of(row) == head)
        return scores[min(len(scores) - 1, int(len(scores) * (1 - FALSE_ALARMS)))] if scores else 1.0

    def loso(self):
        self.folds()
        self.say("## Sources that were not seen, at 1 % false alarms")
        self.say()
        self.say("| source | recall, rules and classifier (95 %) | classifier | rules |")
        self.say("| --- | --- | --- | --- |")
        table = {}
        for fold, rows in sorted(self.by_fold.items()):
            attacks = [row for row in rows if row["label"] == "attack"]
            if not attacks:
                continue
            cells = []
            for which in range(3):
                limit = {head: self.threshold(which, head, fold) for head in ("user", "document")}
                cells.append(rate(sum(self.scored[row["id"]][which] > limit[head_of(row)] for row in attacks), len(attacks)))
            table[fold] = cells
            self.say(f"| {fold} | {shown(cells[0])} | {100 * cells[1]['rate']:.1f} % | {100 * cells[2]['rate']:.1f} % |")
        means = [sum(cells[which]["rate"] for cells in table.values()) / len(table) for which in range(3)]
        self.say(f"| mean | {100 * means[0]:.1f} % | {100 * means[1]:.1f} % | {100 * means[2]:.1f} % |")
        for head in ("user", "document"):
            attacks = [row for fold in table for row in self.by_fold[fold] if row["label"] == "attack" and head_of(row) == head]
            hits = sum(self.scored[row["id"]][0] > self.threshold(0, head, self.fold_of[row["id"]]) for row in attacks)
            self.say(f"| all of channel kind {head} | {shown(rate(hits, len(attacks)))} | | |")
        self.say()
        self.report["loso"] = {"sources": table, "mean": dict(zip(("together", "classifier", "rules"), means))}

    def dev(self):
        self.folds()
        rows = read(self.arguments.data / "prompts/dev.jsonl.gz")
        reports = self.inspect(rows)
        limit = {head: self.threshold(0, head) for head in ("user", "document")}
        groups = collections.defaultdict(lambda: [0, 0, 0])
        for row, report in zip(rows, reports):
            group = groups[(row["source"], row["label"])]
            group[0] += report["score"] > limit[head_of(row)]
            group[1] += report["verdict"] in ("flag", "block")
            group[2] += 1
        self.say("## The development set, with the built-in model")
        self.say()
        self.say("| source | label | over the 1 % threshold (95 %) | flagged or blocked by policy balanced |")
        self.say("| --- | --- | --- | --- |")
        self.report["dev"] = {}
        for (source, label), (over, told, total) in sorted(groups.items()):
            self.report["dev"][f"{source}/{label}"] = {"over": rate(over, total), "told": rate(told, total)}
            self.say(f"| {source} | {label} | {shown(rate(over, total))} | {100 * told / total:.1f} % |")
        self.say()

    # --- honest texts ---------------------------------------------------------------------------------

    def negatives(self):
        self.folds()
        rng = random.Random(self.arguments.seed)
        self.say("## Honest texts that look like attacks")
        self.say()
        self.say("| kind | over the 1 % threshold (95 %) | flagged | blocked |")
        self.say("| --- | --- | --- | --- |")
        self.report["negatives"] = {}
        kinds = {kind: [dict(zip(("text", "channel"), make(rng))) for _ in range(500)] for kind, make in negatives.KINDS.items()}
        kinds["awesome-prompts, held out"] = [row for row in self.train if row["source"] == "awesome-prompts" and row["id"] in self.fold_of]
        for kind, rows in kinds.items():
            limit = {head: self.threshold(0, head) for head in ("user", "document")}
            if "held out" in kind:
                over = sum(self.scored[row["id"]][0] > limit[head_of(row)] for row in rows)
            reports = self.inspect(rows)
            if "held out" not in kind:
                over = sum(report["score"] > limit[head_of(row)] for row, report in zip(rows, reports))
            told = collections.Counter(report["verdict"] for report in reports)
            self.report["negatives"][kind] = {"over": rate(over, len(rows)), "flag": told["flag"], "block": told["block"]}
            self.say(f"| {kind} | {shown(rate(over, len(rows)))} | {100 * told['flag'] / len(rows):.1f} % | {100 * told['block'] / len(rows):.1f} % |")
        self.say()

    # --- the same texts, written otherwise -----------------------------------------------------------

    def retention(self):
        self.folds()
        rng = random.Random(self.arguments.seed + 1)
        limit = {head: self.threshold(0, head) for head in ("user", "document")}

        def plain(label, wanted):
            rows = [row for row in self.train if row["label"] == label and 40 <= len(row["text"]) <= 1500]
            rng.shuffle(rows)
            rows = rows[:6 * wanted]
            over = [report["score"] > limit[head_of(row)] for row, report in zip(rows, self.inspect(rows))]
            return [row for row, told in zip(rows, over) if told == (label == "attack")][:wanted]

        attacks, honest = plain("attack", 150), plain("benign", 150)
        self.say(f"## Written otherwise: {len(attacks)} texts that are found when plain, {len(honest)} honest ones that are not")
        self.say()
        self.say("| family | can be undone | still found | honest twins over the threshold |")
        self.say("| --- | --- | --- | --- |")
        self.report["retention"] = {}
        for name, (write, reversible) in obfuscations.FAMILIES.items():
            cells = []
            for rows in (attacks, honest):
                written = [{"text": write(row["text"], rng), "channel": row["channel"]} for row in rows]
                cells.append(rate(sum(report["score"] > limit[head_of(row)] for row, report in zip(written, self.inspect(written))), len(rows)))
            self.report["retention"][name] = {"reversible": reversible, "kept": cells[0], "twins": cells[1]}
            self.say(f"| {name} | {'yes' if reversible else ''} | {100 * cells[0]['rate']:.1f} % | {100 * cells[1]['rate']:.1f} % |")
        table = self.report["retention"].values()
        good = sum(row["kept"]["rate"] >= (0.98 if row["reversible"] else 0.9) and row["twins"]["rate"] <= 0.03 for row in table)
        self.say()
        self.say(f"{good} of {len(table)} families keep 98 % (can be undone) or 90 % with at most 3 % of the honest twins over the threshold.")
        self.say()

    # --- cost -------------------------------------------------------------------------------------------

    def speed(self):
        self.say("## Cost on one core")
        self.say()
        self.say("| what | time | MB/s |")
        self.say("| --- | --- | --- |")
        self.report["speed"] = {}
        for program in ("detect/text/engine/detect_text_engine_bench", "match/decode/match_decode_bench",
                        "detect/text/personal/detect_text_personal_bench"):
            path = ROOT / "build/release/src" / program
            if not path.exists():
                self.say(f"| {path.name} is not built (`tools/build.sh release {path.name}`) | | |")
                continue
            done = subprocess.run([path, "--benchmark_format=json", "--benchmark_min_time=0.2"], capture_output=True, check=True)
            for row in json.loads(done.stdout)["benchmarks"]:
                micros = row["cpu_time"] / 1000
                self.report["speed"][row["name"]] = micros
                self.say(f"| {row['name']} | {micros:.1f} us | {row.get('bytes_per_second', 0) / 1e6:.0f} |")
        self.say()

    # --- peers ------------------------------------------------------------------------------------------

    def peers(self):
        self.folds()
        rng = random.Random(self.arguments.seed + 2)
        attacks = [row for row in self.train if row["label"] == "attack"]
        honest = [row for row in self.train if row["label"] == "benign"]
        rng.shuffle(attacks)
        rng.shuffle(honest)
        rows = [row for row in attacks[:600] + honest[:1400] if row["id"] in self.fold_of]
        self.say(f"## Peers on {len(rows)} of the same texts, each with its own defaults (Saiph and the baseline: models that have not seen them)")
        self.say()
        self.say("| tool | found (95 %) | false alarms (95 %) | us for 1 KB |")
        self.say("| --- | --- | --- | --- |")
        self.report["peers"] = {}
        limit = {head: self.threshold(0, head) for head in ("user", "document")}
        self.peer("saiph, 1 % threshold", rows, [self.scored[row["id"]][0] > limit[head_of(row)] for row in rows], None)
        venv, modules = self.out / "venv", self.out / "node"
        chosen = self.arguments.peers
        if chosen & (set(PYTHON_PEERS) | {"baseline"}) and not (venv / "bin/python").exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        for name in sorted(chosen):
            command = None
            if name in PYTHON_PEERS or name == "baseline":
                package = PYTHON_PEERS.get(name, "scikit-learn")
                installed = subprocess.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package], capture_output=True, check=False)
                if installed.returncode == 0:
                    command = [venv / "bin/python", ROOT / "bench/text/peers.py", "--tool", name]
                if name == "baseline" and command:
                    folds = self.out / "folds.json"
                    folds.write_text(json.dumps({row["id"]: self.fold_of.get(row["id"]) for row in self.train}))
                    command += ["--train", self.out / "train.jsonl", "--folds", folds]
            else:
                modules.mkdir(exist_ok=True)
                installed = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", modules, NPM_PEERS[name]], capture_output=True, check=False)
                if installed.returncode == 0:
                    command = ["node", ROOT / "bench/text/peers.mjs", "--tool", name, "--modules", modules]
            if command is None:
                self.say(f"| {name} | could not be installed | | |")
                continue
            data = "".join(json.dumps({"id": row["id"], "text": row["text"], "fold": self.fold_of[row["id"]]}) + "\n" for row in rows)
            done = subprocess.run(command, input=data.encode("utf-8", "surrogatepass"), capture_output=True, check=False, timeout=1800)
            verdicts = [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []
            if len(verdicts) != len(rows) + 1:
                self.say(f"| {name} | did not run: {done.stderr.decode(errors='replace').strip().splitlines()[-1][:120] if done.stderr else 'no answer'} | | |")
                continue
            spent = verdicts.pop()
            told = [verdict["flagged"] for verdict in verdicts]
            if name == "baseline":  # at the same 1 %
                scores = sorted(verdict["score"] for row, verdict in zip(rows, verdicts) if row["label"] == "benign")
                at = scores[int(len(scores) * (1 - FALSE_ALARMS))]
                told = [verdict["score"] > at for verdict in verdicts]
            self.peer(name, rows, told, 1e6 * spent["seconds"] / max(1, spent["bytes"]) * 1024)
        self.say()

    def peer(self, name, rows, told, micros):
        found = rate(sum(flag for row, flag in zip(rows, told) if row["label"] == "attack"), sum(row["label"] == "attack" for row in rows))
        false = rate(sum(flag for row, flag in zip(rows, told) if row["label"] == "benign"), sum(row["label"] == "benign" for row in rows))
        self.report["peers"][name] = {"found": found, "false": false, "us_per_kb": micros}
        self.say(f"| {name} | {shown(found)} | {shown(false)} | {'see above' if micros is None else f'{micros:.0f}'} |")

    def save(self):
        (self.out / "report.json").write_text(json.dumps(self.report, indent=1))
        (self.out / "report.md").write_text("\n".join(self.lines) + "\n")
        print(f"written to {self.out / 'report.md'} and report.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--peers", default=",".join(["baseline", *PYTHON_PEERS, *NPM_PEERS]), help="names, with commas; empty: none")
    parser.add_argument("--saiph", type=pathlib.Path, default=ROOT / "build/release/saiph")
    parser.add_argument("--trainer", type=pathlib.Path, default=ROOT / "build/release/tools/train/saiph_text_train")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench-text")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    arguments.peers = {name for name in arguments.peers.split(",") if name}
    for path, target in ((arguments.saiph, "saiph"), (arguments.trainer, "saiph_text_train")):
        if not path.exists():
            parser.error(f"{path} is not there; build it with tools/build.sh release {target}")
    if not (arguments.data / "prompts/train.jsonl.gz").exists():
        parser.error(f"{arguments.data}/prompts/train.jsonl.gz is not there")
    bench = Bench(arguments)
    for part in PARTS:
        if part in parts:
            getattr(bench, part)()
            bench.save()


if __name__ == "__main__":
    main()
