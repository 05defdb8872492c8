"""The unbiased squared maximum mean discrepancy, one pair of rows at a time."""


def kernel(x, y, degree):
    """(x . y / d + 1)^degree."""
    return (
        sum(float(a) * float(b) for a, b in zip(x, y, strict=True)) / len(x) + 1
    ) ** (degree)


def mean_of_others(rows, degree):
    """The mean kernel of different rows."""
    count, total = len(rows), 0.0
    for i in range(count):
        for j in range(count):
            if i != j:
                total += kernel(rows[i], rows[j], degree)
    return total / (count * (count - 1))


def unbiased_mmd(x, y, degree=3):
    """What `jaxgen.metrics.kid.unbiased_mmd` gives."""
    between = sum(kernel(a, b, degree) for a in x for b in y) / (len(x) * len(y))
    return mean_of_others(x, degree) + mean_of_others(y, degree) - 2 * between
