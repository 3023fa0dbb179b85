import os
import signal
import sys

from aftersales_setup import environment
from aftersales_setup.report import Stop


def main(argv):
    command, arguments = argv[0], argv[1:]
    # An ending by SIGTERM or a closed terminal cleans up like Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        if not os.environ.get("AFTERSALES_ODOO"):
            return environment.prepare_and_restart(command, arguments)
        from aftersales_setup import commands

        return getattr(commands, command)(arguments)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


sys.exit(main(sys.argv[1:]))
