"""One rival on splits of a table, with the defaults of its library.

    python -m benchmarks.tabular.rival MODEL TASK LABEL FOLDER SEED...

Learns from FOLDER/SEED/train.csv, predicts FOLDER/SEED/test.csv, writes FOLDER/SEED/found.npz, and prints the seed as
soon as its file is there. Runs in the environment of the rivals and needs nothing of ours. Gaps and categories are
treated as each library asks for: one-hot, standardised numbers and an indicator of gaps for scikit-learn's linear
models and networks; native categories and gaps for trees; native categories and filled gaps for pytabkit.
"""

import contextlib
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main(model: str, task: str, label: str, folder: str, *seeds: str) -> None:
    """Fits and predicts, split after split."""
    for seed in seeds:
        with contextlib.redirect_stdout(sys.stderr):  # libraries print
            found = predicted(RIVALS[model], task == "classification", label, Path(folder, seed), int(seed))
        np.savez(Path(folder, seed, "found.npz"), **found)
        print(seed, flush=True)


def predicted(
    make: Callable[[bool, int], Any], classify: bool, label: str, folder: Path, seed: int
) -> dict[str, Any]:
    """Prediction, or probabilities with their classes, and the CPU seconds of the fit."""
    rows = pd.read_csv(folder / "train.csv", encoding="utf-8", dtype={label: str if classify else float})
    labels = rows.pop(label).to_numpy()
    rows, asked = typed(rows, pd.read_csv(folder / "test.csv", encoding="utf-8", dtype=str))
    estimator = make(classify, seed)
    start = _cpu_seconds()
    estimator.fit(rows, labels)
    seconds = _cpu_seconds() - start
    if classify:
        chances = estimator.predict_proba(asked)
        return {"values": chances, "classes": estimator.classes_.astype(str), "train_cpu": seconds}
    return {"values": np.ravel(estimator.predict(asked)), "train_cpu": seconds}


def typed(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers as floats, everything else as categories of the training rows; a level that is new is a gap."""
    train, test = train.copy(), test[list(train)].copy()
    for name in train:
        if pd.api.types.is_numeric_dtype(train[name]) and not pd.api.types.is_bool_dtype(train[name]):
            train[name] = train[name].astype(float)
            test[name] = pd.to_numeric(test[name], errors="coerce").astype(float)
        else:
            text = train[name].astype(object).where(train[name].isna(), train[name].astype(str))
            levels = pd.CategoricalDtype(sorted(text.dropna().unique()))
            train[name], test[name] = text.astype(levels), test[name].astype(levels)
    return train, test


def _cpu_seconds() -> float:
    """Of this process and of the children that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _constant(classify: bool, seed: int) -> Any:
    return DummyClassifier(strategy="prior") if classify else DummyRegressor()


def _linear(classify: bool, seed: int) -> Any:
    # The default of 100 iterations often ends before the optimum, with a warning that asks for more.
    return _encoded(
        LogisticRegression(max_iter=1000, random_state=seed) if classify else Ridge(random_state=seed)
    )


def _mlp(classify: bool, seed: int) -> Any:
    if classify:
        return _encoded(MLPClassifier(random_state=seed))
    return TransformedTargetRegressor(_encoded(MLPRegressor(random_state=seed)), transformer=StandardScaler())


def _hist_gradient_boosting(classify: bool, seed: int) -> Any:
    kind = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
    return kind(categorical_features="from_dtype", random_state=seed)


def _lightgbm(classify: bool, seed: int) -> Any:
    import lightgbm  # pyright: ignore[reportMissingImports]

    kind = lightgbm.LGBMClassifier if classify else lightgbm.LGBMRegressor
    return Renamed(kind(random_state=seed, n_jobs=1, verbosity=-1))


def _realmlp(classify: bool, seed: int) -> Any:
    import pytabkit  # pyright: ignore[reportMissingImports]

    kind = pytabkit.RealMLP_TD_Classifier if classify else pytabkit.RealMLP_TD_Regressor
    return Filled(kind(random_state=seed, n_threads=1, device="cpu"))


def _tabm(classify: bool, seed: int) -> Any:
    import pytabkit  # pyright: ignore[reportMissingImports]

    kind = pytabkit.TabM_D_Classifier if classify else pytabkit.TabM_D_Regressor
    return Filled(kind(random_state=seed, n_threads=1, device="cpu"))


RIVALS: dict[str, Callable[[bool, int], Any]] = {
    "constant": _constant,
    "linear": _linear,
    "mlp": _mlp,
    "hgb": _hist_gradient_boosting,
    "lightgbm": _lightgbm,
    "realmlp": _realmlp,
    "tabm": _tabm,
}


def _encoded(estimator: Any) -> Any:
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=""), OneHotEncoder(handle_unknown="ignore")
    )
    columns = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include=np.number)),
            ("categories", categories, make_column_selector(dtype_exclude=np.number)),
        ]
    )
    return make_pipeline(columns, estimator)


class Wrapped:
    """An estimator that gets its columns prepared."""

    def __init__(self, estimator: Any):
        self._estimator = estimator

    @property
    def classes_(self) -> np.ndarray:
        """See scikit-learn."""
        return self._estimator.classes_

    def _prepared(self, rows: pd.DataFrame) -> pd.DataFrame:
        raise NotImplementedError

    def fit(self, rows: pd.DataFrame, labels: np.ndarray) -> None:
        """See scikit-learn."""
        self._estimator.fit(self._prepared(rows), labels)

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """See scikit-learn."""
        return self._estimator.predict(self._prepared(rows))

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """See scikit-learn."""
        return self._estimator.predict_proba(self._prepared(rows))


class Renamed(Wrapped):
    """LightGBM refuses names with characters such as a comma or a quote."""

    def _prepared(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.set_axis([f"column{index}" for index in range(rows.shape[1])], axis=1)


class Filled(Wrapped):
    """pytabkit's networks take no gaps among numbers: the mean of the training rows, and an indicator."""

    def fit(self, rows: pd.DataFrame, labels: np.ndarray) -> None:
        """See scikit-learn."""
        numbers = rows.select_dtypes(np.number)
        self._means, self._gaps = numbers.mean().fillna(0), numbers.columns[numbers.isna().any()]
        super().fit(rows, labels)

    def _prepared(self, rows: pd.DataFrame) -> pd.DataFrame:
        filled = rows.fillna(self._means)
        for name in self._gaps:
            filled[f"{name} is missing"] = rows[name].isna().astype(float)
        return filled


if __name__ == "__main__":
    main(*sys.argv[1:])
