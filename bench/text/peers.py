#!/usr/bin/env python3
"""Runs one Python detector, in process, over JSON Lines: a verdict a line, then the seconds spent in its calls.

    peers.py --tool clawguard|forcefield|picket < TEXTS > VERDICTS
    peers.py --tool baseline --train FILE --folds FILE < TEXTS > VERDICTS

A verdict is what the package says with its own defaults. The baseline is a logistic regression on hashed
n-grams of characters and words: for a row with "fold" the model that has not seen that fold, else that of all.
"""
import argparse
import json
import os
import sys
import time


def clawguard_tool(_):
    from clawguard_core import scan_text

    def inspect(row):
        report = scan_text(row["text"])
        return report.total_findings > 0, report.risk_score
    return inspect


def forcefield_tool(_):
    os.environ["FORCEFIELD_NO_TELEMETRY"] = "1"
    from forcefield import Guard
    guard = Guard()

    def inspect(row):
        result = guard.scan(row["text"])
        return bool(result.blocked), float(result.risk_score)
    return inspect


def picket_tool(_):
    from aicordon import picket
    detector = picket.load()

    def inspect(row):
        flagged = bool(detector.check(row["text"]).flagged)
        return flagged, float(flagged)
    return inspect


def baseline_tool(arguments):
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union
    features = make_union(
        HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=1 << 18, alternate_sign=False),
        HashingVectorizer(analyzer="word", ngram_range=(1, 2), n_features=1 << 18, alternate_sign=False))
    with open(arguments.train, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    with open(arguments.folds, encoding="utf-8") as file:
        folds = json.load(file)
    seen = features.transform([row["text"] for row in rows])
    models = {}
    for fold in [None, *sorted(set(folds.values()))]:
        kept = [i for i, row in enumerate(rows) if folds[row["id"]] != fold]
        model = LogisticRegression(class_weight="balanced", solver="liblinear", C=10.0, tol=1e-3)
        models[fold] = model.fit(seen[kept], [rows[i]["label"] == "attack" for i in kept])

    def inspect(row):
        score = float(models[row.get("fold")].decision_function(features.transform([row["text"]]))[0])
        return score > 0, score
    return inspect


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--train")
    parser.add_argument("--folds")
    arguments = parser.parse_args()
    tools = {"clawguard": clawguard_tool, "forcefield": forcefield_tool, "picket": picket_tool,
             "baseline": baseline_tool}
    inspect = tools[arguments.tool](arguments)
    spent = 0.0
    size = 0
    for line in sys.stdin:
        row = json.loads(line)
        begin = time.perf_counter()
        try:
            flagged, score = inspect(row)
            verdict = {"id": row["id"], "flagged": flagged, "score": score}
        except Exception as error:  # noqa: BLE001: a peer that fails on a text says nothing about it
            verdict = {"id": row["id"], "flagged": False, "score": 0, "error": str(error)[:200]}
        spent += time.perf_counter() - begin
        size += len(row["text"].encode("utf-8", "surrogatepass"))
        print(json.dumps(verdict))
    print(json.dumps({"seconds": spent, "bytes": size}))


if __name__ == "__main__":
    main()
