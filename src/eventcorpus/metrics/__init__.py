"""Matching spans, agreement coefficients, resampling, paired tests; knows nothing of articles or ontologies."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
