"""tap-salesforce of Singer: discovers the organisation and reads streams, by REST and by Bulk API 1, over TLS."""

import collections
import contextlib
import io
import json
import os
import sys

import requests
import tap_salesforce

ORG = json.loads(os.environ["ORG"])
seen = {}


class Elsewhere(requests.adapters.HTTPAdapter):
    """The library's login host is fixed: its sessions are taken to the organisation."""

    def send(self, request, **options):
        request.url = ORG["base_url"] + request.url.split(".salesforce.com", 1)[1]
        return super().send(request, **options)


made = requests.Session.__init__


def mounted(session, *positional, **named):
    made(session, *positional, **named)
    session.mount("https://test.salesforce.com", Elsewhere())


requests.Session.__init__ = mounted


def run(*arguments):
    sys.argv = ["tap-salesforce", "--config", "config.json", *arguments]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        tap_salesforce.main()
    return out.getvalue()


home = ORG["base_url"] + "/services/data/v61.0"
bearer = {"Authorization": "Bearer " + ORG["access_token"]}
for name in ("Tap 1", "Tap 2"):
    requests.post(home + "/sobjects/Account", json={"Name": name}, headers=bearer).raise_for_status()
config = {
    "client_id": ORG["client_id"], "client_secret": ORG["client_secret"], "is_sandbox": "true",
    "refresh_token": ORG["more"]["refresh_token"], "start_date": "2020-01-01T00:00:00Z", "select_fields_by_default": "true",
}
for way in ("REST", "BULK"):
    with open("config.json", "w", encoding="utf-8") as file:
        json.dump({**config, "api_type": way}, file)
    catalog = json.loads(run("--discover"))
    for stream in catalog["streams"]:
        if stream["stream"] in ("Account", "User"):
            for entry in stream["metadata"]:
                if entry["breadcrumb"] == []:
                    entry["metadata"]["selected"] = True
    with open("catalog.json", "w", encoding="utf-8") as file:
        json.dump(catalog, file)
    lines = [json.loads(line) for line in run("--properties", "catalog.json").splitlines()]
    records = [line for line in lines if line["type"] == "RECORD"]
    seen[way] = {
        "streams": len(catalog["streams"]) > 50,
        "records": collections.Counter(line["stream"] for line in records),
        "names": sorted(line["record"]["Name"] for line in records if line["stream"] == "Account"),
        "rotated": json.load(open("config.json", encoding="utf-8"))["refresh_token"] != config["refresh_token"],
    }
    config["refresh_token"] = json.load(open("config.json", encoding="utf-8"))["refresh_token"]
print(json.dumps(seen))
