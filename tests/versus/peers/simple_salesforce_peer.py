"""The inventory as users of simple-salesforce write it: describe, describe of each, query_all_iter."""

import json
import os
import time

from simple_salesforce import Salesforce

from plain_http import HOST, session

salesforce = Salesforce(
    instance=HOST,
    session_id=os.environ["PEER_TOKEN"],
    version=os.environ["PEER_VERSION"],
    session=session(),
)


def rows(soql):
    return sum(1 for _ in salesforce.query_all_iter(soql))


begun = time.perf_counter()
objects = [one["name"] for one in salesforce.describe()["sobjects"] if not one["deprecatedAndHidden"]]
fields = sum(len(getattr(salesforce, name).describe()["fields"]) for name in objects)
rows("SELECT Id, Name, Label, ProfileId, Profile.Name FROM PermissionSet")
rights = rows(
    "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, "
    "PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions"
)
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "objects": len(objects), "fields": fields, "rights": rights}))
