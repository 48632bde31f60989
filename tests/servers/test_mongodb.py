"""A TLS server that reads the PEM files of the MongoDB server bundle, and MongoDB's own client.

Debian has no MongoDB. `openssl s_server` stands in for `mongod`: it loads the same PEM file for
`certificateKeyFile`, completes the handshake and shows what comes through, but speaks no MongoDB.
So the client never gets further than its greeting; that this greeting arrives, encrypted, after
its own verification of chain and name, is what is tested.
"""

import re
import subprocess
import time
import uuid

import desk
import foreign
import pem
import pytest
import requests
import server
import tools
from huaweicloudsdkdds.v3 import (
    CreateInstanceFlavorOption,
    CreateInstanceRequest,
    CreateInstanceRequestBody,
    Datastore,
    ListSslCertDownloadAddressRequest,
)
from pymongo import MongoClient
from pymongo.errors import ServerSelectionTimeoutError

# The client names itself in the first message of a connection.
GREETING = b"PyMongo"


@pytest.fixture
def instance_id(dds):
    body = CreateInstanceRequestBody(
        name=desk.unique("mongo"),
        datastore=Datastore(type="DDS-Community", version="4.4", storage_engine="wiredTiger"),
        region=desk.REGION, availability_zone="cn-north-4a", vpc_id=str(uuid.uuid4()),
        subnet_id=str(uuid.uuid4()), security_group_id=str(uuid.uuid4()),
        password="Chancery-2026", mode="ReplicaSet", ssl_option="1",
        flavor=[CreateInstanceFlavorOption(
            type="replica", num="1", storage="ULTRAHIGH", size="10",
            spec_code="dds.mongodb.s6.large.2.repset")],
    )
    return dds.create_instance(CreateInstanceRequest(body=body)).id


def connect(host, port, authority):
    """What the client says after it has tried to find a server for a second."""
    with MongoClient(
        host, port, tls=True, tlsCAFile=str(authority), directConnection=True,
        serverSelectionTimeoutMS=1000, connectTimeoutMS=1000, socketTimeoutMS=1000,
    ) as client:
        with pytest.raises(ServerSelectionTimeoutError) as caught:
            client.admin.command("ping")
    return str(caught.value)


def test_mongodb(dds, instance_id, write):
    bundle = desk.http(
        "GET", f"/chancery/v1/instances/{instance_id}/server-bundle?host=localhost"
    ).json()
    folder = write({file["name"]: file["content"] for file in bundle["files"]})
    (key_file,) = re.findall(r"certificateKeyFile: *(\S+)", bundle["configuration"])
    assert (folder / key_file).is_file()

    request = ListSslCertDownloadAddressRequest(instance_id=instance_id)
    (address,) = dds.list_ssl_cert_download_address(request).certs
    downloaded = folder / "downloaded.crt"
    downloaded.write_text(requests.get(address.download_link, timeout=desk.SECONDS).text)
    stranger = folder / "stranger.crt"
    stranger.write_bytes(pem.to_pem([foreign.Hierarchy("Stranger").root]))

    port = server.free_port()
    command = [tools.need("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-quiet",
               "-cert", key_file, "-key", key_file, "-cert_chain", key_file]
    log = folder / "server.log"
    with server.running(command, folder, port, stdin=subprocess.PIPE):
        assert "certificate verify failed" in connect("localhost", port, stranger)
        # The instance is at an address of its own network, so this one is not in the certificate.
        assert "certificate verify failed" in connect("127.0.0.1", port, downloaded)
        assert GREETING not in log.read_bytes()
        assert "certificate verify failed" not in connect("localhost", port, downloaded)
        deadline = time.monotonic() + 10
        while GREETING not in log.read_bytes():
            assert time.monotonic() < deadline, log.read_bytes()
            time.sleep(0.05)
