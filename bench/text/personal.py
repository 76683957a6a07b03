#!/usr/bin/env python3
"""Measures the finding of personal data: span F1 for each type on generated texts and on a labelled set, with Presidio beside.

  bench/text/personal.py --data DIR [--seed N] [--each 200] [--presidio PYTHON] [--presidio-texts 1000]

Generated: at least --each spans of every type that rests on a pattern, in sentences of several languages and forms, with honest numbers
beside them. A span counts when type and place are exact. DIR/pii/*.json.gz: texts with entities whose types are mapped (EXPECTED below);
names and addresses are reported there and are not part of the mean. --presidio: a Python that has presidio-analyzer, and an
English spaCy model or else no names in its answers.
Needs `tools/build.sh release saiph_text_spans`. Results: build/bench-text/personal.json.
"""
import argparse
import collections
import gzip
import json
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from personal_values import MAKERS  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRAMES = ["{word}: {value}", "My {word} is {value}.", "Please change the {word} to {value} before Friday.", "{word} {value}", "The form says: {word} = {value}; the rest is empty.",
          "Order 48213 of 3 items for 19.99 EUR; {word}: {value}", "Version 2.14.3 was installed on Monday. {word}: {value}, room 12.", "name;{word}\nfirst;{value}\n",
          "Guten Tag, meine Daten: {word} {value}. Mit freundlichen Grüßen", "Bonjour, voici mes données : {word} {value}.", "Hola, mis datos son: {word} {value}. Gracias.",
          "Buongiorno, {word}: {value}. Grazie mille.", "- {word}: {value}\n- pages: 240\n- price: 12,50\n", "He wrote that his {word} was {value}, and asked for an answer within 14 days.",
          "\"{word}\": \"{value}\"", "Dzień dobry, {word}: {value}, proszę o odpowiedź.", "{word} ({value})", "Can you check {word} {value} for me? It is case 77 of 120."]
HONEST = ["The order 4821 3301 was sent on 2024-03-05 with 12 items at 19.99 EUR.", "Chapter 12, pages 340-355, ISBN 978-3-16-148410-0.", "In 1987 the town had 123,456 people and 789 shops.",
          "Build 20240305.1182 took 00:12:44 and wrote 1048576 bytes.", "Run 3f2a90c1-55aa-41d4-a716-446655440000 ended with 0.", "The match ended 3-2 after 120 minutes; 45,000 tickets were sold.",
          "x = 3.14159265358979, y = 2.718281828", "Invoice 2024-000123 of 12 March is paid.", "Part no. 12-3456-78, batch 99887766, best before 11/2026."]
EXPECTED = {"CREDIT_CARD": {"pii.card"}, "IBAN_CODE": {"pii.iban"}, "EMAIL_ADDRESS": {"pii.email"}, "US_SSN": {"pii.us.ssn"}, "IP_ADDRESS": {"pii.ip-address"}, "PHONE_NUMBER": {"pii.phone"},
            "US_DRIVER_LICENSE": {"pii.driver-licence"}, "PERSON": {"pii.person"}, "ADDRESS": {"pii.address"}}
