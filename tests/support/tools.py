"""Programs that a test needs but the machine may lack."""

import os
import shutil

import pytest

SECONDS = 60


def need(tool):
    """The path of `tool`. Without it the test is skipped, or has failed where all must be there."""
    system = os.pathsep.join(["/usr/local/sbin", "/usr/sbin", "/sbin"])
    return found(tool, shutil.which(tool) or shutil.which(tool, path=system))


def need_folder(path):
    return found(path, path if os.path.isdir(path) else None)


def found(what, path):
    if path is None:
        report = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        report(f"SKIPPED: needs {what}")
    return path
