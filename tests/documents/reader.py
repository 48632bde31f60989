"""Somebody who does all that a document says, in its order."""

import os
import pathlib
import re
import shutil

import places
import sdk_programs
import servers
import shell
import values
from blocks import shown

PROGRAMS = {"python": sdk_programs.python, "go": sdk_programs.go, "java": sdk_programs.java}
VALUES = {"json": values.parse_json, "toml": values.parse_toml, "yaml": values.parse_yaml}
# Of this suite, and not of a user.
OWN = ("CHANCERY_TEST_", "GOCACHE", "GOMODCACHE", "PYTEST_", "PYTHON")


def environment(home):
    """That of a user who has read client.env of a demo desk, and has the program in their PATH."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    programs = pathlib.Path(os.environ["CHANCERY_TEST_BINARY"]).parent
    path = f"{programs}{os.pathsep}{variables['PATH']}"
    return variables | {"HOME": str(home), "PATH": path}


def follow(blocks, rows, folder):
    """Runs a document's blocks in a new folder, but for those that `rows` of shown.yaml are about.

    What fails is an AssertionError that begins with document and line.
    """
    left_out = shown(blocks, rows)
    document, home, machine = (folder / name for name in ("document", "home", "machine"))
    for place in (document, home, machine):
        place.mkdir()
    session = shell.Session(document, environment(home))
    try:
        for block in blocks:
            if block in left_out or block.is_request:
                continue
            try:
                perform(block, session, machine)
            except Exception as error:
                raise AssertionError(f"{block.place}: {block.kind}: {error}") from error
            opened = [*open_keys(document), *open_keys(machine)]
            assert not opened, f"{block.place}: others may read the private keys in {opened}"
    finally:
        session.end()
        # Keys among it.
        for place in (document, home, machine, session.work):
            shutil.rmtree(place)


def open_keys(folder):
    """The files with a private key as PEM that others than their owner may read."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [
        path.relative_to(folder).as_posix()
        for path in files
        if path.stat().st_mode & 0o077 and b" PRIVATE KEY-----" in path.read_bytes()
    ]


def talk(session, text, folder):
    """What one sees on a terminal while the server of the last configuration runs: commands behind `$ `, each
    with what it prints."""
    assert session.server, "no configuration of a server stands above"
    kind, configuration = session.server
    seen = re.findall(r"^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    assert seen and text == "".join(f"$ {command}{printed}" for command, printed in seen)

    def client(port, _):
        for command, printed in seen:
            said = session.run(["sh", "-euc", servers.at_port(command, port)])
            assert printed in said, f"{command}printed\n{said}"

    servers.CHECKERS[kind](configuration, folder, client)


def perform(block, session, machine):
    text = places.replaced(block.text, machine)
    if block.kind == "sh":
        session.shell(text)
    elif block.kind in PROGRAMS:
        PROGRAMS[block.kind](session, text)
    elif block.kind in VALUES:
        VALUES[block.kind](text)
    elif block.kind in servers.CHECKERS:
        folder = session.work / f"server-{block.line}"
        folder.mkdir()
        servers.CHECKERS[block.kind](text, folder)
        session.server = (block.kind, text)
    elif block.kind == "console":
        folder = session.work / f"server-{block.line}"
        folder.mkdir()
        talk(session, text, folder)
    elif block.kind in servers.CONFIGURATION:
        raise ValueError("tests/documents/servers.py has no checker for this server")
    else:
        raise ValueError("nothing says what is done with a block of this kind")
