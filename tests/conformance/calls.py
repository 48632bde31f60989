"""Calls through the SDK's own classes, and what came back."""

import json
from dataclasses import dataclass

import desk
import sdk
from huaweicloudsdkcore.exceptions import exceptions

CLIENTS = {
    "ccm": desk.ccm_client,
    "scm": desk.scm_client,
    "dcs": desk.dcs_client,
    "dds": desk.dds_client,
    "sms": desk.sms_client,
    "iam": desk.iam_client,
    "eps": desk.eps_client,
    "bss": desk.bss_client,
}


@dataclass(frozen=True)
class Answer:
    """An answer, or a refusal with its code and sentence."""

    status: int
    code: str = ""
    message: str = ""
    # The SDK's model of it, and the JSON that it was made of, if it was JSON.
    response: object = None
    document: dict | None = None

    @property
    def accepted(self):
        return 200 <= self.status < 300

    def blames(self, name):
        """Whether it is a refusal that names this field."""
        return not self.accepted and name.lower() in self.message.lower()

    def __str__(self):
        return f"{self.status} {self.code} {self.message}".strip()


def call(client, operation, sent):
    """One call, with a request that the SDK's constructors made."""
    request = sdk.build(operation.request, sent)
    try:
        response = getattr(client, operation.name)(request)
    except exceptions.ServiceResponseException as error:
        return Answer(error.status_code, error.error_code or "", error.error_msg or "")
    content = response.raw_content or b""
    document = json.loads(content) if content.startswith((b"{", b"[")) else None
    return Answer(response.status_code, response=response, document=document)
