"""SciPy: sparse matrices, distributions, interpolation, spatial trees, optimisation results."""

from typing import Any, Iterator, Tuple

import numpy as np
import scipy
import scipy.cluster.hierarchy
import scipy.integrate
import scipy.interpolate
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.sparse
import scipy.sparse.linalg
import scipy.spatial
import scipy.special
import scipy.stats


def make() -> Iterator[Tuple[str, Any]]:
    dense = np.eye(4)
    for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil"):
        for form in ("matrix", "array"):
            maker = getattr(scipy.sparse, "%s_%s" % (kind, form), None)
            if maker is not None:
                yield "%s %s" % (kind, form), maker(dense)
    for name in sorted(dir(scipy.stats)):
        value = getattr(scipy.stats, name)
        if isinstance(value, (scipy.stats.rv_continuous, scipy.stats.rv_discrete)):
            yield "distribution " + name, value
            try:
                shapes = [1.5] * len((value.shapes or "").split(",")) if value.shapes else []
                frozen = value(*shapes)
            except Exception:  # noqa: BLE001 (other parameters are wanted)
                continue
            yield "frozen " + name, frozen
    yield (
        "multivariate",
        [scipy.stats.multivariate_normal([0, 0], np.eye(2)), scipy.stats.dirichlet([1.0, 2.0])],
    )
    yield "density", scipy.stats.gaussian_kde(np.arange(5.0))
    yield (
        "test results",
        [
            scipy.stats.ttest_1samp([1.0, 2.0, 3.5], 1),
            scipy.stats.linregress([1, 2, 3.5], [2, 3, 4]),
            scipy.stats.describe([1.0, 2.0, 4.0]),
            scipy.stats.spearmanr([1, 2, 3], [1, 3, 2]),
            scipy.stats.ks_2samp([1, 2, 3], [2, 3, 4]),
        ],
    )
    x, y = np.arange(6.0), np.arange(6.0) ** 2
    interpolate = scipy.interpolate
    for name, value in (
        ("interp1d", lambda: interpolate.interp1d(x, y)),
        ("interp1d cubic", lambda: interpolate.interp1d(x, y, kind="cubic")),
        ("cubic", lambda: interpolate.CubicSpline(x, y)),
        ("pchip", lambda: interpolate.PchipInterpolator(x, y)),
        ("akima", lambda: interpolate.Akima1DInterpolator(x, y)),
        ("spline", lambda: interpolate.UnivariateSpline(x, y)),
        ("b-spline", lambda: interpolate.make_interp_spline(x, y)),
        ("rbf", lambda: interpolate.RBFInterpolator(x[:, None], y)),
        ("grid", lambda: interpolate.RegularGridInterpolator((x, x), np.ones((6, 6)))),
        ("nearest", lambda: interpolate.NearestNDInterpolator(np.random.rand(6, 2), y)),
        ("linear", lambda: interpolate.LinearNDInterpolator(np.random.rand(6, 2), y)),
        ("rectangle", lambda: interpolate.RectBivariateSpline(x, x, np.ones((6, 6)))),
        ("piecewise", lambda: interpolate.PPoly(np.ones((2, 5)), x)),
        ("barycentric", lambda: interpolate.BarycentricInterpolator(x, y)),
        ("krogh", lambda: interpolate.KroghInterpolator(x, y)),
        ("bernstein", lambda: interpolate.BPoly(np.ones((2, 5)), x)),
        ("lsq", lambda: interpolate.LSQUnivariateSpline(x, y, [2.5])),
    ):
        try:
            made = value()
        except Exception:  # noqa: BLE001 (another version)
            continue
        yield "interpolation " + name, made
    points = np.random.RandomState(0).rand(8, 2)
    yield "tree", [scipy.spatial.cKDTree(points), scipy.spatial.KDTree(points)]
    for name in ("Delaunay", "ConvexHull", "Voronoi"):
        yield name, getattr(scipy.spatial, name)(points)
    yield (
        "rotation",
        scipy.spatial.transform.Rotation.from_euler("z", 1)
        if hasattr(scipy.spatial, "transform")
        else 0,
    )
    yield "optimisation", scipy.optimize.minimize(lambda v: (v**2).sum(), [1.0, 2.0])
    yield (
        "bounds",
        [scipy.optimize.Bounds([0], [1]), scipy.optimize.LinearConstraint(np.eye(1), 0, 1)],
    )
    yield "least squares", scipy.optimize.least_squares(lambda v: v - 1, [0.0])
    yield "root", scipy.optimize.root(lambda v: v - 1, [0.0])
    yield (
        "filters",
        [
            scipy.signal.butter(2, 0.5),
            scipy.signal.lti([1], [1, 1]),
            scipy.signal.TransferFunction([1], [1, 2]),
            scipy.signal.StateSpace([[1]], [[1]], [[1]], [[0]]),
            scipy.signal.ZerosPolesGain([1], [2], 1),
        ],
    )
    yield "integration", scipy.integrate.solve_ivp(lambda t, v: -v, [0, 1], [1.0])
    yield "linkage", scipy.cluster.hierarchy.to_tree(scipy.cluster.hierarchy.linkage(points))
    yield "functions", [scipy.special.expit, scipy.special.logit, scipy.special.gamma]
    yield "linear operator", scipy.sparse.linalg.aslinearoperator(dense)
    yield "module version", scipy.__version__
