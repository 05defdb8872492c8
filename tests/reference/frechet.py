"""The Frechet distance with a general matrix square root, as the papers' scripts."""

import numpy as np
from scipy.linalg import sqrtm


def moments(rows, ddof=1):
    """Mean and covariance, summed row by row."""
    mean = sum(rows) / len(rows)
    covariance = sum(np.outer(r - mean, r - mean) for r in rows) / (len(rows) - ddof)
    return mean, covariance


def distance(mean, covariance, other_mean, other_covariance):
    """|m - n|^2 + tr(S + T - 2 (S T)^(1/2))."""
    root = sqrtm(covariance @ other_covariance)
    difference = mean - other_mean
    traces = np.trace(covariance) + np.trace(other_covariance)
    return difference @ difference + traces - 2 * np.trace(np.real(root))


def distance_of_rows(rows, others, ddof=1):
    """Without covariances: the roots of S T's eigenvalues are the singular values of
    X Y' over the counts, X and Y being the rows less their means."""
    x, y = rows - rows.mean(0), others - others.mean(0)
    n, m = len(x) - ddof, len(y) - ddof
    overlap = np.linalg.svd(x @ y.T, compute_uv=False).sum() / np.sqrt(n * m)
    difference = rows.mean(0) - others.mean(0)
    return difference @ difference + (x**2).sum() / n + (y**2).sum() / m - 2 * overlap
