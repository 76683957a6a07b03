"""scikit-learn: every estimator, before and after fitting, and what goes with estimators."""

import inspect
from typing import Any, Iterator, List, Tuple

import numpy as np
import sklearn

try:
    import joblib
except ImportError:
    from sklearn.externals import joblib

try:
    from sklearn.utils import all_estimators
except ImportError:
    from sklearn.utils.testing import all_estimators

del joblib


def _data() -> List[Tuple[str, Tuple[Any, ...]]]:
    random = np.random.RandomState(0)
    rows = random.randn(30, 4)
    labels = (rows[:, 0] > 0).astype(int)
    three = np.arange(30) % 3
    target = rows[:, 0] * 2 + 1
    texts = ["red apple", "green pear", "blue plum"] * 10
    dicts = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}] * 15
    return [
        ("classes", (rows, labels)),
        ("three classes", (rows, three)),
        ("numbers", (rows, target)),
        ("positive", (np.abs(rows), labels)),
        ("positive numbers", (np.abs(rows), np.abs(target) + 0.1)),
        ("rows", (rows,)),
        ("many targets", (rows, np.c_[target, target])),
        ("many labels", (rows, np.c_[labels, 1 - labels])),
        ("texts", (texts,)),
        ("texts with classes", (texts, three)),
        ("dicts", (dicts,)),
        ("labels", (labels,)),
        ("label sets", ([["a"], ["b", "c"]] * 15,)),
        ("one column", (rows[:, 0], target)),
        ("square", (rows.dot(rows.T),)),
        ("integers", (np.abs(rows * 3).astype(int), three)),
        ("text labels", (rows, np.array(list("ab"))[labels])),
    ]


def _construct(cls: type) -> Iterator[Any]:
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.preprocessing import StandardScaler

    known = {
        "estimators": [("a", LogisticRegression()), ("b", LogisticRegression(C=2.0))],
        "base_estimator": LogisticRegression(),
        "estimator": LogisticRegression(),
        "regressor": LinearRegression(),
        "steps": [("scale", StandardScaler()), ("model", LogisticRegression())],
        "transformers": [("scale", StandardScaler(), [0, 1])],
        "transformer_list": [("scale", StandardScaler())],
        "param_grid": {"C": [0.1, 1.0]},
        "param_distributions": {"C": [0.1, 1.0]},
        "dictionary": np.eye(4),
        "binarizer": None,
        "classifier": LogisticRegression(),
        "kernel": None,
    }
    needed = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if name in ("self", "args", "kwargs") or parameter.default is not inspect.Parameter.empty:
            continue
        if parameter.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            continue
        if name not in known:
            return
        needed[name] = known[name]
    yield cls(**needed)
    if needed:
        swapped = {
            "estimators": [("a", LinearRegression()), ("b", LinearRegression())],
            "base_estimator": LinearRegression(),
            "estimator": LinearRegression(),
            "param_grid": {"fit_intercept": [True]},
            "param_distributions": {"fit_intercept": [True, False]},
        }
        yield cls(**{name: swapped.get(name, value) for name, value in needed.items()})


def fitted(classes: List[Tuple[str, type]]) -> Iterator[Tuple[str, Any]]:
    """Each class, unfitted and fitted on the first few data sets that it takes."""
    for name, cls in classes:
        for estimator in _construct(cls):
            yield name, estimator
            done = 0
            for data_name, data in _data():
                for option, value in (
                    ("n_components", 2),
                    ("n_estimators", 3),
                    ("max_iter", 20),
                    ("n_iter", 2),
                    ("cv", 2),
                ):
                    if hasattr(estimator, "get_params") and option in estimator.get_params(
                        deep=False
                    ):
                        try:
                            estimator.set_params(**{option: value})
                        except Exception:  # noqa: BLE001
                            pass
                try:
                    made = sklearn.clone(estimator).fit(*data)
                except Exception:  # noqa: BLE001 (not its kind of data)
                    continue
                yield "%s on %s" % (name, data_name), made
                done += 1
                if done >= 4:
                    break


