"""Fixtures of all Python tests."""

import desk
import pytest


@pytest.fixture(scope="session")
def ccm():
    return desk.ccm_client()


@pytest.fixture(scope="session")
def scm():
    return desk.scm_client()


@pytest.fixture(scope="session")
def iam():
    return desk.iam_client()


@pytest.fixture(scope="session")
def bss():
    return desk.bss_client()


@pytest.fixture(scope="session")
def eps():
    return desk.eps_client()


@pytest.fixture(scope="session")
def dcs():
    return desk.dcs_client()


@pytest.fixture(scope="session")
def dds():
    return desk.dds_client()


@pytest.fixture(scope="session")
def sms():
    return desk.sms_client()


@pytest.fixture(scope="session")
def root_id(ccm):
    """A root authority."""
    return desk.create_ca(ccm, name=desk.unique("root"), key_algorithm="EC384",
                          signature_algorithm="SHA384")


@pytest.fixture(scope="session")
def issuer_id(ccm, root_id):
    """A subordinate authority, so that chains have two links."""
    return desk.create_subordinate(ccm, root_id, name=desk.unique("issuer"),
                                   key_algorithm="RSA2048")
