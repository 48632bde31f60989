"""A certificate for this machine, as its owner would order it, with what clients must trust."""

from dataclasses import dataclass, field

import desk
import foreign
import pem
import pytest
import server


@dataclass
class Host:
    """A certificate for `localhost` and 127.0.0.1."""

    certificate_id: str
    leaf: object
    chain: list
    stranger: object = field(default_factory=lambda: foreign.Hierarchy("Stranger").root)

    def check(self, port):
        """A client that trusts the root gets in and meets the exported certificate; one that
        trusts another root, or wants another name, does not.
        """
        for name in ("localhost", "127.0.0.1"):
            status, seen = server.https_get(port, server.trusting(self.chain[-1]), name)
            assert 100 <= status < 500
            assert seen == self.leaf
        with pytest.raises(server.ssl.SSLCertVerificationError):
            server.https_get(port, server.trusting(self.stranger))
        with server.socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            with pytest.raises(server.ssl.SSLCertVerificationError):
                server.trusting(self.chain[-1]).wrap_socket(plain, server_hostname="elsewhere.example")


@pytest.fixture(scope="session", params=["RSA2048", "RSA4096", "EC256", "EC384"])
def host(request, ccm, issuer_id):
    certificate_id = desk.create_certificate(
        ccm, issuer_id, common_name="localhost", sans=desk.LOCAL_NAMES,
        key_algorithm=request.param,
    )
    answer = desk.export(ccm, certificate_id)
    return Host(
        certificate_id,
        pem.certificate(answer.certificate),
        pem.certificates(answer.certificate_chain),
    )


@pytest.fixture
def write(tmp_path):
    """Writes exported files as they are into the test's folder."""

    def write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            path.chmod(0o600)
        return tmp_path

    return write


@pytest.fixture(params=[None, "Aa0,.+-_#"], ids=["no password", "password"])
def password(request):
    return request.param
