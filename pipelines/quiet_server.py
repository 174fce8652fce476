"""Loaded first by the server that worker processes are forked from, which can be given modules
only: from here on Ctrl-C, which goes to all processes of a terminal, ends it without a trace of
where it is in loading the others. Once it has loaded them it ignores Ctrl-C."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
