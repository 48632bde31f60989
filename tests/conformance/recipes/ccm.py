"""Private CA."""

import foreign
from recipe import Recipe, simple, spaced
from world import LISTS, NAME, ORDER, YEAR, name


def subject(**fields):
    return NAME | {"common_name": name()} | fields


def told(bucket):
    """Revocation lists from the start."""
    return {"enabled": True, "crl_name": name("list"), "obs_bucket_name": bucket, "valid_days": 7}


def authority(world, **fields):
    """A subordinate that is active at once."""
    return {"body": {
        "type": "SUBORDINATE", "distinguished_name": subject(), "key_algorithm": "EC256",
        "signature_algorithm": "SHA256", "validity": YEAR, "issuer_id": world.root_id,
        "path_length": 0, "key_usages": ["keyCertSign", "cRLSign", "digitalSignature"],
        "enterprise_project_id": "0", "crl_configuration": told(LISTS),
    } | fields}


def root(world):
    body = authority(world)["body"]
    return {"body": {key: value for key, value in body.items()
                     if key not in ("issuer_id", "path_length", "key_usages")} | {"type": "ROOT"}}


def pending(world):
    return {"body": {"type": "SUBORDINATE", "distinguished_name": subject(),
                     "key_algorithm": "EC256", "crl_configuration": told(LISTS)}}


def described(world):
    """What an authority that was bought becomes."""
    body = root(world)["body"]
    return {"body": body | {"ca_id": world.bought()}}


def certificate(world):
    return {"body": {
        "issuer_id": world.issuer_id, "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "distinguished_name": subject(), "validity": YEAR, "key_usages": ["digitalSignature"],
        "subject_alternative_names": [{"type": "DNS", "value": "www.example.com"}],
        "extended_key_usage": {"server_auth": True, "client_auth": True},
        "customized_extension": {"object_identifier": "1.3.6.1.4.1.2011.1", "value": "text"},
        "enterprise_project_id": "0",
    }}


def sm2_certificate(world):
    body = certificate(world)["body"]
    return {"body": body | {"issuer_id": world.sm2_issuer_id, "key_algorithm": "SM2",
                            "signature_algorithm": "SM3"}}


def requested(world, type="ENTITY_CERT"):
    csr = foreign.request_pem(foreign.ec_key(), "requested.example.com")
    return {"body": {
        "issuer_id": world.issuer_id if type == "ENTITY_CERT" else world.root_id, "csr": csr,
        "validity": YEAR, "type": type, "path_length": 0, "enterprise_project_id": "0",
        "subject_alternative_names": [{"type": "DNS", "value": "www.example.com"}],
    }}


def activation(world):
    return {"ca_id": world.pending(), "body": {
        "issuer_id": world.root_id, "path_length": 0, "signature_algorithm": "SHA256",
        "validity": YEAR, "key_usages": ["keyCertSign", "cRLSign"],
    }}


def activation_of_bought(world):
    body = activation(world)["body"]
    return {"ca_id": world.bought(), "body": body | {
        "type": "SUBORDINATE", "distinguished_name": subject(), "key_algorithm": "EC256",
        "crl_configuration": told(f"{LISTS}-activated"),
    }}


def imported(world):
    ca_id, certificate, chain = world.certified()
    return {"ca_id": ca_id, "body": {"certificate": certificate, "certificate_chain": chain}}


def export(type="OTHER", certificate="certificate_id", **fields):
    return lambda world: {
        "certificate_id": getattr(world, certificate),
        "body": {"type": type, "is_compressed": "false", "is_sm_standard": "false",
                 "password": "Chancery-2026"} | fields,
    }


def of_ca(make):
    return lambda world: {"ca_id": make(world)}


def lists(world):
    return {"ca_id": world.issuer_id, "body": {
        "obs_bucket_name": LISTS, "valid_days": 7, "crl_name": name("list")}}


def shown(world, sent):
    """The authority that a call was about."""
    return world.do("ccm", "show_certificate_authority", {"ca_id": sent["ca_id"]})


def shown_certificate(world, sent):
    return world.do("ccm", "show_certificate", {"certificate_id": sent["certificate_id"]})


def usages(needed):
    """Each usage beside those that a certificate with it cannot be without."""
    others = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
              "keyAgreement"]
    if needed:
        others += ["cRLSign", "keyCertSign"]
    changed = {usage: [*needed, usage] for usage in others}
    for usage in ("encipherOnly", "decipherOnly"):
        changed[usage] = [*needed, "keyAgreement", usage]
    # Without cRLSign there can be no lists.
    quiet = {"body.crl_configuration.enabled": False} if needed else {}
    return {f"body.key_usages={usage}": {"body.key_usages": usages} | quiet
            for usage, usages in changed.items()}


