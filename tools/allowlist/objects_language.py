"""spaCy, NLTK, gensim, tokenizers: language models and what they are made of."""

import sys
from typing import Any, Iterator, Tuple


def _spacy() -> Iterator[Tuple[str, Any]]:
    import spacy

    for language in ("en", "de", "xx"):
        pipeline = spacy.blank(language)
        pipeline.add_pipe("sentencizer")
        yield "document", pipeline("A small text.")
        yield "vocabulary", pipeline.vocab
    from spacy.tokens import DocBin

    yield "documents", DocBin().to_bytes()


def _nltk() -> Iterator[Tuple[str, Any]]:
    import nltk
    from nltk.classify import NaiveBayesClassifier
    from nltk.lm import MLE, Laplace, Vocabulary
    from nltk.lm.preprocessing import padded_everygram_pipeline
    from nltk.tag import BigramTagger, DefaultTagger, PerceptronTagger, RegexpTagger, UnigramTagger
    from nltk.tokenize import RegexpTokenizer, TreebankWordTokenizer
    from nltk.tokenize.punkt import PunktSentenceTokenizer

    tagged = [[("a", "D"), ("dog", "N")], [("the", "D"), ("cat", "N")]]
    yield "bayes", NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    yield "default tagger", DefaultTagger("N")
    yield "unigram tagger", UnigramTagger(tagged, backoff=DefaultTagger("N"))
    yield "bigram tagger", BigramTagger(tagged)
    yield "pattern tagger", RegexpTagger([("a", "D")])
    tagger = PerceptronTagger(load=False)
    tagger.train(tagged)
    yield "perceptron", tagger
    yield "punkt", PunktSentenceTokenizer()
    yield "tokenisers", [RegexpTokenizer("a"), TreebankWordTokenizer()]
    yield (
        "counts",
        [
            nltk.FreqDist("aab"),
            nltk.ConditionalFreqDist([("a", 1)]),
            nltk.MLEProbDist(nltk.FreqDist("aab")),
        ],
    )
    yield "tree", nltk.Tree.fromstring("(S (N a))")
    yield "grammar", nltk.CFG.fromstring("S -> 'a'")
    yield (
        "stemmers",
        [nltk.PorterStemmer(), nltk.SnowballStemmer("english"), nltk.LancasterStemmer()],
    )
    for cls in (MLE, Laplace):
        grams, words = padded_everygram_pipeline(2, [["a", "b"]])
        model = cls(2)
        model.fit(grams, words)
        yield "language model", model
    yield "vocabulary", Vocabulary(["a"])


def _gensim() -> Iterator[Tuple[str, Any]]:
    from gensim import corpora, models
    from gensim.models import phrases

    texts = [["a", "small", "model"], ["a", "small", "text"], ["one", "more", "text"]] * 3
    dictionary = corpora.Dictionary(texts)
    corpus = [dictionary.doc2bow(text) for text in texts]
    yield "dictionary", dictionary
    for name, make in (
        ("word2vec", lambda: models.Word2Vec(texts, vector_size=4, min_count=1, workers=1)),
        (
            "fasttext",
            lambda: models.FastText(texts, vector_size=4, min_count=1, workers=1, bucket=10),
        ),
        (
            "doc2vec",
            lambda: models.Doc2Vec(
                [models.doc2vec.TaggedDocument(text, [0]) for text in texts],
                vector_size=4,
                min_count=1,
                workers=1,
            ),
        ),
        ("lda", lambda: models.LdaModel(corpus, 2, dictionary)),
        ("lsi", lambda: models.LsiModel(corpus, 2, dictionary)),
        ("tfidf", lambda: models.TfidfModel(corpus)),
        ("hdp", lambda: models.HdpModel(corpus, dictionary)),
        ("nmf", lambda: models.Nmf(corpus, 2, dictionary)),
        ("phrases", lambda: models.Phrases(texts)),
        ("okapi", lambda: models.OkapiBM25Model(corpus)),
        ("projections", lambda: models.RpModel(corpus)),
    ):
        made = make()
        yield name, made
        if hasattr(made, "wv"):
            yield name + " vectors", made.wv
    yield "phraser", phrases.Phraser(models.Phrases(texts))
    from gensim import similarities

    yield "similarities", similarities.MatrixSimilarity(corpus, num_features=len(dictionary))


def _tokenizers() -> Iterator[Tuple[str, Any]]:
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers

    yield "tokenizer", tokenizers.Tokenizer(models.BPE())
    yield (
        "parts",
        [
            models.WordPiece(),
            models.Unigram(),
            normalizers.NFC(),
            pre_tokenizers.Whitespace(),
            tokenizers.AddedToken("a"),
        ],
    )
    import transformers

    yield (
        "fast",
        transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer(models.BPE())),
    )
    yield "encoding", transformers.BatchEncoding({"input_ids": [1]})
    for name in (
        "BertConfig",
        "GPT2Config",
        "LlamaConfig",
        "T5Config",
        "GenerationConfig",
        "CLIPConfig",
        "WhisperConfig",
    ):
        yield name, getattr(transformers, name)()


def _others() -> Iterator[Tuple[str, Any]]:
    import datasets
    from PIL import Image

    rows = datasets.Dataset.from_dict({"a": [1, 2], "t": ["x", "y"]})
    yield "data set", [rows, datasets.DatasetDict(train=rows), rows.features]
    yield "images", [Image.new(mode, (2, 2)) for mode in ("RGB", "RGBA", "L", "P", "1")]


def make() -> Iterator[Tuple[str, Any]]:
    for source in (_spacy, _nltk, _gensim, _tokenizers, _others):
        generator = source()
        while True:
            try:
                yield next(generator)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001
                print("  %s ended: %r" % (source.__name__, error), file=sys.stderr)
                break
