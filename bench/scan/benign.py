#!/usr/bin/env python3
"""Makes benign pickles from the frameworks of the running interpreter: fitted estimators, optimizers,
tokenizers, arrays, frames, custom classes. What is installed decides what is made.

    benign.py --seed 7 --count 300 --out DIR

The versions in bench/scan/environments.tsv are not those that tools/allowlist was generated from.
"""
import argparse
import collections
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import importlib
import io
import pathlib
import pickle
import random
import sys
import uuid
import warnings

warnings.simplefilter("ignore")


# Classes of a user's own project: what training code pickles beside its models.
class Config:
    def __init__(self, rng):
        self.lr = rng.random()
        self.layers = [rng.randrange(512) for _ in range(rng.randrange(6))]
        self.name = "run-%d" % rng.randrange(1000)


@dataclasses.dataclass
class Sample:
    text: str
    label: int


class Stage(enum.Enum):
    TRAIN = 1
    TEST = 2


Point = collections.namedtuple("Point", "x y")


class Vocabulary(dict):
    pass


class Tokeniser:
    def __init__(self, rng):
        self.table = {"w%d" % i: i for i in range(rng.randrange(20, 400))}
        self.merges = [("a", "b")] * rng.randrange(5)
        self.special = frozenset(["<s>", "</s>"])


# A project's classes live in its own module, not in __main__.
MODULE = type(sys)("acme_training")
for item in (Config, Sample, Stage, Point, Vocabulary, Tokeniser):
    item.__module__ = "acme_training"
    setattr(MODULE, item.__name__, item)
sys.modules["acme_training"] = MODULE


def makers(rng):
    """(name, maker) pairs for what is installed."""
    out = [
        ("python/config", lambda: Config(rng)), ("python/samples", lambda: [Sample("t%d" % i, i % 2) for i in range(rng.randrange(50))]),
        ("python/enum", lambda: {"stage": rng.choice(list(Stage))}), ("python/namedtuple", lambda: [Point(rng.random(), i) for i in range(9)]),
        ("python/tokeniser", lambda: Tokeniser(rng)), ("python/vocabulary", lambda: Vocabulary({"a": 1, "b": rng.random()})),
        ("python/collections", lambda: (collections.OrderedDict(a=1), collections.Counter("banana"), collections.deque([1, 2], maxlen=3),
                                        collections.defaultdict(list, a=[1]), collections.defaultdict(int, b=2))),
        ("python/time", lambda: (datetime.datetime.now(datetime.timezone.utc), datetime.date.today(), datetime.timedelta(seconds=rng.randrange(999)))),
        ("python/numbers", lambda: (decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2), 2 ** rng.randrange(300), uuid.UUID(int=rng.getrandbits(128)))),
        ("python/bytes", lambda: {"blob": rng.randbytes(rng.randrange(5000)), "array": bytearray(rng.randbytes(99))}),
        ("python/paths", lambda: pathlib.PurePosixPath("/data/model") / str(rng.randrange(9))),
        ("python/big", lambda: {"key%d" % i: [rng.random() for _ in range(8)] for i in range(rng.randrange(10, 400))}),
        ("python/sets", lambda: ({1, 2, rng.randrange(99)}, frozenset("abc"), range(3, 99, 2), slice(1, 2, 3), Ellipsis, None)),
    ]
    for module in ("numpy_makers", "pandas_makers", "scipy_makers", "sklearn_makers", "boosting_makers", "torch_makers", "tokenizer_makers"):
        try:
            out += globals()[module](rng)
        except ImportError:
            pass
    return out


def numpy_makers(rng):
    import numpy as np
    kinds = ["f4", "f8", "i1", "i8", "u2", "bool", "c16", "S5", "U7", "M8[s]", "m8[ns]"]

    def array():
        return np.asarray([rng.randrange(2) for _ in range(rng.randrange(1, 3000))]).astype(rng.choice(kinds))

    return [("numpy/array", array), ("numpy/matrix", lambda: np.asfortranarray(np.arange(rng.randrange(4, 2000)).reshape(-1, 1).astype("f4"))),
            ("numpy/structured", lambda: np.zeros(rng.randrange(1, 50), dtype=[("a", "f4"), ("b", "S3"), ("c", "i8", (2,))])),
            ("numpy/scalars", lambda: [np.float32(rng.random()), np.int64(3), np.bool_(True), np.str_("x"), np.datetime64("2020-01-01")]),
            ("numpy/random", lambda: np.random.default_rng(rng.randrange(99))), ("numpy/randomstate", lambda: np.random.RandomState(rng.randrange(99))),
            ("numpy/masked", lambda: np.ma.masked_array([1.0, 2.0], mask=[0, 1])), ("numpy/object", lambda: np.array(["a", None, 3, (1, 2)], dtype=object)),
            ("numpy/polynomial", lambda: np.polynomial.Polynomial([1, 2, rng.random()])), ("numpy/dtypes", lambda: [np.dtype(k) for k in kinds]),
            ("numpy/dict", lambda: {"w%d" % i: array() for i in range(rng.randrange(6))})]


