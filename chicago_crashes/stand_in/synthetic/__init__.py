"""A deterministic synthetic portal: plausible crashes with all that belongs to them, and dirt that is accounted for.

`generate` yields it month by month. Values have the form of the portal's JSON, and nothing depends on the range asked
for but which days come.
"""

from chicago_crashes.stand_in.synthetic.dirt import DOCUMENTED_DIRT, HEAVY_DIRT, Dirt
from chicago_crashes.stand_in.synthetic.portal import CRASHES_PER_DAY, Batch, generate

__all__ = ["CRASHES_PER_DAY", "DOCUMENTED_DIRT", "HEAVY_DIRT", "Batch", "Dirt", "generate"]
