"""The certificate store."""

import desk
import foreign
import pem
from huaweicloudsdkscm.v3 import DeleteCertificateRequest, ShowCertificateRequest

SERVER, PLAIN = (f"huaweicloud_ccm_certificate_import.{name}" for name in ("server", "plain"))
SOURCE = "data.huaweicloud_ccm_certificate"


def show(scm, certificate_id):
    return scm.show_certificate(ShowCertificateRequest(certificate_id=certificate_id))


def variables(eps, hierarchy):
    key = foreign.rsa_key()
    leaf = hierarchy.leaf("store.example.com", key, hosts=("store.example.com", "*.example.com"))
    return {
        "name": desk.unique("tf"),
        "enterprise_project": desk.create_enterprise_project(eps).id,
        "certificate": pem.to_pem([leaf]).decode(),
        "chain": pem.to_pem(hierarchy.chain()).decode(),
        "private_key": foreign.key_pem(key),
    }


def test_what_is_imported_is_kept(scm, eps, workspace):
    values = variables(eps, foreign.Hierarchy("Terraform"))
    store = workspace("store")
    state = store.apply(**values)
    assert store.plan() == {}

    shown = show(scm, state[SERVER]["id"])
    assert (shown.name, shown.status) == (values["name"], "UPLOAD")
    assert shown.enterprise_project_id == values["enterprise_project"]
    assert (state[SERVER]["domain"], state[SERVER]["status"]) == ("store.example.com", "UPLOAD")
    assert (state[SERVER]["not_before"], state[SERVER]["not_after"]) == (
        shown.not_before, shown.not_after)

    listed = {one["id"] for one in state[f"{SOURCE}s.all"]["certificates"]}
    assert {state[SERVER]["id"], state[PLAIN]["id"]} <= listed
    (found,) = state[f"{SOURCE}s.found"]["certificates"]
    assert (found["id"], found["name"]) == (shown.id, values["name"])
    exported = state[f"{SOURCE}_export.server"]
    assert pem.certificates(exported["certificate"]) == pem.certificates(values["certificate"])
    assert pem.certificates(exported["certificate_chain"]) == pem.certificates(values["chain"])
    assert pem.certificates(exported["entire_certificate"]) == pem.certificates(
        values["certificate"] + values["chain"])
    assert pem.belongs(
        pem.private_key(exported["private_key"]), pem.certificate(values["certificate"]))

    check_anew(scm, store, values, state)
    ids = [values["id"] for address, values in store.state().items() if address in (SERVER, PLAIN)]
    store.destroy()
    for one in ids:
        with desk.refused(404, "SCM."):
            show(scm, one)


def check_anew(scm, store, values, state):
    """Another name makes another certificate; one that went behind its back is imported again."""
    values["name"] = desk.unique("tf")
    renamed = store.apply(**values)
    assert store.plan() == {}
    assert show(scm, renamed[SERVER]["id"]).name == values["name"]
    with desk.refused(404, "SCM."):
        show(scm, state[SERVER]["id"])
    scm.delete_certificate(DeleteCertificateRequest(certificate_id=renamed[PLAIN]["id"]))
    assert store.plan() == {PLAIN: ["create"]}
    store.apply(**values)
    assert store.plan() == {}