def pandas_makers(rng):
    import numpy as np
    import pandas as pd

    def frame():
        n = rng.randrange(1, 60)
        return pd.DataFrame({"a": np.arange(n), "b": np.arange(n) / 3, "c": ["t%d" % i for i in range(n)],
                             "d": pd.date_range("2020-01-01", periods=n), "e": pd.Categorical(["x", "y"] * (n // 2) + ["x"] * (n % 2)),
                             "f": pd.array([1, None] * (n // 2) + [1] * (n % 2), dtype="Int64")})

    return [("pandas/frame", frame), ("pandas/series", lambda: frame()["d"]), ("pandas/multi", lambda: frame().set_index(["a", "c"])),
            ("pandas/index", lambda: [pd.RangeIndex(9), pd.interval_range(0, 4), pd.period_range("2020", periods=3, freq="D"), pd.timedelta_range("1h", periods=2)]),
            ("pandas/scalars", lambda: [pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta("1h"), pd.NA, pd.NaT, pd.Period("2020")]),
            ("pandas/string", lambda: pd.Series(["a", None], dtype="string"))]


def scipy_makers(rng):
    import numpy as np
    import scipy.interpolate
    import scipy.sparse
    import scipy.spatial
    import scipy.stats
    return [("scipy/sparse", lambda: getattr(scipy.sparse, rng.choice(["csr_matrix", "csc_matrix", "coo_matrix", "lil_matrix", "dok_matrix", "bsr_matrix"]))(np.eye(rng.randrange(2, 30)))),
            ("scipy/kdtree", lambda: scipy.spatial.cKDTree(np.random.RandomState(1).rand(20, 3))),
            ("scipy/frozen", lambda: getattr(scipy.stats, rng.choice(["norm", "gamma", "beta", "t"]))(*([2.0] * rng.choice([2])))),
            ("scipy/interp", lambda: scipy.interpolate.CubicSpline([0, 1, 2], [0, 1, rng.random()])),
            ("scipy/rotation", lambda: __import__("scipy.spatial.transform").spatial.transform.Rotation.from_euler("z", rng.random()))]


def sklearn_makers(rng):
    import numpy as np
    from sklearn.compose import ColumnTransformer
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
    from sklearn.utils import all_estimators
    data = np.random.RandomState(0)
    x, y = np.abs(data.rand(24, 4)), np.array([0, 1] * 12)
    texts = ["a good model", "a bad model", "tokens of text", "more text"] * 6

    def fitted(cls):
        def make():
            estimator = cls()
            try:
                return estimator.fit(x, y)
            except Exception:  # noqa: BLE001
                try:
                    return cls().fit(texts, y)
                except Exception:  # noqa: BLE001
                    return cls()
        return make

    out = []
    for name, cls in all_estimators():
        try:
            cls()
        except Exception:  # noqa: BLE001
            continue
        out.append((f"sklearn/{name}", fitted(cls)))
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    out += [("sklearn/pipeline", lambda: Pipeline([("s", StandardScaler()), ("m", LogisticRegression(C=rng.random() + 0.1))]).fit(x, y)),
            ("sklearn/search", lambda: GridSearchCV(RandomForestClassifier(n_estimators=3), {"max_depth": [1, 2]}, cv=2).fit(x, y)),
            ("sklearn/columns", lambda: ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", OneHotEncoder(handle_unknown="ignore"), [2])]).fit(x, y)),
            ("sklearn/function", lambda: FunctionTransformer(np.log1p).fit(x))]
    return out


def boosting_makers(rng):
    import numpy as np
    data = np.random.RandomState(0)
    x, y = data.rand(30, 4), np.array([0, 1] * 15)
    out = []
    try:
        import xgboost
        out += [("xgboost/classifier", lambda: xgboost.XGBClassifier(n_estimators=rng.randrange(1, 5), max_depth=2).fit(x, y)),
                ("xgboost/regressor", lambda: xgboost.XGBRegressor(n_estimators=2).fit(x, y)),
                ("xgboost/booster", lambda: xgboost.XGBClassifier(n_estimators=2).fit(x, y).get_booster())]
    except ImportError:
        pass
    try:
        import lightgbm
        out += [("lightgbm/classifier", lambda: lightgbm.LGBMClassifier(n_estimators=rng.randrange(1, 5), verbose=-1, min_child_samples=1).fit(x, y)),
                ("lightgbm/regressor", lambda: lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(x, y))]
    except ImportError:
        pass
    return out


def torch_makers(rng):
    import torch
    from torch import nn

    def net():
        return nn.Sequential(nn.Conv2d(1, rng.randrange(1, 8), 3), nn.BatchNorm2d(1) if False else nn.ReLU(), nn.Flatten(),
                             nn.Linear(8, rng.randrange(1, 16)), nn.Dropout(0.1), nn.LayerNorm(4))

    def optimiser():
        model = nn.Linear(4, 2)
        made = getattr(torch.optim, rng.choice(["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam"]))(model.parameters(), lr=0.1)
        model(torch.zeros(1, 4)).sum().backward()
        made.step()
        return rng.choice([made, made.state_dict(), {"model": model.state_dict(), "optimizer": made.state_dict(), "epoch": 3}])

    def scheduler():
        made = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
        return torch.optim.lr_scheduler.StepLR(made, 5).state_dict()

    layers = [lambda: nn.LSTM(4, 4), lambda: nn.GRU(3, 3), lambda: nn.TransformerEncoderLayer(8, 2), lambda: nn.MultiheadAttention(8, 2),
              lambda: nn.Embedding(9, 3), lambda: nn.ConvTranspose1d(1, 2, 3), lambda: nn.BatchNorm1d(3), lambda: nn.PReLU(), lambda: nn.Bilinear(2, 2, 2),
              lambda: nn.ModuleDict({"a": nn.Linear(1, 1)}), lambda: nn.ParameterList([nn.Parameter(torch.zeros(2))])]
    return [("torch/state", lambda: net().state_dict()), ("torch/module", net), ("torch/optimiser", optimiser), ("torch/scheduler", scheduler),
            ("torch/layer", lambda: rng.choice(layers)()),
            ("torch/tensors", lambda: [torch.zeros(rng.randrange(1, 99)), torch.ones(2, 2).half(), torch.arange(5), torch.tensor(True), torch.randn(3).to(torch.bfloat16)]),
            ("torch/misc", lambda: {"size": torch.Size([1, 2]), "dtype": torch.float32, "device": torch.device("cpu"), "p": nn.Parameter(torch.zeros(1))}),
            ("torch/sparse", lambda: torch.eye(3).to_sparse()), ("torch/losses", lambda: [nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss()])]


def tokenizer_makers(rng):
    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    def made(model, trainer):
        def make():
            tokenizer = tokenizers.Tokenizer(model())
            tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
            tokenizer.train_from_iterator(["some text to train on"] * rng.randrange(2, 9), trainer())
            return tokenizer
        return make

    out = [("tokenizers/bpe", made(models.BPE, lambda: trainers.BpeTrainer(vocab_size=60, show_progress=False))),
           ("tokenizers/wordpiece", made(models.WordPiece, lambda: trainers.WordPieceTrainer(vocab_size=60, show_progress=False)))]
    try:
        transformers = importlib.import_module("transformers")
        base = made(models.BPE, lambda: trainers.BpeTrainer(vocab_size=60, show_progress=False))
        out += [("transformers/fast", lambda: transformers.PreTrainedTokenizerFast(tokenizer_object=base())),
                ("transformers/config", lambda: rng.choice([transformers.BertConfig, transformers.GPT2Config, transformers.LlamaConfig, transformers.T5Config])())]
    except ImportError:
        pass
    return out


def save(value, name, rng):
    """The bytes of one saved object in one of the ways in which people save such objects, and the extension."""
    family = name.split("/")[0]
    if family == "torch":
        import torch
        out = io.BytesIO()
        torch.save(value, out, _use_new_zipfile_serialization=rng.random() < 0.8)
        return out.getvalue(), rng.choice([".pt", ".pth", ".bin", ".ckpt"])
    if family in ("numpy", "sklearn", "scipy", "xgboost", "lightgbm") and rng.random() < 0.4:
        import joblib
        out = io.BytesIO()
        joblib.dump(value, out, compress=rng.choice([0, 0, 3, ("gzip", 3), ("bz2", 3), ("xz", 1), ("lzma", 1)]))
        return out.getvalue(), ".joblib"
    if name in ("numpy/array", "numpy/structured", "numpy/object", "numpy/matrix") and rng.random() < 0.5:
        import numpy as np
        out = io.BytesIO()
        if rng.random() < 0.5:
            np.save(out, value)
            return out.getvalue(), ".npy"
        rng.choice([np.savez, np.savez_compressed])(out, value, extra=np.arange(3))
        return out.getvalue(), ".npz"
    return pickle.dumps(value, rng.choice([0, 1, 2, 3, 4, 4, 5])), rng.choice([".pkl", ".pickle", ".dat"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--prefix", default="b")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    pool = makers(rng)
    families = collections.defaultdict(list)
    for name, make in pool:
        families[name.split("/")[0]].append((name, make))
    rows, failed = [], collections.Counter()
    while len(rows) < arguments.count and sum(failed.values()) < arguments.count * 3:
        # Half by family (so that small families count), half by maker.
        name, make = rng.choice(pool) if rng.random() < 0.5 else rng.choice(families[rng.choice(sorted(families))])
        try:
            data, extension = save(make(), name, rng)
        except Exception as error:  # noqa: BLE001: not every object can be saved in every way
            failed[f"{name}: {type(error).__name__}"] += 1
            continue
        file = f"{arguments.prefix}{len(rows):04d}{extension}"
        (arguments.out / file).write_bytes(data)
        rows.append([file, name])
    with open(arguments.out.parent / f"{arguments.out.name}.labels.tsv", "a", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter="\t").writerows(rows)
    print(f"benign: {len(rows)} files from {len(pool)} makers ({', '.join(sorted(families))}), {sum(failed.values())} tries could not be saved")


if __name__ == "__main__":
    main()
