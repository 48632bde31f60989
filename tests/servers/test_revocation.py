"""nginx, curl and Python's TLS hold to what the desk has revoked: clients refuse a server by the
lists, a server refuses clients by OCSP or lists, and one staples answers of OCSP.
"""

import os
import socket
import ssl
import subprocess
import time

import desk
import pem
import pytest
import revocation
import server
import tools


class Order:
    """A certificate for this machine."""

    def __init__(self, ccm, issuer_id):
        self.id = desk.create_certificate(ccm, issuer_id, sans=desk.LOCAL_NAMES)
        answer = desk.export(ccm, self.id)
        self.key = answer.private_key
        self.leaf = pem.certificate(answer.certificate)
        self.chain = pem.certificates(answer.certificate_chain)

    def files(self, folder, name):
        """Certificate with issuer, and key."""
        (folder / f"{name}.crt").write_bytes(pem.to_pem([self.leaf, self.chain[0]]))
        (folder / f"{name}.key").write_text(self.key)


@pytest.fixture(scope="module")
def issuing_id(ccm):
    _, issuer_id = revocation.hierarchy(ccm, "served")
    return issuer_id


@pytest.fixture
def orders(ccm, issuing_id, tmp_path):
    """Two certificates; files with what clients and servers trust."""
    pair = Order(ccm, issuing_id), Order(ccm, issuing_id)
    issuer, root = pair[0].chain
    (tmp_path / "root.pem").write_bytes(pem.to_pem([root]))
    (tmp_path / "chain.pem").write_bytes(pem.to_pem([issuer, root]))
    return pair


def wait_until_listed(certificate, issuer):
    revocation.soon(lambda: revocation.entry(certificate, issuer))


def write_lists(folder, order):
    path = folder / "lists.pem"
    path.write_bytes(revocation.lists_pem(order.leaf, order.chain))
    return path


def nginx(folder, order, more=""):
    """nginx with this certificate, for a `with` block, and its port."""
    folder.mkdir(exist_ok=True)
    order.files(folder, "server")
    return server.nginx(folder, more)


def curl(folder, port, *options):
    """Status and words of curl, which trusts the root alone."""
    command = [tools.need("curl"), "-sS", "--max-time", "30", "--cacert", folder / "root.pem",
               "-w", " %{http_code}", *options, f"https://localhost:{port}/"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True,
                            timeout=server.STARTED, check=False)
    return result.returncode, result.stdout + result.stderr


def python_connects(folder, port):
    """A handshake of Python's own client, with the lists."""
    context = ssl.create_default_context(cafile=folder / "root.pem")
    context.load_verify_locations(folder / "lists.pem")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        context.wrap_socket(plain, server_hostname="localhost").close()


def test_clients_refuse_a_server_on_the_lists(ccm, orders, tmp_path):
    kept, lost = orders
    serving_kept, kept_port = nginx(tmp_path / "kept", kept)
    serving_lost, lost_port = nginx(tmp_path / "lost", lost)
    with serving_kept, serving_lost:
        with_lists = ("--crlfile", write_lists(tmp_path, kept))
        for port in (kept_port, lost_port):
            assert curl(tmp_path, port, *with_lists) == (0, "chancery 200")
            python_connects(tmp_path, port)

        revocation.revoke(ccm, lost.id, "KEY_COMPROMISE")
        wait_until_listed(lost.leaf, lost.chain[0])
        write_lists(tmp_path, kept)
        assert curl(tmp_path, kept_port, *with_lists) == (0, "chancery 200")
        python_connects(tmp_path, kept_port)
        status, said = curl(tmp_path, lost_port, *with_lists)
        assert status == 60 and "certificate revoked" in said, said
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate revoked"):
            python_connects(tmp_path, lost_port)
        # Who has no lists does not know.
        assert curl(tmp_path, lost_port)[0] == 0


def test_clients_refuse_a_server_whose_issuer_is_on_the_list(ccm, tmp_path):
    _, issuer_id = revocation.hierarchy(ccm, "fallen")
    order = Order(ccm, issuer_id)
    (tmp_path / "root.pem").write_bytes(pem.to_pem(order.chain[1:]))
    serving, port = nginx(tmp_path / "nginx", order)
    with serving:
        with_lists = ("--crlfile", write_lists(tmp_path, order))
        assert curl(tmp_path, port, *with_lists)[0] == 0
        revocation.revoke_ca(ccm, issuer_id, "CERTIFICATE_AUTHORITY_COMPROMISE")
        wait_until_listed(*order.chain)
        write_lists(tmp_path, order)
        status, said = curl(tmp_path, port, *with_lists)
        assert status == 60 and "certificate revoked" in said, said


@pytest.mark.parametrize("way", ["ssl_ocsp on", "ssl_crl ../lists.pem"])
def test_nginx_refuses_clients_that_are_revoked(ccm, orders, tmp_path, way):
    """By OCSP nginx goes where the client's certificate says, for it and for its issuer."""
    kept, lost = orders
    kept.files(tmp_path, "kept")
    lost.files(tmp_path, "lost")
    revocation.revoke(ccm, lost.id, "SUPERSEDED")
    wait_until_listed(lost.leaf, lost.chain[0])
    write_lists(tmp_path, kept)
    more = f"ssl_verify_client on; ssl_verify_depth 2; ssl_client_certificate ../chain.pem; {way};"
    serving, port = nginx(tmp_path / "nginx", kept, more)

    def visit(name):
        return curl(tmp_path, port, "--cert", tmp_path / f"{name}.crt",
                    "--key", tmp_path / f"{name}.key")

    with serving:
        assert visit("kept") == (0, "chancery 200")
        status, said = visit("lost")
        assert status == 0 and said.endswith(" 400"), said
        assert "The SSL certificate error" in said
    assert "certificate revoked" in (tmp_path / "nginx/server.log").read_text()


def test_nginx_staples_what_the_responder_says(ccm, orders, tmp_path):
    """curl wants a stapled answer and verifies it."""
    kept, lost = orders
    revocation.revoke(ccm, lost.id, "KEY_COMPROMISE")
    more = "ssl_stapling on; ssl_stapling_verify on; ssl_trusted_certificate ../chain.pem;"
    serving, port = nginx(tmp_path / "kept", kept, more)
    with serving:
        # nginx asks when the first client comes, which it does not keep waiting.
        deadline = time.monotonic() + server.STARTED
        while (answer := curl(tmp_path, port, "--cert-status")) != (0, "chancery 200"):
            assert answer[0] == 91 and time.monotonic() < deadline, answer
            time.sleep(0.1)

    serving, port = nginx(tmp_path / "lost", lost, more)
    log = tmp_path / "lost/server.log"
    with serving:
        deadline = time.monotonic() + server.STARTED
        while 'certificate status "revoked" in the OCSP response' not in log.read_text():
            # It staples no such answer, and curl takes no server without one.
            status, said = curl(tmp_path, port, "--cert-status")
            assert status == 91 and time.monotonic() < deadline, (status, said)
            time.sleep(0.1)
