"""Source and target of a migration authenticate each other with the material of their task."""

import socket
import ssl
import threading
from dataclasses import dataclass

import migration
import pytest

SECONDS = 20
ADDRESS = "127.0.0.1"


@dataclass
class Task:
    """A migration from this machine to this machine, and its material."""

    id: str
    ca: str
    pairs: dict

    def names(self, role):
        """What a client may know the server of this role by."""
        return [f"{role.replace('_', '-')}.{self.id}.sms.internal", ADDRESS]


def make_task(sms):
    source_id = migration.register(sms, ip=ADDRESS)
    task_id = migration.create_task(sms, source_id, migration_ip=ADDRESS)
    answer = migration.certkey(sms, task_id)
    return Task(task_id, answer.ca, {
        "source": (answer.cert, answer.private_key),
        "target_mgmt": (answer.target_mgmt_cert, answer.target_mgmt_private_key),
        "target_data": (answer.target_data_cert, answer.target_data_private_key),
    })


@pytest.fixture(scope="module")
def task(sms):
    return make_task(sms)


@pytest.fixture(scope="module")
def another_task(sms):
    return make_task(sms)


def server_side(folder, authority, pair):
    return load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), folder, authority, pair)


def client_side(folder, authority, pair=None):
    """It verifies the server's name: so it is unless one turns it off."""
    return load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), folder, authority, pair)


def load(context, folder, authority, pair):
    """The context trusts `authority` alone, wants a certificate and shows that of `pair`."""
    context.load_verify_locations(cadata=authority)
    context.verify_mode = ssl.CERT_REQUIRED
    if pair:
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_text(pair[0])
        key.write_text(pair[1])
        context.load_cert_chain(certificate, key)
    return context


def talk(server_context, client_context, name):
    """One exchange over a connection to the server of this name; answers what each got from the other.

    A side that refused has the error in place of the text. The client reads before it judges:
    in TLS 1.3 it learns only then that its certificate was refused.
    """
    got = {}

    def serve(listener):
        try:
            plain, _ = listener.accept()
            plain.settimeout(SECONDS)
            with server_context.wrap_socket(plain, server_side=True) as connection:
                got["server"] = connection.recv(16)
                connection.sendall(b"from server")
        except (ssl.SSLError, ConnectionError) as error:
            got["server"] = error

    with socket.create_server((ADDRESS, 0)) as listener:
        listener.settimeout(SECONDS)
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=SECONDS) as plain,
                client_context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                connection.sendall(b"from client")
                got["client"] = connection.recv(16)
        except (ssl.SSLError, ConnectionError) as error:
            got["client"] = error
        thread.join(SECONDS)
        assert not thread.is_alive()
    return got["server"], got["client"]


LINKS = [
    ("target_mgmt", "source"),
    ("target_data", "source"),
    ("source", "target_mgmt"),
    ("source", "target_data"),
]


@pytest.fixture
def folders(tmp_path):
    for name in ("server", "client"):
        (tmp_path / name).mkdir()
    return tmp_path / "server", tmp_path / "client"


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_they_authenticate_each_other(task, folders, server, client):
    for name in task.names(server):
        got = talk(
            server_side(folders[0], task.ca, task.pairs[server]),
            client_side(folders[1], task.ca, task.pairs[client]),
            name,
        )
        assert got == (b"from client", b"from server")


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_client_without_a_certificate_is_refused(task, folders, server, client):
    got = talk(
        server_side(folders[0], task.ca, task.pairs[server]),
        client_side(folders[1], task.ca),
        ADDRESS,
    )
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in str(got[0])
    assert isinstance(got[1], (ssl.SSLError, ConnectionError))


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_client_of_another_task_is_refused(task, another_task, folders, server, client):
    got = talk(
        server_side(folders[0], task.ca, task.pairs[server]),
        client_side(folders[1], task.ca, another_task.pairs[client]),
        ADDRESS,
    )
    assert isinstance(got[0], ssl.SSLCertVerificationError)
    assert isinstance(got[1], (ssl.SSLError, ConnectionError))


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_server_of_another_task_is_refused(task, another_task, folders, server, client):
    got = talk(
        server_side(folders[0], another_task.ca, another_task.pairs[server]),
        client_side(folders[1], task.ca, task.pairs[client]),
        ADDRESS,
    )
    assert isinstance(got[1], ssl.SSLCertVerificationError)
    assert isinstance(got[0], (ssl.SSLError, ConnectionError))


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_server_in_another_role_is_refused(task, folders, server, client):
    """Whoever stole the key of one role cannot play another by name."""
    (another_name, _) = task.names(client)
    got = talk(
        server_side(folders[0], task.ca, task.pairs[server]),
        client_side(folders[1], task.ca, task.pairs[client]),
        another_name,
    )
    assert isinstance(got[1], ssl.SSLCertVerificationError)
    assert "Hostname mismatch" in str(got[1])
    assert isinstance(got[0], (ssl.SSLError, ConnectionError))
