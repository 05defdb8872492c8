"""The Inception Score one probability at a time."""

import math


def inception_score(rows):
    """exp of the mean over rows of sum p log(p / mean p); 0 log 0 is 0."""
    classes = range(len(rows[0]))
    mean = [sum(row[c] for row in rows) / len(rows) for c in classes]
    total = 0.0
    for row in rows:
        for c in classes:
            if row[c] > 0:
                total += row[c] * math.log(row[c] / mean[c])
    return math.exp(total / len(rows))


def of_splits(rows, splits):
    """Scores of consecutive parts; a part starts at the whole number below i n / s."""
    count = len(rows)
    edges = [math.floor(i * count / splits) for i in range(splits + 1)]
    return [
        inception_score(rows[a:b]) for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
