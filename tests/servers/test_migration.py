"""Source and target of a migration authenticate each other with the material of their task."""

import socket
import ssl
import threading

import migration
import pytest

SECONDS = 20


@pytest.fixture(scope="module")
def task(sms):
    return migration.certkey(sms, migration.create_task(sms, migration.register(sms)))


@pytest.fixture(scope="module")
def another_task(sms):
    return migration.certkey(sms, migration.create_task(sms, migration.register(sms)))


def context(purpose, folder, authority, pair=None):
    """A context that trusts `authority` alone and, with a `pair`, shows its certificate."""
    made = ssl.SSLContext(purpose)
    made.load_verify_locations(cadata=authority)
    # The peers know each other by their task's authority; they have addresses, not names.
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    if pair:
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_text(pair[0])
        key.write_text(pair[1])
        made.load_cert_chain(certificate, key)
    return made


def talk(server_context, client_context):
    """One exchange over a connection of the two; answers what each got from the other.

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

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=SECONDS) as plain,
                client_context.wrap_socket(plain) as connection,
            ):
                connection.sendall(b"from client")
                got["client"] = connection.recv(16)
        except (ssl.SSLError, ConnectionError) as error:
            got["client"] = error
        thread.join(SECONDS)
        assert not thread.is_alive()
    return got["server"], got["client"]


def pairs(task):
    return {
        "source": (task.cert, task.private_key),
        "target_mgmt": (task.target_mgmt_cert, task.target_mgmt_private_key),
        "target_data": (task.target_data_cert, task.target_data_private_key),
    }


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
    got = talk(
        context(ssl.PROTOCOL_TLS_SERVER, folders[0], task.ca, pairs(task)[server]),
        context(ssl.PROTOCOL_TLS_CLIENT, folders[1], task.ca, pairs(task)[client]),
    )
    assert got == (b"from client", b"from server")


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_client_without_a_certificate_is_refused(task, folders, server, client):
    got = talk(
        context(ssl.PROTOCOL_TLS_SERVER, folders[0], task.ca, pairs(task)[server]),
        context(ssl.PROTOCOL_TLS_CLIENT, folders[1], task.ca),
    )
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in str(got[0])
    assert isinstance(got[1], (ssl.SSLError, ConnectionError))


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_client_of_another_task_is_refused(task, another_task, folders, server, client):
    got = talk(
        context(ssl.PROTOCOL_TLS_SERVER, folders[0], task.ca, pairs(task)[server]),
        context(ssl.PROTOCOL_TLS_CLIENT, folders[1], task.ca, pairs(another_task)[client]),
    )
    assert isinstance(got[0], ssl.SSLCertVerificationError)
    assert isinstance(got[1], (ssl.SSLError, ConnectionError))


@pytest.mark.parametrize(("server", "client"), LINKS)
def test_a_server_of_another_task_is_refused(task, another_task, folders, server, client):
    got = talk(
        context(ssl.PROTOCOL_TLS_SERVER, folders[0], another_task.ca, pairs(another_task)[server]),
        context(ssl.PROTOCOL_TLS_CLIENT, folders[1], task.ca, pairs(task)[client]),
    )
    assert isinstance(got[1], ssl.SSLCertVerificationError)
    assert isinstance(got[0], (ssl.SSLError, ConnectionError))
