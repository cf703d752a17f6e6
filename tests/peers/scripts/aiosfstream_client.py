"""aiosfstream-ng: a PushTopic heard live, and again from a replay id, by a client that polls before it subscribes."""

import asyncio
import json
import os
import urllib.request

from aiosfstream_ng import Client, ReplayOption
from aiosfstream_ng.auth import AuthenticatorBase

ORG = json.loads(os.environ["ORG"])
TOPIC = "/topic/Beats"


class Session(AuthenticatorBase):
    """A session that is there already."""

    async def _authenticate(self):
        known = {"access_token": ORG["access_token"], "instance_url": ORG["base_url"], "token_type": "Bearer"}
        return 200, known | {"id": "", "issued_at": "", "signature": ""}


def create(table, values):
    request = urllib.request.Request(
        f"{ORG['base_url']}/services/data/v67.0/sobjects/{table}",
        json.dumps(values).encode(),
        {"Authorization": f"Bearer {ORG['access_token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["id"]


async def first(replay, count):
    heard = []
    async with Client(Session(), replay=replay) as client:
        await client.subscribe(TOPIC)
        if replay is ReplayOption.NEW_EVENTS:
            for name in ("Beat 1", "Beat 2"):
                await asyncio.to_thread(create, "Account", {"Name": name})
        async for message in client:
            heard.append(message["data"])
            if len(heard) == count:
                return heard


async def main():
    operations = ("Create", "Update", "Delete", "Undelete")
    topic = {f"NotifyForOperation{name}": True for name in operations} | {
        "Name": "Beats",
        "Query": "SELECT Name FROM Account WHERE Name LIKE 'Beat%'",
        "ApiVersion": 67,
        "IsActive": True,
        "NotifyForFields": "All",
    }
    await asyncio.to_thread(create, "PushTopic", topic)
    live = await first(ReplayOption.NEW_EVENTS, 2)
    again = await first(ReplayOption.ALL_EVENTS, 2)
    print(json.dumps({"live": [one["sobject"]["Name"] for one in live], "again": again == live}))


asyncio.run(main())
