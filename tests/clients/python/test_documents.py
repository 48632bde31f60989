"""The program in README.md, as it stands there."""

import contextlib
import io
import pathlib
import re

import desk

README = pathlib.Path(__file__).parents[3] / "README.md"


def test_the_program_of_the_readme_runs(ccm, issuer_id):
    certificate_id = desk.create_certificate(ccm, issuer_id)
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert program.count('"…"') == 1, "the place of the id"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program.replace('"…"', f'"{certificate_id}"'), "README.md", "exec"), {})
    assert "BEGIN CERTIFICATE" in printed.getvalue()