def nothing():
    """A call that takes nothing."""
    return simple(lambda world: {})


def with_bucket(world):
    """A call that takes nothing, once the account has a bucket: that of a revocation list."""
    world.told()
    return {}


def of_kind(kind):
    """The recipes of what private CAs and private certificates have alike; `kind` is `ca` or `cert`."""
    parameter, attribute = {"ca": ("ca_id", "issuer_id"),
                            "cert": ("certificate_id", "certificate_id")}[kind]

    def called(body=None):
        def make(world):
            sent = {parameter: getattr(world, attribute)}
            return sent | ({"body": body} if body else {})
        return make

    def tagged(make):
        """A call about tags once there is one."""
        def made(world):
            world.do("ccm", f"create_{kind}_tag", called({"tag": TAG})(world))
            return make(world)
        return made

    def tags(world, sent):
        return world.do("ccm", f"list_{kind}_tags", {parameter: sent[parameter]})

    def keys(_, number):
        return [{"key": f"key{n}", "value": "v"} for n in range(number)]

    searched = tagged(lambda world: {"body": {
        "tags": [{"key": TAG["key"], "values": [TAG["value"]]}], "limit": 10, "offset": 0,
        "matches": [{"key": "resource_name", "value": ""}]}})
    makers = {
        "body.tags": lambda _, number: [{"key": f"key{n}", "values": []} for n in range(number)],
        "body.tags[].values": lambda _, number: [f"value{n}" for n in range(number)],
        "body.matches": lambda _, number: [{"key": "resource_name", "value": ""}] * number,
    }
    search = Recipe({"full": searched}, makers=makers)
    return {
        f"batch_create_{kind}_tags": simple(
            called({"tags": [TAG]}), witness=tags, makers={"body.tags": keys}),
        f"batch_delete_{kind}_tags": simple(
            called({"tags": [TAG]}), witness=tags, makers={"body.tags": keys}),
        f"create_{kind}_tag": simple(called({"tag": TAG}), witness=tags),
        f"list_{kind}_tags": simple(tagged(called())),
        f"list_domain_{kind}_tags": simple(tagged(lambda world: {})),
        f"list_{kind}_resource_instances": search,
        f"count_{kind}_resource_instances": search,
    }


TAG = {"key": "team", "value": "desk"}
LIST = {"limit": 1, "offset": 0, "sort_key": "create_time", "sort_dir": "DESC"}


def listed(world, kind, **fields):
    """A list with something in it."""
    getattr(world, kind)
    return LIST | fields


