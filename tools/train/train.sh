#!/usr/bin/env bash
# Trains the text model: tools/train/train.sh --data DIR [--folds DIR] [--date YYYY-MM-DD]
# DIR holds prompts/train.jsonl.gz. Writes catalogue/text/model.bin; with --folds also the models that
# leave one source out and what they say of the texts they have not seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
data='' folds='' date=$(date -u +%F)
while [ "$#" -gt 1 ]; do
  case "$1" in
    --data) data=$2 ;;
    --folds) folds=$2 ;;
    --date) date=$2 ;;
    *) echo "train.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$data" ] && [ "$#" -eq 0 ] || { echo "usage: tools/train/train.sh --data DIR [--folds DIR] [--date D]" >&2; exit 2; }
texts=$(mktemp)
trap 'rm -f "$texts"' EXIT
gzip -dc "$data/prompts/train.jsonl.gz" >"$texts"
tools/build.sh release saiph_text_train
train=build/release/tools/train/saiph_text_train
common=(--texts "$texts" --grammar tools/train/grammar.txt --date "$date" --expires "$(date -u -d "$date + 1 year" +%F)")
if [ -n "$folds" ]; then
  mkdir -p "$folds"
  "$train" folds "${common[@]}" --out "$folds"
fi
"$train" train "${common[@]}" --out catalogue/text/model.bin
echo "wrote catalogue/text/model.bin: build again" >&2
