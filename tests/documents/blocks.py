"""The fenced blocks of the documents, and which of them are only shown."""

import pathlib
import re
from dataclasses import dataclass

import yaml

REPOSITORY = pathlib.Path(__file__).parents[2]
HERE = pathlib.Path(__file__).parent

# The request of a call, whose programs follow it.
REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /\S*\n")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    document: str
    """The document's path in the repository."""
    line: int
    """The line of its fence, from 1."""
    kind: str
    """What stands behind the fence."""
    text: str
    """Without what the fence is indented by."""

    @property
    def is_request(self):
        """Whether it is the first line of a request and no more, which nobody types."""
        return self.kind == "text" and bool(REQUEST.fullmatch(self.text))

    @property
    def place(self):
        return f"{self.document}:{self.line}"


def documents():
    """The paths of all documents that this suite runs, in the order of documents.txt."""
    patterns = (HERE / "documents.txt").read_text().split()
    return [
        path.relative_to(REPOSITORY).as_posix()
        for pattern in patterns
        for path in sorted(REPOSITORY.glob(pattern))
    ]


def read(document):
    """The blocks of a document."""
    return parse(document, (REPOSITORY / document).read_text())


def parse(document, text):
    """The blocks of a text. One that is not closed is an error."""
    blocks = []
    lines = enumerate(text.split("\n"), 1)
    for number, line in lines:
        fence = line.lstrip()
        if not fence.startswith("```"):
            continue
        indent = len(line) - len(fence)
        inside = []
        for _, line in lines:
            if line.strip() == "```":
                break
            assert not line[:indent].strip(), f"{document}:{number}: indented less than its fence"
            inside.append(line[indent:] + "\n")
        else:
            raise AssertionError(f"{document}:{number}: the block does not end")
        blocks.append(Block(document, number, fence[3:].strip(), "".join(inside)))
    return blocks


def rows(file):
    """The rows of a file of this suite."""
    return yaml.safe_load((HERE / file).read_text())


def shown(blocks, rows):
    """Those of a document's blocks that rows of shown.yaml are about, each row about one."""
    found = set()
    for row in rows:
        assert set(row) == {"document", "text", "reason"} and all(row.values()), row
        about = [b for b in blocks if b.document == row["document"] and row["text"] in b.text]
        if row["document"] in {block.document for block in blocks}:
            assert len(about) == 1, f"shown.yaml: {row} is about {[b.place for b in about]}"
        found.update(about)
    return found
