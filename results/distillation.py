"""Show distillation: a small student alone, and taught by the bundled model; writes distillation.csv.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/distillation.py -o runs/systems

The two trainings stand in systems.toml; the teacher's answers are part of the second one's budget. Columns, and how a
run goes on, are those of systems.py.
"""

import sys

from training_table import compare

if __name__ == "__main__":
    sys.exit(compare(__doc__ or "", "distillation"))
