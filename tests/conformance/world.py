"""What recipes are made of: clients, and resources that are made when one is first asked for."""

import functools
import uuid

import calls
import desk
import foreign
import migration
import pem
import sdk
from cryptography import x509
from cryptography.hazmat.primitives import hashes

EC = {"key_algorithm": "EC256", "signature_algorithm": "SHA256"}
SM2 = {"key_algorithm": "SM2", "signature_algorithm": "SM3"}

# A bucket: its name is unique on the desk.
LISTS = "conformance-lists"
NAME = {"country": "CN", "state": "Shanghai", "locality": "Pudong", "organization": "Chancery Tests",
        "organizational_unit": "Desk"}
YEAR = {"type": "YEAR", "value": 1}
# An order of one private CA.
ORDER = {
    "cloud_service_type": "hws.service.type.ccm", "charging_mode": 0, "period_type": 3,
    "period_num": 1, "is_auto_renew": 0, "promotion_info": "none", "subscription_num": 1,
    "is_auto_pay": 1, "enterprise_project_id": "0",
    "product_infos": [{
        "cloud_service_type": "hws.service.type.ccm",
        "resource_type": "hws.resource.type.pca.duration",
        "resource_spec_code": "ca.duration",
    }],
}


def name(prefix="conformance"):
    return desk.unique(prefix)


def network_id():
    return str(uuid.uuid4())


