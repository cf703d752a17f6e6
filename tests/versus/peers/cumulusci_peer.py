"""The inventory as CumulusCI reads a schema: deep_describe, eight composite calls at a time; queries as it makes them."""

import json
import os
import time

from cumulusci.salesforce_api.org_schema import deep_describe, y2k
from simple_salesforce import Salesforce

from plain_http import HOST, session

salesforce = Salesforce(
    instance=HOST,
    session_id=os.environ["PEER_TOKEN"],
    version=os.environ["PEER_VERSION"],
    session=session(),
)
# Its composite calls leave through sessions of their own.
salesforce.base_url = f"{os.environ['PEER_URL']}/services/data/v{os.environ['PEER_VERSION']}/"


def rows(soql):
    return sum(1 for _ in salesforce.query_all_iter(soql))


begun = time.perf_counter()
objects = [one["name"] for one in salesforce.describe()["sobjects"] if not one["deprecatedAndHidden"]]
described = deep_describe(salesforce, {name: y2k for name in objects}, None)
fields = sum(len(update.body["fields"]) for update in described)
rows("SELECT Id, Name, Label, ProfileId, Profile.Name FROM PermissionSet")
rights = rows(
    "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, "
    "PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions"
)
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "objects": len(objects), "fields": fields, "rights": rights}))
