"""Redis starts with the server bundle, and clients trust it by the file of the download link."""

import subprocess
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


def test_redis(dcs, instance_id, write):
    redis, client = tools.need("redis-server"), tools.need("redis-cli")
    answer = desk.http("GET", f"/chancery/v1/instances/{instance_id}/server-bundle")
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    folder = write({file["name"]: file["content"] for file in bundle["files"]})
    port = server.free_port()
    (folder / "redis.conf").write_text(bundle["configuration"] + OURS.format(port=port))

    link = dcs.download_ssl_cert(DownloadSslCertRequest(instance_id=instance_id)).link
    downloaded = requests.get(link, timeout=desk.SECONDS).text
    (folder / "downloaded.crt").write_text(downloaded)
    stranger = foreign.Hierarchy("Stranger").root
    (folder / "stranger.crt").write_bytes(pem.to_pem([stranger]))

    def ping(authority):
        return subprocess.run(
            [client, "-h", "127.0.0.1", "-p", str(port), "--tls", "--cacert", authority, "PING"],
            cwd=folder, capture_output=True, text=True, timeout=tools.SECONDS, check=False,
        )

    with server.running([redis, folder / "redis.conf"], folder, port):
        assert ping("downloaded.crt").stdout == "PONG\n"
        refused = ping("stranger.crt")
        assert "PONG" not in refused.stdout
        assert "certificate verify failed" in refused.stdout + refused.stderr

        # redis-cli looks at no name; this client wants the one that the instance is shown with.
        request = ShowInstanceSslDetailRequest(instance_id=instance_id)
        name = dcs.show_instance_ssl_detail(request).domain_name.split(":")[0]
        context = server.trusting(*pem.certificates(downloaded))
        with (
            server.socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
            context.wrap_socket(plain, server_hostname=name) as connection,
        ):
            connection.sendall(b"PING\r\n")
            assert connection.recv(16) == b"+PONG\r\n"
