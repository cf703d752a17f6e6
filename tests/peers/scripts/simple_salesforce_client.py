"""simple-salesforce: its logins, and what it does with a session."""

import base64
import io
import json
import os
import zipfile

import requests
from simple_salesforce import Salesforce, SalesforceLogin
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError

ORG = json.loads(os.environ["ORG"])
MORE = ORG["more"]
VERSION = "62.0"
MY_DOMAIN = "northwind.my"
seen = {}


class Elsewhere(requests.adapters.HTTPAdapter):
    """The library's login hosts are fixed: a session of its user takes them to the organisation."""

    def send(self, request, **options):
        request.url = ORG["base_url"] + request.url.split(".salesforce.com", 1)[1]
        return super().send(request, **options)


def session():
    made = requests.Session()
    for host in ("test", MY_DOMAIN):
        made.mount(f"https://{host}.salesforce.com", Elsewhere())
    return made


def refusal(call):
    try:
        return {"value": repr(call())}
    except SalesforceAuthenticationFailed as error:
        return {"code": error.code, "message": error.auth_message}
    except SalesforceError as error:
        return {"status": error.status, "content": error.content}


admin = ORG["admin"]
common = {"domain": "test", "username": admin["username"]}
app = {"consumer_key": ORG["client_id"], "consumer_secret": ORG["client_secret"]}
ways = {
    "token": {**common, "password": admin["password"], "security_token": ORG["security_token"]},
    "password": {**common, "password": admin["password"], **app},
    "jwt": {**common, "consumer_key": ORG["client_id"], "privatekey_file": MORE["key"]},
    "own": {"domain": MY_DOMAIN, **app},
}
for name, way in ways.items():
    if name == "own":
        token, instance = SalesforceLogin(session=session(), **way)
        sf = Salesforce(instance=instance, session_id=token, version=VERSION)
    else:
        sf = Salesforce(session=session(), version=VERSION, **way)
    seen[name] = sf.query("SELECT Name FROM Organization")["records"][0]["Name"]
seen["wrong"] = refusal(lambda: Salesforce(session=session(), **{**ways["token"], "password": "wrong"}))
seen["wrong_oauth"] = refusal(lambda: Salesforce(session=session(), **{**ways["password"], "password": "wrong"}))
seen["nobody"] = refusal(lambda: Salesforce(session=session(), **{**ways["jwt"], "username": "nobody@nowhere.example"}))

# With a session.
sf = Salesforce(instance_url=ORG["base_url"], session_id=ORG["access_token"], version=VERSION)
made = sf.Account.create({"Name": "Simple", "Industry": "Energy"})
seen["create"] = made
account = made["id"]
seen["get"] = sf.Account.get(account)["Industry"]
seen["update"] = sf.Account.update(account, {"Industry": "Media"})
seen["upsert"] = sf.Account.upsert(f"Id/{account}", {"Name": "Upserted"})
seen["raw"] = sf.Account.update(account, {"Industry": "x"}, raw_response=True).status_code
seen["missing"] = refusal(lambda: sf.Account.create({"Industry": "x"}))
seen["absent"] = refusal(lambda: sf.Account.get("001000000000000AAA"))
many = sf.bulk.Account.insert([{"Name": f"Bulk {n}"} for n in range(25)])
seen["bulk"] = sum(1 for row in many if row["success"])
seen["bulk_query"] = len(sf.bulk.Account.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Bulk %'"))
file = "Name\n" + "\n".join(f"Second {n}" for n in range(5))
with open("accounts.csv", "w", encoding="utf-8") as out:
    out.write(file + "\n")
seen["bulk2"] = sf.bulk2.Account.insert("accounts.csv")[0]["numberRecordsProcessed"]
seen["bulk2_query"] = sum(
    page.count("\n") - 1 for page in sf.bulk2.Account.query("SELECT Name FROM Account WHERE Name LIKE 'Second %'"))
seen["query_all"] = sf.query_all("SELECT Id FROM Account WHERE Name LIKE 'Bulk %'")["totalSize"]
seen["iter"] = sum(1 for _ in sf.query_all_iter("SELECT Id FROM Account WHERE Name LIKE 'Second %'"))
seen["more"] = sf.query("SELECT Id FROM Account LIMIT 1", include_deleted=True)["done"]
seen["describe"] = len(sf.describe()["sobjects"])
seen["fields"] = [field["name"] for field in sf.Account.describe()["fields"]][:1]
seen["metadata"] = sf.Account.metadata()["objectDescribe"]["name"]
seen["limits"] = sorted(sf.limits()["DailyApiRequests"])
seen["search"] = len(sf.quick_search("Upserted")["searchRecords"])
seen["delete"] = sf.Account.delete(account)
seen["is_sandbox"] = sf.is_sandbox()
seen["tooling"] = sf.toolingexecute("query/?q=SELECT+Id+FROM+ApexClass")["size"]
seen["restful"] = "DailyApiRequests" in sf.restful("limits", params=None)
seen["oauth2"] = sf.oauth2("userinfo")["preferred_username"]
users = sf.query(f"SELECT Id FROM User WHERE Username = '{ORG['user']['username']}'")["records"]
sf.set_password(users[0]["Id"], "Another-1-password")
seen["new_password"] = Salesforce(
    session=session(), version=VERSION, domain="test", username=ORG["user"]["username"],
    password="Another-1-password", **app).session_id.startswith("00D")

# A deployment.
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as folder:
    folder.writestr("package.xml", '<?xml version="1.0"?><Package xmlns="http://soap.sforce.com/2006/04/metadata">'
                    "<types><members>Simple</members><name>ApexClass</name></types><version>62.0</version></Package>")
    folder.writestr("classes/Simple.cls", "public class Simple { public static Integer one() { return 1; } }")
    folder.writestr("classes/Simple.cls-meta.xml", '<?xml version="1.0"?><ApexClass xmlns="http://soap.sforce.com/'
                    '2006/04/metadata"><apiVersion>62.0</apiVersion><status>Active</status></ApexClass>')
with open("simple.zip", "wb") as out:
    out.write(packed.getvalue())
job = sf.deploy("simple.zip", sandbox=True)["asyncId"]
for _ in range(100):
    status = sf.checkDeployStatus(job)
    if status["state"] not in ("Pending", "InProgress", "FinalizingDeploy", None):
        break
seen["deploy"] = {"state": status["state"], "failures": status["deployment_detail"]["failed_count"]}
seen["class"] = sf.query("SELECT Name FROM ApexClass WHERE Name = 'Simple'")["totalSize"]
print(json.dumps(seen, default=str))
