"""What all judges share."""

import made
import pytest


@pytest.fixture(scope="session")
def everything(ccm, dcs, dds, sms):
    return made.Made(ccm, dcs, dds, sms)
