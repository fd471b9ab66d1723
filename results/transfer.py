"""Show transfer: one system from nothing and from the published encoder, with the same budget; writes transfer.csv.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/transfer.py -o runs/systems

The two trainings stand in systems.toml. Columns, and how a run goes on, are those of systems.py.
"""

import sys

from training_table import compare

if __name__ == "__main__":
    sys.exit(compare(__doc__ or "", "transfer"))