class World:
    """One for all tests of a run. Properties are made once, methods make something new."""

    def __init__(self):
        self.waiting = []
        self.made = []
        self.project_id = None

    @functools.cache
    def client(self, service):
        return calls.CLIENTS[service]()

    def call(self, operation, sent):
        return calls.call(self.client(operation.service), operation, sent)

    def do(self, service, operation, sent):
        """A call that has to be accepted; what it answers, as JSON."""
        answer = self.call(sdk.operations(service)[operation], sent)
        assert answer.accepted, f"{service}.{operation}: {answer}"
        return answer.document

    # What a service has, in numbers: the same after a refusal as before.

    def totals(self, service):
        return [reader(self) for reader in TOTALS[service]]

    # Private CA.

    @functools.cached_property
    def root_id(self):
        return desk.create_ca(self.client("ccm"), name=name("root"), **EC)

    @functools.cached_property
    def sm2_root_id(self):
        return desk.create_ca(self.client("ccm"), name=name("root"), **SM2)

    @functools.cached_property
    def issuer_id(self):
        return self.subordinate()

    @functools.cached_property
    def sm2_issuer_id(self):
        return desk.create_subordinate(self.client("ccm"), self.sm2_root_id, **SM2)

    def subordinate(self):
        return desk.create_subordinate(self.client("ccm"), self.root_id, name=name("issuer"), **EC)

    def pending(self):
        ca_id = desk.create_pending(self.client("ccm"), key_algorithm="EC256")
        return self.made_pending(ca_id)

    def sm2_pending(self):
        return self.made_pending(desk.create_pending(self.client("ccm"), key_algorithm="SM2"))

    def bought(self):
        return self.ordered()[1]

    def ordered(self):
        """The number of an order, and the authority that was bought with it."""
        answer = self.do("ccm", "create_certificate_authority_order", {"body": ORDER})
        return answer["order_id"], self.made_pending(answer["ca_ids"][0])

    def made_pending(self, ca_id):
        """Remembers an authority that may still wait for its certificate."""
        self.waiting.append(ca_id)
        return ca_id

    def kept(self, delete, parameter, id):
        """Remembers what this operation of IAM deletes."""
        self.made.append((delete, {parameter: id}))
        return id

    def tidy(self):
        """Deletes what still waits, at once: an account has room for a hundred authorities, and
        keeps active ones for a week after they were deleted. So it is with users and groups."""
        delete = sdk.operations("ccm")["delete_certificate_authority"]
        while self.waiting:
            self.call(delete, {"ca_id": self.waiting.pop(), "pending_days": "7"})
        while self.made:
            delete, sent = self.made.pop()
            self.call(sdk.operations("iam")[delete], sent)

    def disabled(self):
        ca_id = self.subordinate()
        self.do("ccm", "disable_certificate_authority", {"ca_id": ca_id})
        return ca_id

    def deleted(self):
        ca_id = self.disabled()
        sent = {"ca_id": ca_id, "pending_days": "7"}
        self.do("ccm", "delete_certificate_authority", sent)
        return ca_id

    def certified(self):
        """A waiting authority, and the certificate and chain that an authority elsewhere gave it."""
        ca_id = self.pending()
        answer = self.do("ccm", "export_certificate_authority_csr", {"ca_id": ca_id})
        request = x509.load_pem_x509_csr(answer["csr"].encode())
        outside = self.hierarchy
        certificate = foreign.certify(
            request.subject, request.public_key(), outside.root.subject, outside.root_key,
            authority=True, path_length=0, days=300, hash=hashes.SHA256(),
        )
        return ca_id, pem.to_pem([certificate]).decode(), pem.to_pem([outside.root]).decode()

    def certificate(self, issuer_id=None, **fields):
        return desk.create_certificate(
            self.client("ccm"), issuer_id or self.issuer_id, sans=desk.LOCAL_NAMES, **fields
        )

    @functools.cached_property
    def certificate_id(self):
        return self.certificate()

    @functools.cached_property
    def sm2_certificate_id(self):
        return self.certificate(self.sm2_issuer_id, **SM2)

    def told(self):
        """An authority with a revocation list, which has made the bucket."""
        ca_id = self.subordinate()
        body = {"obs_bucket_name": LISTS, "valid_days": 7, "crl_name": name("list")}
        self.do("ccm", "enable_certificate_authority_crl", {"ca_id": ca_id, "body": body})
        return ca_id

    def revoked_authority(self):
        ca_id = self.subordinate()
        self.do("ccm", "revoke_certificate_authority", {"ca_id": ca_id, "body": {}})
        return ca_id

    def revoked(self):
        certificate_id = self.certificate()
        self.do("ccm", "revoke_certificate", {"certificate_id": certificate_id, "body": {}})
        return certificate_id

    # Certificate store.

    @functools.cached_property
    def hierarchy(self):
        return foreign.Hierarchy(name("outside"))

    def material(self):
        """The fields of an import."""
        key = foreign.ec_key()
        leaf = self.hierarchy.leaf("store.example.com", key,
                                   hosts=("store.example.com", "www.store.example.com"))
        return {
            "name": name("store"),
            "certificate": pem.to_pem([leaf]).decode(),
            "certificate_chain": pem.to_pem(self.hierarchy.chain()).decode(),
            "private_key": foreign.key_pem(key),
        }

    def pair(self):
        """The same of an SM2 pair."""
        sent = {"certificate_id": self.certificate(self.sm2_issuer_id, **SM2),
                "body": {"type": "OTHER", "is_compressed": "false", "is_sm_standard": "false"}}
        exported = self.do("ccm", "export_certificate", sent)
        names = ("certificate", "certificate_chain", "private_key", "enc_certificate",
                 "enc_private_key")
        return {"name": name("pair")} | {field: exported[field] for field in names}

    def stored(self):
        return self.do("scm", "import_certificate", {"body": self.material()})["certificate_id"]

    @functools.cached_property
    def stored_id(self):
        return self.stored()

    @functools.cached_property
    def stored_pair_id(self):
        return self.do("scm", "import_certificate", {"body": self.pair()})["certificate_id"]

    # Instances.

    def redis(self, **fields):
        answer = self.do("dcs", "create_instance", {"body": redis() | fields})
        return answer["instances"][0]["instance_id"]

    @functools.cached_property
    def redis_id(self):
        return self.redis()

    @functools.cached_property
    def redis_job_id(self):
        sent = {"instance_id": self.redis(), "body": {"enabled": True}}
        return self.do("dcs", "update_ssl_switch", sent)["job_id"]

    def mongodb(self, **fields):
        return self.do("dds", "create_instance", {"body": mongodb() | fields})["id"]

    @functools.cached_property
    def mongodb_id(self):
        return self.mongodb()

    # Migration.

    def source(self):
        return migration.register(self.client("sms"))

    @functools.cached_property
    def source_id(self):
        return self.source()

    def task(self):
        return migration.create_task(self.client("sms"), self.source_id)

    def started(self):
        task_id = self.task()
        sent = {"task_id": task_id, "body": {"operation": "start"}}
        self.do("sms", "update_task_status", sent)
        return task_id

    @functools.cached_property
    def task_id(self):
        return self.task()

    # Enterprise projects.

    def enterprise_project(self):
        """A new one, for calls that change it."""
        return desk.create_enterprise_project(self.client("eps"), name=name(), type="poc").id

    @functools.cached_property
    def enterprise_project_id(self):
        return self.enterprise_project()

    # Identity.

    @functools.cached_property
    def user_id(self):
        return self.do("iam", "list_permanent_access_keys", {})["credentials"][0]["user_id"]

    def access_key(self):
        """A new key of the administrator's, who may have two: the earlier one is deleted."""
        for key in self.do("iam", "list_permanent_access_keys", {})["credentials"]:
            if key["access"] != desk.AK:
                self.do("iam", "delete_permanent_access_key", {"access_key": key["access"]})
        return self.new_key()

    def new_key(self):
        sent = {"body": {"credential": {"user_id": self.user_id, "description": "conformance"}}}
        return self.do("iam", "create_permanent_access_key", sent)["credential"]["access"]

    def room_for_a_key(self):
        """Deletes the second key, so that one can be made."""
        made = self.access_key()
        self.do("iam", "delete_permanent_access_key", {"access_key": made})


