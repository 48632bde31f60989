"""zlint and pkilint look at everything that the desk makes. What they find is in `expected.yaml`, with
the reason why it is right; nothing else is found, and nothing there is found no more.
"""

from fnmatch import fnmatchcase
from pathlib import Path

import programs
import yaml

EXPECTED = Path(__file__).with_name("expected.yaml")


def compare(judge, found):
    """`found` has the findings by kind."""
    rows = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))[judge]
    met, unexpected = set(), []
    for kind, findings in found.items():
        for finding, said in findings.items():
            patterns = rows.get(finding, {"kinds": []})["kinds"]
            matching = {(finding, one) for one in patterns if fnmatchcase(kind, one)}
            met |= matching
            if not matching:
                unexpected.append(f"{kind}: {finding}: {said}")
    assert not unexpected, "\n" + "\n".join(sorted(unexpected))
    idle = [(finding, one) for finding, row in rows.items() for one in row["kinds"]
            if (finding, one) not in met]
    assert not idle, idle
    assert all(row["why"] for row in rows.values())


def test_zlint(everything, tmp_path):
    files = {f"{name}.cer": der for name, der in everything.certificates.items()}
    files |= {f"{name}.crl": der for name, der in everything.lists.items()}
    found = programs.zlint(programs.write(tmp_path / "all", files))
    assert found.keys() == files.keys()
    compare("zlint", {file.rsplit(".", 1)[0]: findings for file, findings in found.items()})


def test_pkilint(everything):
    found = programs.pkilint(everything.certificates, everything.lists, everything.responses)
    assert len(found) > 80
    compare("pkilint", found)
