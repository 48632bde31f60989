"""Blocks that are programs: Python, Go and Java with the official SDKs."""

import os
import pathlib
import re
import shutil
import sys

import tools
from blocks import REPOSITORY
from shell import SECONDS, Failed

# Compiling the SDK, where nothing has been compiled yet.
COMPILING = 600
GO_MODULE = REPOSITORY / "tests/clients/go"


def python(session, text):
    """Runs a program with the Python of this suite."""
    source = folder(session) / "program.py"
    source.write_text(text)
    return session.run([sys.executable, str(source)])


def go(session, text):
    """Builds a main package in a module with the dependencies of tests/clients/go, without a network,
    and runs it."""
    module = folder(session)
    for name in ("go.mod", "go.sum"):
        shutil.copy(GO_MODULE / name, module / name)
    (module / "main.go").write_text(text)
    build = [tools.need("go"), "build", "-o", "program", "."]
    offline = {"GOPROXY": "off", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    session.run(build, COMPILING, module, **offline, **go_folders())
    return session.run([str(module / "program")])


def go_folders():
    names = ("GOMODCACHE", "GOCACHE")
    return {name: os.environ[name] for name in names if name in os.environ}


def java(session, text):
    """Compiles a class with the libraries of tests/clients/java and runs it."""
    name = re.search(r"^(?:public )?(?:final )?class (\w+)", text, re.MULTILINE)
    if name is None:
        raise Failed("no class")
    source = folder(session) / f"{name[1]}.java"
    source.write_text(text)
    libraries = pathlib.Path(os.environ["CHANCERY_TEST_JAVA_LIBRARIES"]) / "*"
    return session.run([tools.need("java"), "-cp", str(libraries), str(source)])


def folder(session):
    """A new folder beside that of the document: what a program consists of is not in the reader's way."""
    place = session.work / f"program-{session.count}"
    place.mkdir()
    return place
