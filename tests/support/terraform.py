"""Terraform with the cloud's own provider, in a folder of its own, as a user runs it.

Credentials, region and trust are those of client.env; a configuration adds the endpoints, for which
the provider has no variable.
"""

import json
import os
import re
import shutil
import subprocess

import desk

SECONDS = 300

VERSION = "1.78.0"
SOURCE = "huaweicloud/huaweicloud"
REGISTRY = f"registry.terraform.io/{SOURCE}"
SERVICES = ("ccm", "scm", "dcs", "dds", "sms", "iam", "eps", "bss")

INSTALLATION = """
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
"""

PROVIDER = f"""
terraform {{
  required_providers {{
    huaweicloud = {{
      source  = "{SOURCE}"
      version = "{VERSION}"
    }}
  }}
}}

provider "huaweicloud" {{
  endpoints = {{ for service in {json.dumps(SERVICES)} : service => "{desk.ENDPOINT}" }}
}}
"""


class Failed(Exception):
    """A command of Terraform ended with an error; this is what it said."""


def install(folder, program, provider):
    """The settings of Terraform's command line, by which `init` finds the provider in a folder."""
    answer = subprocess.run(
        [program, "version", "-json"], capture_output=True, text=True, timeout=SECONDS, check=True,
        env=environment() | {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull},
    )
    platform = json.loads(answer.stdout)["platform"]
    package = folder / "mirror" / REGISTRY / VERSION / platform
    package.mkdir(parents=True)
    os.symlink(provider, package / f"terraform-provider-huaweicloud_v{VERSION}")
    settings = folder / "terraform.rc"
    settings.write_text(INSTALLATION.format(mirror=folder / "mirror"))
    return settings


def environment():
    """What this process has, without what would change Terraform's ways."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TF_")}


class Workspace:
    """One configuration with its state."""

    def __init__(self, folder, program, settings, configuration):
        self.folder, self.program = folder, program
        self.environment = environment() | {
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "TF_LOG_PROVIDER": "DEBUG",
            "TF_LOG_PATH": str(folder / "provider.log"),
        }
        shutil.copy(configuration, folder / "main.tf")
        (folder / "provider.tf").write_text(PROVIDER)
        self.run("init", "-no-color", "-input=false")

    def set(self, **variables):
        """The variables of the configuration, all of them anew."""
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(variables))

    def apply(self, **variables):
        """Does what the configuration says, and answers all that is in the state, by address."""
        self.set(**variables)
        self.run("apply", "-auto-approve", "-no-color", "-input=false")
        return self.state()

    def plan(self):
        """What Terraform would do, by address: `[]` where all is as it should be."""
        code, said = self.run(
            "plan", "-detailed-exitcode", "-no-color", "-input=false", "-out=plan", accept=(0, 2))
        shown = json.loads(self.run("show", "-json", "plan")[1])
        changes = {
            one["address"]: one["change"]["actions"]
            for one in shown.get("resource_changes", [])
            if one["change"]["actions"] not in (["no-op"], ["read"])
        }
        assert (code == 2) == bool(changes), said
        return changes

    def state(self):
        root = json.loads(self.run("show", "-json")[1]).get("values", {}).get("root_module", {})
        return {one["address"]: one["values"] for one in root.get("resources", [])}

    def import_(self, address, identifier):
        self.run("import", "-no-color", "-input=false", address, identifier)

    def destroy(self):
        self.run("destroy", "-auto-approve", "-no-color", "-input=false")
        assert self.state() == {}

    def asked(self):
        """The servers that the provider has sent requests to."""
        log = (self.folder / "provider.log").read_text()
        return set(re.findall(r"API Request URL: [A-Z]+ (https?://[^/]+)/", log))

    def run(self, *arguments, accept=(0,)):
        """The status of a command and what it wrote to its standard output."""
        done = subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=self.environment, timeout=SECONDS,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )
        if done.returncode not in accept:
            raise Failed(f"terraform {arguments[0]}: {done.stdout}\n{done.stderr}")
        return done.returncode, done.stdout
