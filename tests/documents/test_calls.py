"""What the documents of the five calls say of answers and refusals."""

import io
import json
import os
import re
import zipfile

import blocks
import desk
import pytest
import refusals
import requests

DOCUMENTS = sorted(refusals.CALLS)
TOKEN = {"X-Auth-Token": desk.token()}


def part(name, heading):
    """The text below a heading of a document."""
    text = (blocks.REPOSITORY / f"docs/calls/{name}.md").read_text()
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(text):
    """The cells of the tables in a text, without their heads."""
    tables = re.findall(r"(?<=\n)\|[-|]+\|\n((?:\|.*\n?)+)", text)
    lines = [line for table in tables for line in table.splitlines()]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def nobody():
    """The token of a user whom no policy allows anything, for the project."""
    user = refusals.chancery("user", "create", desk.unique("nobody"))
    identity = {"user": {"name": user["name"], "password": user["password"],
                         "domain": {"name": os.environ["CHANCERY_DOMAIN"]}}}
    auth = {"identity": {"methods": ["password"], "password": identity},
            "scope": {"project": {"name": desk.REGION}}}
    answer = requests.post(f"{desk.ENDPOINT}/v3/auth/tokens", json={"auth": auth}, timeout=60)
    assert answer.status_code == 201, answer.text
    yield {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    refusals.chancery("user", "delete", user["id"], "--yes")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_refusals_are_those_of_the_table(name, nobody):
    ask = refusals.CALLS[name]
    answers = [refusals.send(request(), TOKEN) for request in refusals.VALUES[name]]
    answers += [refusals.send(ask(), headers) for headers in ({}, {"X-Auth-Token": "wrong"}, nobody)]
    met = {(str(answer.status_code), answer.json()["error_code"]) for answer in answers}
    listed = {(row[0], words(row[1])[0]) for row in rows(part(name, "Refusals"))}
    assert met == {row for row in listed if row[1] not in refusals.ELSEWHERE}
    # The example is one of them, word for word.
    (example,) = re.findall(r"```json\n(.*?)```", part(name, "Refusals"), re.DOTALL)
    assert json.loads(example) in [answer.json() for answer in answers]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_fields_of_an_answer_are_those_of_the_table(name):
    answer = refusals.send(refusals.CALLS[name](), TOKEN)
    assert answer.status_code == 200, answer.text
    found, text = answer.json(), part(name, "The answer")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert json.loads(example).keys() == found.keys()
    listed = {word for row in rows(text.split("```")[0]) for word in words(row[0])}
    fields = found["certs"][0].keys() if name == "mongodb-certificate" else found.keys()
    others = {"enc_certificate", "enc_private_key", "enc_sm2_enveloped_key",
              "signed_and_enveloped_data"}
    assert listed - others == set(fields)


def test_fields_of_a_pair_and_of_a_certificate_from_a_csr():
    def fields(certificate, **more):
        request = refusals.certificate(refusals.demo(certificate), refusals.TEXTS | more)
        return refusals.send(request, TOKEN).json().keys()

    usual = {"certificate", "certificate_chain", "private_key"}
    assert fields("CSR_CERTIFICATE") == usual - {"private_key"}
    assert fields("SM2_CERTIFICATE") == usual | {"enc_certificate", "enc_private_key"}
    assert fields("SM2_CERTIFICATE", is_sm_standard="true") == usual | {
        "enc_certificate", "enc_sm2_enveloped_key", "signed_and_enveloped_data"}


@pytest.mark.parametrize("place", [1, 2], ids=["own key", "CSR"])
def test_the_files_of_archives_are_those_of_the_table(place):
    table = [row for row in rows(part("certificate-export", "The answer")) if len(row) == 3]
    assert len(table) == 5
    id = refusals.demo(["", "CERTIFICATE", "CSR_CERTIFICATE"][place])
    for row in table:
        (type,) = words(row[0])
        for more in ({}, {"password": "correct-horse.1"}):
            body = {"type": type, "is_compressed": "true"} | more
            answer = refusals.send(refusals.certificate(id, body), TOKEN)
            assert answer.headers["Content-Type"] == "application/zip"
            assert f"_{type.lower()}.zip" in answer.headers["Content-Disposition"]
            with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                names = set(archive.namelist())
            left_out = {"keystorePass.txt"} if more else set()
            assert names == set(words(row[place])) - left_out, (type, more)
