"""Loaded by every Python below a server under test: puts into the server the faults that a test has named.

The product knows nothing of this: the folder is on the path only where `tests.faults.scene.Injected` puts it.
"""

import importlib
import os
import sys

if "quizapp.web.server" in sys.orig_argv:
    for fault in filter(None, os.environ.get("QUIZAPP_TEST_FAULTS", "").split(",")):
        importlib.import_module(f"fault_{fault}")