def redis():
    """The body of an instance's creation, with everything that must be in it."""
    return {
        "name": name("redis"), "engine": "Redis", "engine_version": "6.0", "capacity": 1,
        "spec_code": "redis.ha.xu1.large.r2.1", "az_codes": [f"{desk.REGION}a"],
        "vpc_id": network_id(), "subnet_id": network_id(), "no_password_access": True,
    }


def mongodb():
    return {
        "name": name("mongo"),
        "datastore": {"type": "DDS-Community", "version": "4.4", "storage_engine": "wiredTiger"},
        "region": desk.REGION, "availability_zone": f"{desk.REGION}a", "vpc_id": network_id(),
        "subnet_id": network_id(), "security_group_id": network_id(), "password": "Chancery-2026",
        "mode": "ReplicaSet",
        "flavor": [{"type": "replica", "num": "3", "storage": "ULTRAHIGH", "size": "10",
                    "spec_code": "dds.mongodb.s6.large.2.repset"}],
    }


def total(service, operation, field, sent):
    return lambda world: world.do(service, operation, sent)[field]


def number(operation, field):
    return lambda world: len(world.do("iam", operation, {})[field])


TOTALS = {
    "ccm": [total("ccm", "list_certificate_authority", "total", {"limit": 1}),
            total("ccm", "list_certificate", "total", {"limit": 1})],
    "scm": [total("scm", "list_certificates", "total_count", {"limit": 10})],
    "dcs": [total("dcs", "list_instances", "instance_num", {"limit": 1})],
    "dds": [total("dds", "list_instances", "total_count", {"limit": 1})],
    "sms": [total("sms", "list_servers", "count", {"limit": 1}),
            total("sms", "list_tasks", "count", {"limit": 1})],
    "eps": [total("eps", "list_enterprise_project", "total_count", {"limit": 1})],
    "bss": [total("bss", "list_pay_per_use_customer_resources", "total_count", {"body": {}})],
    "iam": [number("list_permanent_access_keys", "credentials"),
            number("keystone_list_users", "users"), number("keystone_list_groups", "groups"),
            number("list_custom_policies", "roles"), number("keystone_list_projects", "projects")],
}
