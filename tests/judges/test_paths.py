"""What of a pool of certificates the store takes as the chain of a server's: Go says which certificates are
on a path, and OpenSSL and Go verify what is stored.
"""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor

import desk
import made
import many
import paths
import programs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SEED = int(os.environ.get("CHANCERY_TEST_SEED", "2026"))
COUNT = int(os.environ.get("CHANCERY_TEST_PATHS", "1000"))


def pem_of(certificates):
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def store(case):
    """The stored chain, as DER, or the sentence of the refusal."""
    key = case.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    body = {"name": desk.unique("paths"), "certificate": pem_of([case.leaf]), "private_key": key}
    if case.pool:
        body["certificate_chain"] = pem_of(case.pool)
    said = many.post("/v3/scm/certificates/import", body)
    assert said.status_code in (200, 400), said.text
    if said.status_code == 400:
        assert said.json()["error_code"] == "SCM.0026" or "chain" in said.json()["error_msg"], said.text
        return None, said.json()["error_msg"]
    stored = said.json()["certificate_id"]
    exported = many.post(f"/v3/scm/certificates/{stored}/export", {})
    assert exported.status_code == 200, exported.text
    assert many.delete(f"/v3/scm/certificates/{stored}").status_code == 204
    return made.ders(exported.json()["certificate_chain"] or ""), None


@pytest.fixture(scope="module")
def cases():
    return list(paths.cases(SEED, COUNT))


@pytest.fixture(scope="module")
def stored(cases):
    with ThreadPoolExecutor(many.THREADS) as pool:
        return list(pool.map(store, cases))


def encoded(certificates):
    return [base64.b64encode(one).decode() for one in certificates]


def on_paths(cases, tmp_path):
    """By Go: of each pool, whether all of it is on paths from the leaf."""
    asked = [{"leaf": encoded([paths.der(case.leaf)])[0], "pool": encoded(map(paths.der, case.pool))}
             for case in cases]
    file = tmp_path / "pools.json"
    file.write_text(json.dumps(asked), encoding="ascii")
    return json.loads(programs.run(os.environ["CHANCERY_TEST_JUDGE"], "paths", file))


def test_go_agrees_which_pools_are_chains(cases, stored, tmp_path):
    expected = on_paths(cases, tmp_path)
    assert len(expected) == COUNT
    wrong = [f"{case.label}: Go {whole}, desk {refusal or 'stored'}"
             for case, whole, (_, refusal) in zip(cases, expected, stored) if whole != (refusal is None)]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:20])
    # Both happen often enough to say something.
    assert COUNT / 5 < sum(expected) < COUNT * 4 / 5


def test_what_is_stored_verifies(cases, stored, tmp_path):
    """With the end of the stored chain as what is trusted, whether it is a root or not."""
    found = [(case, chain) for case, (chain, refusal) in zip(cases, stored) if refusal is None and chain]
    assert len(found) > COUNT / 8
    tops = {f"{n}.cer": chain[-1] for n, (_, chain) in enumerate(found)}
    between = {f"{n}-{m}.cer": one for n, (_, chain) in enumerate(found) for m, one in enumerate(chain[:-1])}
    leaves = {f"{n}.cer": paths.der(case.leaf) for n, (case, _) in enumerate(found)}
    folders = [programs.write(tmp_path / kind, files) for kind, files in
               (("judged", leaves), ("roots", tops), ("between", between))]
    for judge in (programs.go, lambda *folders: programs.openssl(*folders, "-partial_chain")):
        wrong = {file: error for file, error in judge(*folders).items() if error}
        assert not wrong, wrong
