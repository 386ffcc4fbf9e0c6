"""``python -m kfx`` is the command ``kfx``."""

import sys

from kfx.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