RECIPES = of_kind("ca") | of_kind("cert") | {
    "create_certificate_authority": Recipe(
        {"full": authority, "root": root, "pending": pending, "bought": described},
        light=pending,
        undo=lambda world, answer: world.made_pending(answer["ca_id"]),
        along={
            "body.type=ROOT": {"body.signature_algorithm": "SHA256", "body.validity": YEAR},
            "body.signature_algorithm=SM3": {
                "body.key_algorithm": "SM2",
                "body.issuer_id": lambda world: world.sm2_root_id,
            },
        } | usages(["keyCertSign"]),
    ),
    "create_certificate_by_csr": Recipe(
        {"full": requested, "intermediate": lambda world: requested(world, "INTERMEDIATE_CA")},
        along={"body.type=INTERMEDIATE_CA": {"body.issuer_id": lambda world: world.root_id}},
    ),
    "create_certificate": Recipe(
        {"full": certificate, "sm2": sm2_certificate},
        along={
            "body.key_algorithm=SM2": {
                "body.signature_algorithm": "SM3",
                "body.issuer_id": lambda world: world.sm2_issuer_id,
            },
            "body.signature_algorithm=SM3": {
                "body.key_algorithm": "SM2",
                "body.issuer_id": lambda world: world.sm2_issuer_id,
            },
            "body.subject_alternative_names[].type=IP": {
                "body.subject_alternative_names[].value": "192.0.2.1"},
            "body.subject_alternative_names[].type=EMAIL": {
                "body.subject_alternative_names[].value": "desk@example.com"},
            "body.subject_alternative_names[].type=URI": {
                "body.subject_alternative_names[].value": "https://www.example.com/"},
        } | usages([]),
        makers={"body.subject_alternative_names": lambda _, number: [
            {"type": "DNS", "value": f"www{n}.example.com"} for n in range(number)]},
    ),
    "delete_certificate_authority": Recipe(
        {"full": lambda world: {"ca_id": world.disabled(), "pending_days": "7"},
         "pending": lambda world: {"ca_id": world.pending(), "pending_days": "7"}},
        witness=shown,
    ),
    "delete_certificate": simple(lambda world: {"certificate_id": world.certificate()}),
    "disable_certificate_authority_crl": simple(of_ca(lambda world: world.told())),
    "enable_certificate_authority_crl": simple(lists, witness=shown),
    "update_ocsp_switch": simple(
        lambda world: {"ca_id": world.subordinate(), "body": {"ocsp_switch": True}},
        witness=shown),
    "revoke_certificate_authority": simple(
        lambda world: {"ca_id": world.subordinate(), "body": {"reason": "SUPERSEDED"}},
        witness=shown),
    "disable_certificate_authority": simple(of_ca(lambda world: world.subordinate())),
    "enable_certificate_authority": simple(of_ca(lambda world: world.disabled())),
    "restore_certificate_authority": simple(of_ca(lambda world: world.deleted())),
    "export_certificate_authority_certificate": Recipe(
        {"subordinate": of_ca(lambda world: world.issuer_id),
         "root": of_ca(lambda world: world.root_id)},
    ),
    "export_certificate_authority_csr": simple(of_ca(lambda world: world.pending())),
    "export_certificate": Recipe(
        {"full": export(), "nginx": export("NGINX"),
         "archive": export("TOMCAT", is_compressed="true"),
         "sm2": export(certificate="sm2_certificate_id", password=""),
         "sm2-standard": export(certificate="sm2_certificate_id", is_sm_standard="true",
                                password="")},
        along={"body.type=IIS": {"body.is_compressed": "true"},
               "body.type=TOMCAT": {"body.is_compressed": "true"},
               "body.is_sm_standard=true": {
                   "certificate_id": lambda world: world.sm2_certificate_id,
                   "body.password": ""}},
    ),
    "import_certificate_authority_certificate": simple(
        imported, witness=shown,
        makers={"body.certificate": spaced, "body.certificate_chain": spaced}),
    "create_certificate_authority_order": simple(
        lambda world: {"body": ORDER},
        undo=lambda world, answer: [world.made_pending(ca_id) for ca_id in answer["ca_ids"]],
    ),
    "issue_certificate_authority_certificate": Recipe(
        {"bought": activation_of_bought, "waiting": activation},
        witness=shown, along={
            "body.key_algorithm=SM2": {
                "body.signature_algorithm": "SM3",
                "body.issuer_id": lambda world: world.sm2_root_id},
            "body.signature_algorithm=SM3": {
                "body.key_algorithm": "SM2",
                "body.issuer_id": lambda world: world.sm2_root_id},
        } | usages(["keyCertSign"]),
    ),
    "create_agency": nothing(),
    "create_certificate_authority_obs_agency": nothing(),
    "list_certificate_authority_obs_bucket": simple(with_bucket),
    "show_agency": nothing(),
    "show_certificate_authority_obs_agency": nothing(),
    "show_certificate_authority_quota": nothing(),
    "show_certificate_quota": nothing(),
    "show_console_config": nothing(),
    "list_certificate_authority": simple(
        lambda world: listed(world, "issuer_id", type="SUBORDINATE", status="ACTIVED", name="")),
    "list_certificate": simple(
        lambda world: listed(world, "certificate_id", status="ISSUED", name="")),
    "parse_certificate_signing_request": simple(
        lambda world: {"body": {"csr": requested(world)["body"]["csr"]}}),
    "revoke_certificate": simple(
        lambda world: {"certificate_id": world.certificate(), "body": {"reason": "SUPERSEDED"}},
        witness=shown_certificate,
    ),
    "show_certificate_authority": Recipe(
        {"subordinate": of_ca(lambda world: world.issuer_id),
         "root": of_ca(lambda world: world.root_id),
         "pending": of_ca(lambda world: world.pending()),
         "bought": of_ca(lambda world: world.bought()),
         "deleted": of_ca(lambda world: world.deleted()),
         "told": of_ca(lambda world: world.told()),
         "revoked": of_ca(lambda world: world.revoked_authority())},
    ),
    "show_certificate": Recipe(
        {"issued": lambda world: {"certificate_id": world.certificate_id},
         "sm2": lambda world: {"certificate_id": world.sm2_certificate_id},
         "revoked": lambda world: {"certificate_id": world.revoked()}},
    ),
}
