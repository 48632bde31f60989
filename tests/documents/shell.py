"""Shell blocks: each runs in a shell of its own, which begins where the one before has ended."""

import os
import pathlib
import re
import shlex
import signal
import subprocess

SECONDS = 120
"""How long a block may take."""

# Begins with what earlier blocks have set, and ends with the folder, the variables that programs see
# and all variables.
FRAME = """
. "$CHANCERY_BLOCK/before"
. "$CHANCERY_BLOCK/block"
pwd >"$CHANCERY_BLOCK/folder"
env -0 >"$CHANCERY_BLOCK/exported"
set >"$CHANCERY_BLOCK/variables"
"""
# Variables of the shell itself.
OWN = {"CHANCERY_BLOCK", "IFS", "OLDPWD", "OPTIND", "PPID", "PS1", "PS2", "PS4", "PWD", "SHLVL", "_"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Failed(Exception):
    """What ran has not succeeded: how, and what it printed."""


class Session:
    """What a user who follows a document has in front of them: a folder and an environment."""

    def __init__(self, folder, environment):
        self.folder = folder
        """The folder that blocks run in."""
        self.environment = dict(environment)
        """What programs see."""
        self.variables = {}
        """What only the shell knows."""
        self.work = folder.parent / f"{folder.name}-session"
        self.work.mkdir()
        self.server = None
        """The last configuration of a server: its kind and its text."""
        self.groups = []
        self.count = 0

    def shell(self, text):
        """Runs a block, and keeps what it has set."""
        place = self.work / f"block-{self.count}"
        place.mkdir()
        before = [f"{name}={shlex.quote(value)}\n" for name, value in self.variables.items()]
        (place / "before").write_text("".join(before))
        (place / "block").write_text(text)
        self.run(["sh", "-eu", "-c", FRAME], CHANCERY_BLOCK=str(place))
        if not (place / "variables").exists():
            raise Failed("the block ends the shell that it is typed into")
        self.folder = pathlib.Path((place / "folder").read_text().removesuffix("\n"))
        exported = (place / "exported").read_text().split("\0")[:-1]
        self.environment = assignments(exported)
        everything = assignments(shlex.split((place / "variables").read_text()))
        self.variables = {
            name: value for name, value in everything.items() if name not in self.environment
        }

    def run(self, command, seconds=SECONDS, folder=None, **variables):
        """Runs a command, in the session's folder or another one, and answers what it printed. What it
        leaves behind runs on until `end`."""
        self.count += 1
        log = self.work / f"output-{self.count}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder or self.folder, env=self.environment | variables,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.groups.append(process.pid)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            stop(process.pid)
            process.wait()
            status = f"not finished after {seconds} s"
        printed = log.read_text(errors="replace")
        if status != 0:
            raise Failed(f"{status}\n{printed}")
        return printed

    def end(self):
        """Ends what blocks have started in the background."""
        for group in self.groups:
            stop(group)


def assignments(words):
    pairs = (word.partition("=") for word in words)
    return {name: value for name, _, value in pairs if NAME.match(name) and name not in OWN}


def stop(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
