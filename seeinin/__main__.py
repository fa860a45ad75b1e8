"""`python -m seeinin` is the command line."""

import sys

from seeinin.cli import main

sys.exit(main())
