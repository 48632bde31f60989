"""Every block of the documents does what it says."""

import blocks
import pytest
import reader


@pytest.mark.parametrize("document", blocks.documents())
def test_document(document, tmp_path):
    found = blocks.read(document)
    assert found, f"{document} has no blocks: it is none of documents.txt"
    reader.follow(found, blocks.shown_rows(), tmp_path)


def test_every_row_is_of_a_document():
    for row in blocks.shown_rows():
        assert row["document"] in blocks.documents(), row
