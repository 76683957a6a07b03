"""statsmodels, networkx, umap, mlxtend, Pillow, pyarrow, polars: what people keep beside models."""

from typing import Any, Iterator, Tuple

import numpy as np


def _statsmodels() -> Iterator[Tuple[str, Any]]:
    import statsmodels.api as sm
    from statsmodels.tsa.api import AutoReg, ExponentialSmoothing, SimpleExpSmoothing
    from statsmodels.tsa.arima.model import ARIMA

    random = np.random.RandomState(0)
    rows = sm.add_constant(random.randn(40, 2))
    target = rows[:, 1] + random.randn(40)
    labels = (target > 0).astype(int)
    for name, model in (
        ("ols", lambda: sm.OLS(target, rows)),
        ("wls", lambda: sm.WLS(target, rows)),
        ("glm", lambda: sm.GLM(labels, rows, sm.families.Binomial())),
        ("poisson", lambda: sm.GLM(labels, rows, sm.families.Poisson())),
        ("logit", lambda: sm.Logit(labels, rows)),
        ("probit", lambda: sm.Probit(labels, rows)),
        ("rlm", lambda: sm.RLM(target, rows)),
        ("quantile", lambda: sm.QuantReg(target, rows)),
        ("arima", lambda: ARIMA(target, order=(1, 0, 0))),
        ("autoregression", lambda: AutoReg(target, 1)),
        ("smoothing", lambda: SimpleExpSmoothing(np.abs(target) + 1)),
        ("exponential", lambda: ExponentialSmoothing(np.abs(target) + 1)),
        ("mixed", lambda: sm.MixedLM(target, rows, np.arange(40) % 4)),
        ("gls", lambda: sm.GLS(target, rows)),
        ("sarimax", lambda: sm.tsa.SARIMAX(target)),
    ):
        try:
            yield name, model().fit()
        except Exception:  # noqa: BLE001 (another version)
            continue


def _networkx() -> Iterator[Tuple[str, Any]]:
    import networkx as nx

    for cls in (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph):
        graph = cls()
        graph.add_edge(1, 2, weight=3)
        yield cls.__name__, graph
        yield cls.__name__ + " views", [graph.nodes, graph.edges, graph.degree, graph.adj]


def _others() -> Iterator[Tuple[str, Any]]:
    random = np.random.RandomState(0)
    rows = random.randn(30, 4)
    try:
        import umap

        yield "umap", umap.UMAP(n_neighbors=5, n_epochs=2).fit(rows)
    except Exception:  # noqa: BLE001
        pass
    try:
        import mlxtend.classifier
        from sklearn.linear_model import LogisticRegression

        yield (
            "mlxtend",
            mlxtend.classifier.EnsembleVoteClassifier(
                [LogisticRegression()], fit_base_estimators=True
            ).fit(rows, rows[:, 0] > 0),
        )
        yield (
            "mlxtend",
            mlxtend.classifier.StackingClassifier([LogisticRegression()], LogisticRegression()).fit(
                rows, rows[:, 0] > 0
            ),
        )
    except Exception:  # noqa: BLE001
        pass
    try:
        from PIL import Image

        yield "image", [Image.new(mode, (2, 2)) for mode in ("RGB", "L", "P", "1")]
    except ImportError:
        pass
    try:
        import pyarrow as pa

        yield (
            "arrow",
            [
                pa.table({"a": [1]}),
                pa.array([1, 2]),
                pa.array(["a"]),
                pa.schema([("a", pa.int64())]),
                pa.field("a", pa.string()),
            ],
        )
        yield (
            "arrow types",
            [
                pa.list_(pa.int8()),
                pa.timestamp("us", "UTC"),
                pa.struct([("a", pa.int8())]),
                pa.dictionary(pa.int8(), pa.string()),
                pa.decimal128(5, 2),
                pa.chunked_array([[1]]),
                pa.record_batch({"a": [1]}),
            ],
        )
    except ImportError:
        pass
    try:
        import polars as pl

        yield (
            "polars",
            [pl.DataFrame({"a": [1]}), pl.Series("a", [1.0]), pl.Int64(), pl.Datetime("us")],
        )
    except ImportError:
        pass


def make() -> Iterator[Tuple[str, Any]]:
    for source in (_statsmodels, _networkx, _others):
        try:
            for item in source():
                yield item
        except ImportError:
            continue
