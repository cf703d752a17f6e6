"""CumulusCI in a project of its own: `org info`, a deploy of the files in `more.files`, a deploy of `more.broken`."""

import json
import os
import pathlib
import subprocess
import sys

org = json.loads(os.environ["ORG"])
home = pathlib.Path(os.environ["HOME"])
project = home / "project"
project.mkdir()
(project / "cumulusci.yml").write_text(
    "minimum_cumulusci_version: '4.0.0'\n"
    "project:\n  name: Shelves\n  package:\n    name: Shelves\n    api_version: '67.0'\n"
)
for folder in ("files", "broken"):
    for path, text in org["more"][folder].items():
        file = project / folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
for command in (["init", "-q"], ["config", "user.email", "a@example.com"], ["config", "user.name", "A"],
                ["remote", "add", "origin", "https://github.com/example/shelves.git"],
                ["add", "."], ["commit", "-q", "-m", "start"]):
    subprocess.run(["git", *command], cwd=project, check=True)

person = f"{org['base_url']}/id/{org['org_id']}/{org['more']['user_id']}"
environment = {
    **os.environ,
    "CI": "true",
    "CUMULUSCI_KEYCHAIN_CLASS": "cumulusci.core.keychain.EnvironmentProjectKeychain",
    "CUMULUSCI_SERVICE_connected_app": json.dumps({
        "login_url": org["base_url"], "callback_url": "http://localhost:8080/callback",
        "client_id": org["client_id"], "client_secret": org["client_secret"],
    }),
    "CUMULUSCI_ORG_dev": json.dumps({
        "instance_url": org["base_url"], "access_token": org["access_token"],
        "refresh_token": org["more"]["refresh_token"], "id": person, "scopes": "full",
        "username": org["admin"]["username"], "connected_app": "env",
    }),
}
seen = {}


def cci(name, *arguments):
    run = subprocess.run(
        [sys.executable, "-c", "from cumulusci.cli.cci import main; main()", *arguments],
        cwd=project, env=environment, capture_output=True, text=True,
    )
    seen[name] = {"code": run.returncode, "said": (run.stdout + run.stderr)[-6000:]}


cci("info", "org", "info", "dev", "--json")
cci("deploy", "task", "run", "deploy", "--path", "files", "--org", "dev")
cci("broken", "task", "run", "deploy", "--path", "broken", "--org", "dev")
print(json.dumps(seen))
