"""schemathesis calls every operation as the OpenAPI document describes it, with values inside and
outside the schemas: no answer is a failure of the server, undocumented, or of another shape."""

import os
import re
import subprocess
import sys
from pathlib import Path

import desk

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
]

# Things that are there, so that not every call ends at one that is not.
PARAMETERS = {
    "project_id": desk.PROJECT_ID,
    "instance_id": os.environ["CHANCERY_DEMO_DCS_INSTANCE_ID"],
    "task_id": os.environ["CHANCERY_DEMO_SMS_TASK_ID"],
}


def test_schemathesis_has_no_objection(tmp_path):
    config = tmp_path / "schemathesis.toml"
    lines = [f'"path.{name}" = "{value}"' for name, value in PARAMETERS.items()]
    # The header below is what calls are authenticated with. Another one of the document's schemes
    # beside it would have them refused before anything else is looked at.
    lines += ["[generation]", "with-security-parameters = false"]
    config.write_text("[parameters]\n" + "\n".join(lines) + "\n")
    program = Path(sys.executable).with_name("schemathesis")
    finished = subprocess.run(
        [
            program, "--config-file", config, "run", f"{desk.ENDPOINT}/openapi.json",
            "--header", f"X-Auth-Token: {desk.token(of_project=False)}",
            "--checks", ",".join(CHECKS),
            "--phases", "coverage,fuzzing",
            "--max-examples", "10",
            "--seed", "20260601",
            "--workers", "1",  # two of them trip over CPython 3.11's parser (gh-106905)
            "--suppress-health-check", "all",
            "--generation-database", "none",
            "--no-color",
            "--continue-on-failure",
        ],
        capture_output=True, text=True, timeout=780, cwd=tmp_path,
    )
    said = finished.stdout[-20_000:] + finished.stderr[-2_000:]
    assert finished.returncode == 0, said
    summary = finished.stdout[finished.stdout.rindex("SUMMARY"):]
    cases = re.search(r"(\d+) generated, (\d+) passed", summary)
    assert cases and cases[1] == cases[2] and int(cases[1]) > 1000, said
    print(summary)
