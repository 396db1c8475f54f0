"""The former path of `views.maps.atlas`; it goes with the next release."""

import sys
import warnings

from views.maps import atlas

warnings.warn("views.atlas is views.maps.atlas now", DeprecationWarning, stacklevel=2)
sys.modules[__name__] = atlas