PATTERN = ["CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "US_SSN", "IP_ADDRESS", "PHONE_NUMBER", "US_DRIVER_LICENSE"]
PEER = {"CREDIT_CARD": "pii.card", "IBAN_CODE": "pii.iban", "EMAIL_ADDRESS": "pii.email", "US_SSN": "pii.us.ssn", "US_ITIN": "pii.us.itin", "IP_ADDRESS": "pii.ip-address", "PHONE_NUMBER": "pii.phone",
        "CRYPTO": "pii.bitcoin", "UK_NHS": "pii.uk.nhs", "UK_NINO": "pii.uk.nino", "ES_NIF": "pii.es.dni", "ES_NIE": "pii.es.nie", "IT_FISCAL_CODE": "pii.it.fiscal-code", "PL_PESEL": "pii.pl.pesel",
        "FI_PERSONAL_IDENTITY_CODE": "pii.fi.hetu", "IN_AADHAAR": "pii.in.aadhaar", "IN_PAN": "pii.in.pan", "AU_TFN": "pii.au.tfn", "US_PASSPORT": "pii.passport", "US_DRIVER_LICENSE": "pii.driver-licence",
        "US_BANK_NUMBER": "pii.bank-account", "IT_VAT_CODE": "pii.it.vat", "PERSON": "pii.person"}
PEER_CODE = """
import json, sys, time
import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
models = [name for name in spacy.util.get_installed_models() if name.startswith("en_")]
nlp = SpacyNlpEngine()
nlp.nlp = {"en": spacy.load(models[0]) if models else spacy.blank("en")}
engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
started = time.monotonic()
for line in sys.stdin:
    found = engine.analyze(text=json.loads(line), language="en")
    print(json.dumps([[r.entity_type, r.start, r.end] for r in found if r.score >= 0.4]), flush=True)
print(json.dumps(time.monotonic() - started))
"""


def generated(rng, each):
    rows = []
    for kind, (make, words) in MAKERS.items():
        for number in range(each):
            word, value = rng.choice(words), make(rng)
            text = FRAMES[number % len(FRAMES)].format(word=word, value=value)
            at = text.index(value)
            before = rng.choice(HONEST) + "\n" if rng.random() < 0.3 else ""
            after = " " + rng.choice(HONEST) if rng.random() < 0.3 else ""
            rows.append((before + text + after, {(kind, len(before) + at, len(before) + at + len(value))}))
    rng.shuffle(rows)
    return rows


def ours(tool, texts):
    data = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    started = time.monotonic()
    done = subprocess.run([tool, "personal"], input=data.encode(), capture_output=True, check=True)
    spent = time.monotonic() - started
    found = []
    for text, line in zip(texts, done.stdout.splitlines()):
        place = [0]
        for c in text:
            place.append(place[-1] + len(c.encode("utf-8", "surrogatepass")))
        index = {byte: i for i, byte in enumerate(place)}
        found.append({(s["type"], index.get(s["begin"], -1), index.get(s["end"], -1)) for s in json.loads(line)["spans"]})
    return found, spent


def peer(python, texts):
    done = subprocess.run([python, "-c", PEER_CODE], input="".join(json.dumps(text) + "\n" for text in texts).encode(), capture_output=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != len(texts) + 1:
        return None, (done.stderr.decode(errors="replace").strip().splitlines() or ["no answer"])[-1]
    return [{(PEER.get(kind, kind), begin, end) for kind, begin, end in json.loads(line)} for line in lines[:-1]], json.loads(lines[-1])


def scores(rows, found, kinds):
    """type -> [right, wrong, missed]; a span of another type over an expected one is wrong for its own type."""
    table = collections.defaultdict(lambda: [0, 0, 0])
    for (_, wanted), told in zip(rows, found):
        for span in wanted | told:
            if span[0] in kinds:
                table[span[0]][0 if span in wanted and span in told else 1 if span in told else 2] += 1
    return table


def f1(row):
    right, wrong, missed = row
    return 2 * right / max(1, 2 * right + wrong + missed)


def print_table(title, table, other=None):
    print(f"\n## {title}\n\n| type | spans | precision | recall | F1 |{' Presidio F1 |' if other is not None else ''}\n| --- | --- | --- | --- | --- |{' --- |' if other is not None else ''}")
    for kind in sorted(table):
        right, wrong, missed = table[kind]
        beside = f" {f1(other[kind]):.3f} |" if other is not None and kind in other else " |" if other is not None else ""
        print(f"| {kind} | {right + missed} | {right / max(1, right + wrong):.3f} | {right / max(1, right + missed):.3f} | {f1(table[kind]):.3f} |{beside}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--each", type=int, default=200)
    parser.add_argument("--presidio", type=pathlib.Path)
    parser.add_argument("--presidio-texts", type=int, default=1000)
    parser.add_argument("--tool", type=pathlib.Path, default=ROOT / "build/release/tools/spans/saiph_text_spans")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    rows = generated(rng, arguments.each)
    found, spent = ours(arguments.tool, [text for text, _ in rows])
    table = scores(rows, found, set(MAKERS))
    size = sum(len(text.encode()) for text, _ in rows)
    other, note = None, ""
    if arguments.presidio:
        part = rows[:arguments.presidio_texts]
        told, time_or_why = peer(arguments.presidio, [text for text, _ in part])
        if told is None:
            note = f"\nPresidio did not run: {time_or_why}"
        else:
            other = scores(part, told, set(PEER.values()) & set(MAKERS))
            part_size = sum(len(text.encode()) for text, _ in part)
            note = f"\nPresidio on {len(part)} of these texts: {1e6 * time_or_why / part_size * 1024:.0f} us a KB; types that it does not know have no figure."
    print(f"# Personal data, {time.strftime('%Y-%m-%d', time.gmtime())}, seed {arguments.seed}")
    print_table(f"Generated: {len(rows)} texts of {len(MAKERS)} types", table, other)
    values = [f1(table[kind]) for kind in MAKERS]
    low = [kind for kind in MAKERS if f1(table[kind]) < 0.95]
    print(f"\nMean F1 {sum(values) / len(values):.3f}; {len(low)} types under 0.95: {', '.join(low) or 'none'}. Saiph with start and report: {1e6 * spent / size * 1024:.0f} us a KB.{note}")
    report = {"seed": arguments.seed, "generated": {kind: table[kind] for kind in table}, "under": low}
    for path in sorted((arguments.data / "pii").glob("*.json.gz")) if arguments.data else []:
        with gzip.open(path, "rt") as file:
            labelled = json.load(file)
        rows = [(row["full_text"], {(kind, s["start_position"], s["end_position"]) for s in row["spans"] for kind in EXPECTED.get(s["entity_type"], ())}) for row in labelled]
        found, _ = ours(arguments.tool, [text for text, _ in rows])
        kinds = {kind for expected in EXPECTED.values() for kind in expected}
        table, other = scores(rows, found, kinds), None
        if arguments.presidio:
            told, _ = peer(arguments.presidio, [text for text, _ in rows])
            other = None if told is None else scores(rows, told, kinds)
        print_table(f"{path.name}: {len(rows)} texts", table, other)
        wanted = [f1(table[kind]) for entity in PATTERN for kind in EXPECTED[entity]]
        print(f"\nMean F1 of pattern types {sum(wanted) / len(wanted):.3f}.")
        report[path.name] = table
    out = ROOT / "build/bench-text"
    out.mkdir(parents=True, exist_ok=True)
    (out / "personal.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
