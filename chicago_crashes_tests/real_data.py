"""Where slices of the City's real data are, if they are here; tests that need them skip with a message otherwise."""

import os
from pathlib import Path

import pytest

from chicago_crashes.settings import PROJECT_ROOT

REAL_DATA = Path(os.environ.get("CRASHES_TEST_DATA", PROJECT_ROOT.parent / "shared" / "data"))

needs_real_data = pytest.mark.skipif(
    not REAL_DATA.is_dir(),
    reason=f"the real data is not at {REAL_DATA}; set CRASHES_TEST_DATA to the folder that holds it",
)