def _variants() -> Iterator[Tuple[str, Any]]:
    """Options that bring other classes into the pickle."""
    from sklearn import (
        cluster,
        datasets,
        ensemble,
        feature_extraction,
        gaussian_process,
        linear_model,
        metrics,
        model_selection,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    random = np.random.RandomState(0)
    rows = random.randn(30, 4)
    labels = (rows[:, 0] > 0).astype(int)
    target = rows[:, 0]
    for algorithm in ("ball_tree", "kd_tree", "brute"):
        yield (
            "neighbours " + algorithm,
            neighbors.KNeighborsClassifier(3, algorithm=algorithm).fit(rows, labels),
        )
    for metric in (
        "manhattan",
        "euclidean",
        "minkowski",
        "chebyshev",
        "hamming",
        "canberra",
        "braycurtis",
    ):
        yield (
            "metric " + metric,
            neighbors.NearestNeighbors(metric=metric, algorithm="ball_tree").fit(rows),
        )
    for loss in (
        "hinge",
        "log",
        "log_loss",
        "modified_huber",
        "squared_hinge",
        "perceptron",
        "huber",
        "epsilon_insensitive",
    ):
        try:
            yield (
                "gradient descent " + loss,
                linear_model.SGDClassifier(loss=loss, max_iter=5).fit(rows, labels),
            )
        except Exception:  # noqa: BLE001 (another version's name)
            continue
    for loss in (
        "squared_error",
        "ls",
        "absolute_error",
        "lad",
        "huber",
        "quantile",
        "poisson",
        "gamma",
    ):
        for name in ("GradientBoostingRegressor", "HistGradientBoostingRegressor"):
            try:
                cls = getattr(ensemble, name)
                options = (
                    {"quantile": 0.5} if loss == "quantile" and name.startswith("Hist") else {}
                )
                yield name + " " + loss, cls(loss=loss, **options).fit(rows, np.abs(target) + 0.1)
            except Exception:  # noqa: BLE001
                continue
    for loss in ("exponential", "deviance", "log_loss"):
        try:
            yield (
                "boosting " + loss,
                ensemble.GradientBoostingClassifier(loss=loss, n_estimators=2).fit(rows, labels),
            )
        except Exception:  # noqa: BLE001
            continue
    try:
        yield (
            "histogram boosting, three classes",
            ensemble.HistGradientBoostingClassifier(max_iter=2).fit(rows, np.arange(30) % 3),
        )
    except Exception:  # noqa: BLE001
        pass
    for kernel in ("rbf", "linear", "poly", "sigmoid"):
        yield "svm " + kernel, svm.SVC(kernel=kernel, probability=True).fit(rows, labels)
    kernels = gaussian_process.kernels
    kernel = (
        kernels.ConstantKernel() * kernels.RBF() + kernels.WhiteKernel() + kernels.Matern() ** 2
    )
    kernel = kernel + kernels.RationalQuadratic() * kernels.ExpSineSquared() + kernels.DotProduct()
    yield "kernels", [kernel, kernels.PairwiseKernel(), kernels.CompoundKernel([kernels.RBF()])]
    yield (
        "gaussian process",
        gaussian_process.GaussianProcessRegressor(kernels.RBF()).fit(rows, target),
    )
    splitters = [name for name in dir(model_selection) if name.endswith(("Fold", "Split", "Out"))]
    for name in splitters:
        try:
            yield "splitter " + name, getattr(model_selection, name)()
        except Exception:  # noqa: BLE001
            continue
    yield (
        "scorers",
        [
            metrics.make_scorer(metrics.accuracy_score),
            metrics.make_scorer(metrics.mean_squared_error, greater_is_better=False),
        ],
    )
    for name in ("accuracy", "f1", "roc_auc", "neg_mean_squared_error", "r2", "neg_log_loss"):
        yield "scorer " + name, metrics.get_scorer(name) if hasattr(metrics, "get_scorer") else 0
    yield (
        "search",
        model_selection.GridSearchCV(
            tree.DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=2, scoring="f1"
        ).fit(rows, labels),
    )
    yield (
        "random search",
        model_selection.RandomizedSearchCV(
            svm.SVC(), {"C": __import__("scipy.stats").stats.uniform(0.1, 2)}, n_iter=2, cv=2
        ).fit(rows, labels),
    )
    yield (
        "cross validation",
        model_selection.cross_validate(
            tree.DecisionTreeClassifier(), rows, labels, cv=2, return_estimator=True
        ),
    )
    yield (
        "parameters",
        [
            model_selection.ParameterGrid({"a": [1]}),
            model_selection.ParameterSampler({"a": [1, 2]}, 1),
        ],
    )
    yield (
        "pipeline",
        pipeline.make_pipeline(preprocessing.StandardScaler(), svm.LinearSVC()).fit(rows, labels),
    )
    for function in (np.log1p, np.exp, np.sqrt, None, np.square):
        yield "function transformer", preprocessing.FunctionTransformer(function)
    yield (
        "words",
        feature_extraction.text.TfidfVectorizer(stop_words="english", ngram_range=(1, 2)).fit(
            ["a red apple", "pear"]
        ),
    )
    for name in ("CountVectorizer", "HashingVectorizer"):
        yield name, getattr(feature_extraction.text, name)(analyzer="char").fit(["a b", "c d"])
    yield (
        "network",
        neural_network.MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, early_stopping=True).fit(
            rows, target
        ),
    )
    yield (
        "sgd network",
        neural_network.MLPClassifier(hidden_layer_sizes=(3,), solver="sgd", max_iter=5).fit(
            rows, labels
        ),
    )
    yield (
        "clusters",
        [
            cluster.KMeans(2).fit(rows),
            cluster.AgglomerativeClustering(2).fit(rows),
            cluster.DBSCAN().fit(rows),
        ],
    )
    for name in ("load_iris", "load_wine", "load_breast_cancer", "load_diabetes"):
        yield "data set", getattr(datasets, name)()
    yield "dtype kept", preprocessing.OneHotEncoder(dtype=np.float32).fit([["a"], ["b"]])
    try:
        import pandas as pd

        frame = pd.DataFrame(rows, columns=list("abcd"))
        yield "on a frame", ensemble.RandomForestClassifier(3).fit(frame, pd.Series(labels))
        from sklearn.compose import ColumnTransformer, make_column_selector

        columns = ColumnTransformer(
            [("n", preprocessing.StandardScaler(), make_column_selector(dtype_include=float))],
            remainder="passthrough",
        )
        yield "columns", columns.fit(frame)
    except ImportError:
        pass
    tree_part = ensemble.RandomForestClassifier(2, random_state=np.random.RandomState(1)).fit(
        rows, labels
    )
    yield "random state kept", tree_part
    yield "tree parts", [tree_part.estimators_[0].tree_, tree_part.estimators_[0]]
    yield (
        "calibrated",
        __import__("sklearn.calibration")
        .calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2)
        .fit(rows, labels),
    )


def make() -> Iterator[Tuple[str, Any]]:
    for item in fitted(sorted(all_estimators(), key=lambda pair: pair[0])):
        yield item
    for item in _variants():
        yield item
    try:
        import imblearn.utils.testing

        for item in fitted(imblearn.utils.testing.all_estimators()):
            yield item
    except ImportError:
        pass
    for package in ("category_encoders",):
        try:
            module = __import__(package)
        except ImportError:
            continue
        classes = [
            (name, value) for name, value in sorted(vars(module).items()) if isinstance(value, type)
        ]
        for item in fitted(classes):
            yield item
