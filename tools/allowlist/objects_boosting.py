"""XGBoost, LightGBM, CatBoost."""

from typing import Any, Iterator, Tuple

import numpy as np


def make() -> Iterator[Tuple[str, Any]]:
    random = np.random.RandomState(0)
    rows = random.randn(60, 4)
    labels = (rows[:, 0] > 0).astype(int)
    target = rows[:, 0]
    groups = [30, 30]
    try:
        import xgboost

        for name in ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"):
            cls = getattr(xgboost, name, None)
            if cls is not None:
                yield name, cls(n_estimators=2)
                yield (
                    name,
                    cls(n_estimators=2).fit(rows, labels if "Classifier" in name else target),
                )
        yield "XGBRanker", xgboost.XGBRanker(n_estimators=2).fit(rows, labels, group=groups)
        booster = xgboost.train({}, xgboost.DMatrix(rows, target), 2)
        yield "booster", booster
        for booster_kind in ("gblinear", "dart"):
            yield (
                "booster " + booster_kind,
                xgboost.XGBRegressor(n_estimators=2, booster=booster_kind).fit(rows, target),
            )
        yield (
            "callbacks",
            [xgboost.callback.EarlyStopping(rounds=1)]
            if hasattr(xgboost.callback, "EarlyStopping")
            else 0,
        )
    except ImportError:
        pass
    try:
        import lightgbm

        for name in ("LGBMClassifier", "LGBMRegressor"):
            cls = getattr(lightgbm, name)
            yield name, cls()
            yield (
                name,
                cls(n_estimators=2, verbose=-1).fit(
                    rows, labels if "Classifier" in name else target
                ),
            )
        yield (
            "LGBMRanker",
            lightgbm.LGBMRanker(n_estimators=2, verbose=-1).fit(rows, labels, group=groups),
        )
        yield (
            "booster",
            lightgbm.train(
                {"verbose": -1, "objective": "regression"}, lightgbm.Dataset(rows, target), 2
            ),
        )
    except ImportError:
        pass
    try:
        import catboost

        for name in ("CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker", "CatBoost"):
            yield name, getattr(catboost, name)()
        options = {"iterations": 2, "verbose": False, "allow_writing_files": False}
        yield "CatBoostClassifier", catboost.CatBoostClassifier(**options).fit(rows, labels)
        yield "CatBoostRegressor", catboost.CatBoostRegressor(**options).fit(rows, target)
    except ImportError:
        pass
