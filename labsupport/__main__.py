"""``python -m labsupport``: ejecutar, revisar y refrescar el laboratorio sin make."""

import sys

from labsupport.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
