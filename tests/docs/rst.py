#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""rst.py FILE...: is each page well formed? What docutils has to say of it is printed.

A table whose columns do not fit, for one, is otherwise shown as an error in its place, or
not at all.
"""
import io
import sys

import docutils.core


def complaints(path):
    """What docutils says of a page, warnings and errors."""
    said = io.StringIO()
    with open(path, encoding="utf-8") as page:
        docutils.core.publish_doctree(page.read(), source_path=path, settings_overrides={
            "report_level": 2, "halt_level": 5, "warning_stream": said,
            "file_insertion_enabled": False})
    return said.getvalue()


if len(sys.argv) < 2:
    sys.exit(__doc__)
ALL = "".join(complaints(path) for path in sys.argv[1:])
print(ALL, end="")
sys.exit(ALL != "")
