"""Redis starts with the server bundle, and clients trust it by the file of the download link."""

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
from huaweicloudsdkdcs.v2 import (
    CreateInstanceBody,
    CreateInstanceRequest,
    DownloadSslCertRequest,
    ShowInstanceSslDetailRequest,
)

OURS = """
bind 127.0.0.1
port 0
tls-port {port}
save ""
"""


@pytest.fixture
def instance_id(dcs):
    body = CreateInstanceBody(
        name=desk.unique("redis"), engine="Redis", engine_version="6.0", capacity=1,
        spec_code="redis.ha.xu1.large.r2.1", az_codes=["cn-north-4a"],
        vpc_id=str(uuid.uuid4()), subnet_id=str(uuid.uuid4()), no_password_access=True,
        enable_ssl=True,
    )
    answer = dcs.create_instance(CreateInstanceRequest(body=body))
    return answer.instances[0].instance_id


# A node that takes nobody without a certificate, and speaks TLS to its master.
NODE = """
tls-auth-clients yes
tls-replication yes
"""


def start(write, instance_id, port, query="", more=""):
    """A Redis server, to be entered, with the instance's bundle."""
    redis = tools.need("redis-server")
    answer = desk.http("GET", f"/chancery/v1/instances/{instance_id}/server-bundle{query}")
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    folder = write({file["name"]: file["content"] for file in bundle["files"]})
    (folder / "redis.conf").write_text(bundle["configuration"] + OURS.format(port=port) + more)
    return server.running([redis, folder / "redis.conf"], folder, port)


def files(write, instance_id):
    """The folder with an instance's bundle, and its configuration as pairs."""
    bundle = desk.http("GET", f"/chancery/v1/instances/{instance_id}/server-bundle").json()
    folder = write({file["name"]: file["content"] for file in bundle["files"]})
    lines = (line.split(maxsplit=1) for line in bundle["configuration"].splitlines())
    return folder, {words[0]: words[1] for words in lines if len(words) == 2}


def download(dcs, instance_id):
    link = dcs.download_ssl_cert(DownloadSslCertRequest(instance_id=instance_id)).link
    return requests.get(link, timeout=desk.SECONDS).text


def ping_as(name, port, authority):
    """A client that wants the server to have this name; redis-cli looks at no name."""
    context = server.trusting(*pem.certificates(authority))
    with (
        server.socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        connection.sendall(b"PING\r\n")
        return connection.recv(16)


def test_redis(dcs, instance_id, write, tmp_path):
    client = tools.need("redis-cli")
    port = server.free_port()
    downloaded = download(dcs, instance_id)
    (tmp_path / "downloaded.crt").write_text(downloaded)
    (tmp_path / "stranger.crt").write_bytes(pem.to_pem([foreign.Hierarchy("Stranger").root]))

    def ping(authority):
        return subprocess.run(
            [client, "-h", "127.0.0.1", "-p", str(port), "--tls", "--cacert", authority, "PING"],
            cwd=tmp_path, capture_output=True, text=True, timeout=tools.SECONDS, check=False,
        )

    with start(write, instance_id, port):
        assert ping("downloaded.crt").stdout == "PONG\n"
        refused = ping("stranger.crt")
        assert "PONG" not in refused.stdout
        assert "certificate verify failed" in refused.stdout + refused.stderr

        request = ShowInstanceSslDetailRequest(instance_id=instance_id)
        name = dcs.show_instance_ssl_detail(request).domain_name.split(":")[0]
        assert ping_as(name, port, downloaded) == b"+PONG\r\n"
        with pytest.raises(server.ssl.SSLCertVerificationError, match="Hostname mismatch"):
            ping_as("localhost", port, downloaded)


def test_redis_on_hosts_that_the_operator_names(dcs, instance_id, write):
    port = server.free_port()
    downloaded = download(dcs, instance_id)
    with start(write, instance_id, port, "?host=localhost&host=127.0.0.1"):
        for name in ("localhost", "127.0.0.1"):
            assert ping_as(name, port, downloaded) == b"+PONG\r\n"


def test_nodes_are_each_others_clients(instance_id, write):
    client = tools.need("redis-cli")
    master, replica = server.free_port(), server.free_port()
    folder, configuration = files(write, instance_id)

    def ask(port, *words):
        certificate = ["--cert", configuration["tls-cert-file"], "--key", configuration["tls-key-file"]]
        ran = subprocess.run(
            [client, "-p", str(port), "--tls", "--cacert", configuration["tls-ca-cert-file"],
             *certificate, *words],
            cwd=folder, capture_output=True, text=True, timeout=tools.SECONDS, check=False,
        )
        return ran.stdout + ran.stderr

    below = f"{NODE}replicaof 127.0.0.1 {master}\n"
    with (
        start(write, instance_id, master, more=NODE),
        start(write, instance_id, replica, more=below),
    ):
        assert ask(master, "SET", "key", "value") == "OK\n"
        deadline = time.monotonic() + tools.SECONDS
        while ask(replica, "GET", "key") != "value\n":
            assert time.monotonic() < deadline, ask(replica, "INFO", "replication")
            time.sleep(0.1)
        assert "master_link_status:up" in ask(replica, "INFO", "replication")
