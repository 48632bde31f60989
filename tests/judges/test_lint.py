"""zlint and pkilint look at everything that the desk makes. What they find is in `expected.yaml`, with
the reason why it is right; nothing else is found, and nothing there is found no more.
"""

from pathlib import Path

import programs
import yaml

EXPECTED = Path(__file__).with_name("expected.yaml")


def kind_of(file):
    return file.rsplit(".", 1)[0]


def compare(judge, found):
    """`found` has the findings by file; a row names kinds by how they begin, or by how they end."""
    rows = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))[judge]
    met, unexpected = set(), []
    for file, findings in found.items():
        kind = kind_of(file)
        for finding, said in findings.items():
            row = rows.get(finding, {"kinds": []})
            kinds = [one for one in row["kinds"] if kind.startswith(one) or one == "all"
                     or one.startswith("*") and kind.endswith(one[1:])]
            met.update((finding, one) for one in kinds)
            if not kinds:
                unexpected.append(f"{kind}: {finding}: {said}")
    assert not unexpected, "\n".join(sorted(unexpected))
    idle = [f"{finding}: {one}" for finding, row in rows.items() for one in row["kinds"]
            if (finding, one) not in met]
    assert not idle, idle
    assert all(row["why"] for row in rows.values())


def test_zlint(everything, tmp_path):
    files = {f"{name}.cer": der for name, der in everything.certificates.items()}
    files |= {f"{name}.crl": der for name, der in everything.lists.items()}
    found = programs.zlint(programs.write(tmp_path / "all", files))
    assert found.keys() == files.keys()
    compare("zlint", found)


def test_pkilint(everything):
    found = programs.pkilint(everything.certificates, everything.lists, everything.responses)
    assert len(found) > 80
    compare("pkilint", found)
