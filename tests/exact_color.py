"""The conversions once more, for tests: 50 decimal digits, exact matrix, nothing shared with the package."""

from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 50

_PRIMARIES = (("0.64", "0.33"), ("0.30", "0.60"), ("0.15", "0.06"))
_WHITE = tuple(Fraction(value) for value in ("0.95047", "1", "1.08883"))


def lab_of_srgb(srgb: tuple[float, float, float]) -> tuple[float, float, float]:
    linear = [_undo_curve(Decimal(channel)) for channel in srgb]
    x, y, z = (
        _stretch(sum(_decimal(share) * channel for share, channel in zip(row, linear, strict=True)))
        for row in relative_matrix()
    )
    return float(116 * y - 16), float(500 * (x - y)), float(200 * (y - z))


def relative_matrix() -> list[list[Fraction]]:
    """Linear sRGB -> XYZ over white: the columns are the primaries, scaled so that the rows sum to white."""
    columns = []
    for primary in _PRIMARIES:
        x, y = (Fraction(value) for value in primary)
        columns.append((x / y, Fraction(1), (1 - x - y) / y))
    scales = _solve(columns, _WHITE)
    return [
        [scale * column[i] / _WHITE[i] for scale, column in zip(scales, columns, strict=True)]
        for i in range(3)
    ]


def _solve(columns, target):
    """Cramer's rule."""
    whole = _determinant(columns)
    return [
        _determinant([target if k == i else column for k, column in enumerate(columns)]) / whole
        for i in range(3)
    ]


def _determinant(c):
    return (
        c[0][0] * (c[1][1] * c[2][2] - c[1][2] * c[2][1])
        - c[0][1] * (c[1][0] * c[2][2] - c[1][2] * c[2][0])
        + c[0][2] * (c[1][0] * c[2][1] - c[1][1] * c[2][0])
    )


def _undo_curve(code):
    if code <= Decimal("0.04045"):
        return code / Decimal("12.92")
    return ((code + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")


def _stretch(ratio):
    if ratio > _decimal(Fraction(216, 24389)):
        return ratio ** _decimal(Fraction(1, 3))
    return (_decimal(Fraction(24389, 27)) * ratio + 16) / 116


def _decimal(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)
