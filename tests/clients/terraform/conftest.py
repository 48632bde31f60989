"""Terraform and the provider as `terraform-setup` has left them."""

import os
from pathlib import Path

import pytest
import terraform
import tools

CONFIGURATIONS = Path(__file__).parent / "configurations"


@pytest.fixture(scope="session")
def program():
    return tools.found("terraform", os.environ.get("CHANCERY_TEST_TERRAFORM"))


@pytest.fixture(scope="session")
def settings(program, tmp_path_factory):
    provider = os.environ.get("CHANCERY_TEST_TERRAFORM_PROVIDER")
    return terraform.install(
        tmp_path_factory.mktemp("terraform"), program,
        tools.found("the provider of Terraform", provider))


@pytest.fixture
def workspace(tmp_path, program, settings):
    """Makes a workspace of one of our configurations, ready to be applied."""

    def make(name):
        folder = tmp_path / name
        folder.mkdir()
        return terraform.Workspace(folder, program, settings, CONFIGURATIONS / f"{name}.tf")

    return make
