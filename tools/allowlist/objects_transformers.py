"""transformers, tokenizers, peft, accelerate, lightning: what training runs leave behind."""

import sys
from typing import Any, Iterator, Tuple

import transformers


def _arguments() -> Iterator[Tuple[str, Any]]:
    for name in ("TrainingArguments", "Seq2SeqTrainingArguments"):
        for options in ({}, {"lr_scheduler_type": "cosine", "logging_strategy": "epoch"}):
            try:
                import torch

                key = "no_cuda" if torch.__version__.startswith("1.") else "use_cpu"
                made = getattr(transformers, name)(
                    output_dir="out", report_to=[], **{key: True}, **options
                )
            except TypeError:
                made = getattr(transformers, name)(output_dir="out", report_to=[], **options)
            yield name, made
    yield "state", transformers.TrainerState()


def _models() -> Iterator[Tuple[str, Any]]:
    small = {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "vocab_size": 12,
        "max_position_embeddings": 16,
        "num_key_value_heads": 2,
    }
    for name in (
        "Bert",
        "Roberta",
        "DistilBert",
        "Electra",
        "Albert",
        "Llama",
        "Mistral",
        "Qwen2",
        "GPTNeoX",
        "Gemma",
        "Phi",
        "OPT",
        "ViT",
    ):
        config_class = getattr(transformers, name + "Config", None)
        if config_class is None:
            continue
        options = dict(small)
        if name == "Albert":
            options["embedding_size"] = 4
        if name == "DistilBert":
            options = {"dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 8, "vocab_size": 12}
        if name == "OPT":
            options.update(ffn_dim=8, word_embed_proj_dim=8)
        config = config_class(**options)
        yield name + " configuration", config
        for kind in (
            "Model",
            "ForSequenceClassification",
            "ForCausalLM",
            "ForMaskedLM",
            "ForTokenClassification",
            "ForQuestionAnswering",
        ):
            cls = getattr(transformers, name + kind, None)
            if cls is not None:
                yield name + kind, cls(config)
    for name, options in (
        ("GPT2", {"n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 12}),
        (
            "T5",
            {"d_model": 8, "d_kv": 4, "d_ff": 8, "num_layers": 1, "num_heads": 2, "vocab_size": 12},
        ),
        (
            "Bart",
            {
                "d_model": 8,
                "encoder_layers": 1,
                "decoder_layers": 1,
                "encoder_attention_heads": 2,
                "decoder_attention_heads": 2,
                "encoder_ffn_dim": 8,
                "decoder_ffn_dim": 8,
                "vocab_size": 12,
            },
        ),
    ):
        config = getattr(transformers, name + "Config")(**options)
        yield name + " configuration", config
        yield name, getattr(transformers, name + "Model")(config)
    yield "generation", transformers.GenerationConfig()


def _tokenizers() -> Iterator[Tuple[str, Any]]:
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers, processors

    for model in (
        models.BPE({"a": 0}, []),
        models.WordPiece({"a": 0, "[UNK]": 1}),
        models.WordLevel({"a": 0}),
        models.Unigram([("a", 0.0)], 0),
    ):
        yield "model", model
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        yield "tokenizer", tokenizer
        yield (
            "fast",
            transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]"),
        )
    yield (
        "parts",
        [
            normalizers.NFC(),
            pre_tokenizers.ByteLevel(),
            pre_tokenizers.BertPreTokenizer(),
            tokenizers.AddedToken("x"),
            processors.ByteLevel(),
            tokenizers.decoders.ByteLevel(),
        ],
    )
    yield "encoding", transformers.BatchEncoding({"input_ids": [1]})


def _lightning() -> Iterator[Tuple[str, Any]]:
    import pytorch_lightning as lightning

    yield (
        "callbacks",
        [
            lightning.callbacks.ModelCheckpoint(dirpath="out"),
            lightning.callbacks.EarlyStopping("loss"),
        ],
    )
    yield "attributes", lightning.utilities.parsing.AttributeDict(a=1)


def _adapters() -> Iterator[Tuple[str, Any]]:
    import peft

    yield "configuration", [peft.LoraConfig(r=2), peft.LoraConfig(task_type="CAUSAL_LM")]


def make() -> Iterator[Tuple[str, Any]]:
    for source in (_arguments, _models, _tokenizers, _lightning, _adapters):
        generator = source()
        while True:
            try:
                yield next(generator)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001
                print("  %s ended: %r" % (source.__name__, error), file=sys.stderr)
                break
