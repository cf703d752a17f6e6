"""pyforce: the partner API as its users call it, packed."""

import datetime
import json
import os

import pyforce

ORG = json.loads(os.environ["ORG"])
seen = {}


def refusal(call):
    try:
        return {"value": repr(call())}
    except Exception as error:  # the library has a class for each kind of fault
        return {"kind": type(error).__name__, "message": str(error)}


client = pyforce.PythonClient(serverUrl=ORG["base_url"] + "/services/Soap/u/41.0")
admin = ORG["admin"]
seen["wrong"] = refusal(lambda: client.login(admin["username"], "wrong"))
seen["login"] = client.login(admin["username"], admin["password"] + ORG["security_token"])["userInfo"]["userEmail"]
seen["user"] = client.getUserInfo()["organizationName"]
seen["objects"] = "Account" in client.describeGlobal()["types"]
seen["fields"] = [len(one.fields) > 10 for one in client.describeSObjects(["Account", "Contact"])]
made = client.create([{"type": "Account", "Name": "Beat 1"}, {"type": "Account", "Name": "Beat 2"}, {"type": "Account"}])
seen["create"] = [one["success"] for one in made]
seen["missing"] = made[2]["errors"][0]
first, second = made[0]["id"], made[1]["id"]
client.update([{"type": "Account", "Id": first, "Industry": "Energy"}])
seen["retrieve"] = client.retrieve("Id, Name, Industry", "Account", [first])[0]["Industry"]
seen["upsert"] = client.upsert("Id", [{"type": "Account", "Id": second, "Name": "Beat 2b"}])[0]["created"]
child = client.create([{"type": "Contact", "LastName": "Ash", "AccountId": first}])[0]
seen["contact"] = child["success"]
# The relationship's object is described before its record is read.
rows = client.query("SELECT Id, Name, Owner.Username, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Beat 1'")
seen["query"] = [rows[0]["Owner"]["Username"], rows[0]["Contacts"][0]["LastName"]]
case = client.create([{"type": "Case", "Subject": "x"}])[0]["id"]
seen["polymorphic"] = client.query(f"SELECT Owner.Name FROM Case WHERE Id = '{case}'")[0]["Owner"]["type"]
seen["search"] = [one["Name"] for one in client.search("FIND {Beat} IN ALL FIELDS RETURNING Account(Id, Name)")]
now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
span = (now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1))
seen["updated"] = first in client.getUpdated("Account", *span)
deleted = client.delete([second, "001000000000000AAA"])
seen["delete"] = [one["success"] for one in deleted]
seen["deleted"] = [str(one["id"]) == second for one in client.getDeleted("Account", *span)]
seen["tabs"] = len(client.describeTabs()[0]["tabs"]) > 10
lead = client.create([{"type": "Lead", "LastName": "Li", "Company": "Acme"}])[0]["id"]
seen["convert"] = client.convert_leads({"leadId": lead, "convertedStatus": "Closed - Converted"})[0]
seen["converted"] = client.query(f"SELECT IsConverted FROM Lead WHERE Id = '{lead}'")[0]["IsConverted"]
lead = client.create([{"type": "Lead", "LastName": "Mo", "Company": "Acme"}])[0]["id"]
seen["status"] = client.convert_leads({"leadId": lead, "convertedStatus": "Nope"})[0]["errors"][0]["statusCode"]
seen["mail"] = client.sendEmail([{"subject": "x", "plainTextBody": "y", "toAddresses": "a@b.example"}])[0]["errors"][0]["statusCode"]
seen["malformed"] = refusal(lambda: client.query("SELECT FROM Account"))
seen["timestamp"] = str(client.getServerTimestamp()).endswith("Z")
seen["logout"] = client.logout()
seen["after"] = refusal(lambda: client.query("SELECT Id FROM Account"))["kind"]
print(json.dumps(seen, default=str))
