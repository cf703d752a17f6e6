"""aiosalesforce: its logins, records, composite calls and Bulk 2.0, over TLS."""

import asyncio
import json
import os

import httpx
from aiosalesforce import Salesforce
from aiosalesforce.auth import ClientCredentialsFlow, SoapLogin

ORG = json.loads(os.environ["ORG"])
seen = {}


class Elsewhere(httpx.AsyncHTTPTransport):
    """The library takes hosts of my.salesforce.com alone: its user's transport takes them to the organisation."""

    async def handle_async_request(self, request):
        home = httpx.URL(ORG["base_url"])
        request.url = request.url.copy_with(host=home.host, port=home.port)
        request.headers["host"] = f"{home.host}:{home.port}"
        return await super().handle_async_request(request)


async def used(auth, name):
    async with httpx.AsyncClient(transport=Elsewhere()) as http:
        org = Salesforce(http, base_url="https://northwind.my.salesforce.com", auth=auth)
        account = await org.sobject.create("Account", {"Name": name})
        await org.sobject.update("Account", account, {"Name": name + " 2"})
        upsert = await org.sobject.upsert("Account", account, "Id", {"Industry": "Media"})
        read = await org.sobject.get("Account", account, fields=["Name", "Industry"])
        rows = [row["Name"] async for row in org.query(f"SELECT Name FROM Account WHERE Id = '{account}'")]
        async with org.composite(all_or_none=True) as series:
            parent = series.sobject.create("Account", {"Name": "Parent"})
            child = series.sobject.create("Contact", {"LastName": "Child", "AccountId": str(parent.reference.id)})
            found = series.query("SELECT Id FROM Account LIMIT 1")
        async with org.composite.batch(halt_on_error=True) as batch:
            one = batch.sobject.get("Account", account)
            gone = batch.sobject.delete("Account", account)
        loaded = await org.bulk_v2.insert("Account", [{"Name": "B 1"}, {"Name": "B 2"}, {"Name": ""}])
        seen[name] = {
            "upsert": upsert.created,
            "read": [read["Name"], read["Industry"]],
            "query": rows,
            "composite": [parent.status_code, child.status_code, len(found.records)],
            "batch": [one.status_code, gone.status_code],
            "bulk": [len(loaded.successful_results), loaded.failed_results[0]["sf__Error"]],
            "limits": (await org.get_limits())["DailyApiRequests"]["Max"] > 0,
        }


async def main():
    admin = ORG["admin"]
    soap = SoapLogin(username=admin["username"], password=admin["password"], security_token=ORG["security_token"])
    await used(soap, "soap")
    await used(ClientCredentialsFlow(client_id=ORG["client_id"], client_secret=ORG["client_secret"]), "own")


asyncio.run(main())
print(json.dumps(seen))
