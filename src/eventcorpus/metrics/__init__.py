"""Matching spans, agreement coefficients, resampling, paired tests; needs the schema only."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
