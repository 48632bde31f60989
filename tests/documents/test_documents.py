"""Every block of the documents does what it says."""

import blocks
import pytest
import reader


@pytest.mark.parametrize("document", blocks.documents())
def test_document(document, tmp_path):
    found = blocks.read(document)
    assert found, f"{document} has no blocks: it is none of documents.txt"
    reader.follow(found, blocks.rows("shown.yaml"), tmp_path)


def test_every_row_is_of_a_document():
    for row in blocks.rows("shown.yaml"):
        assert row["document"] in blocks.documents(), row


@pytest.mark.parametrize("row", blocks.rows("not_here.yaml"), ids=lambda row: row["document"])
def test_servers_that_are_not_here(row):
    """The document says that they do not run here, and nobody types anything into them."""
    text = (blocks.REPOSITORY / row["document"]).read_text()
    assert row["says"] in " ".join(text.split())
    assert {block.kind for block in blocks.read(row["document"])} <= {"sh", "yaml"}
