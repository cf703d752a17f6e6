"""The Pub/Sub client for Python at work, and plain grpcio with the messages that it carries."""

import asyncio
import io
import json
import os
import time
import urllib.request

import certifi

# The client trusts what certifi names and nothing else.
certifi.where = lambda: os.environ["SSL_CERT_FILE"]

import avro.io  # noqa: E402
import avro.schema  # noqa: E402
import grpc  # noqa: E402
from aiosfpubsub import Client  # noqa: E402

org = json.loads(os.environ["ORG"])
more = org["more"]
topic, own = more["topic"], more["own"]
seen = {}


def rest(method, path, body):
    request = urllib.request.Request(
        f"{org['base_url']}/services/data/v67.0{path}",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {org['access_token']}", "content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def client():
    port = org["pubsub_url"].rsplit(":", 1)[1]
    made = Client(org["base_url"], org["admin"]["username"], org["admin"]["password"], "localhost", int(port))
    made.auth()
    return made


async def collect(one, name, preset, replay_id, count):
    """The events of a subscription until there are so many."""
    events, done = [], asyncio.Event()

    def take(response, client):
        events.extend(response.events)
        if len(events) >= count:
            done.set()

    subscription = asyncio.create_task(one.subscribe(name, preset, replay_id, count, take))
    waiting = asyncio.create_task(done.wait())
    finished, _ = await asyncio.wait([subscription, waiting], timeout=60, return_when=asyncio.FIRST_COMPLETED)
    if subscription in finished:
        subscription.result()
    subscription.cancel()
    return events


def decoded(one, event):
    return one.decode(one.get_schema_json(event.event.schema_id), event.event.payload)


def encoded(schema_json, record):
    buffer = io.BytesIO()
    avro.io.DatumWriter(avro.schema.parse(schema_json)).write(record, avro.io.BinaryEncoder(buffer))
    return buffer.getvalue()


def failure(call):
    """What a call is refused with."""
    try:
        list(call())
    except grpc.RpcError as error:
        trailers = {key: value for key, value in error.trailing_metadata() if isinstance(value, str)}
        return {"code": error.code().name, "details": error.details(), "trailers": trailers}
    return None


def plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


one = client()
pb2 = one.pb2
seen["signed"] = [one.session_id[:15] == org["org_id"][:15], one.tenant_id[:15] == org["org_id"][:15]]
info = one.get_topic(topic)
seen["topic"] = {"name": info.topic_name, "publish": info.can_publish, "subscribe": info.can_subscribe, "rpc": len(info.rpc_id)}
schema = json.loads(one.get_schema_json(info.schema_id))
seen["schema"] = {"name": schema["name"], "namespace": schema["namespace"], "first": schema["fields"][:2]}

for _ in range(3):
    rest("POST", f"/sobjects/{more['object']}", more["record"])
events = asyncio.run(collect(one, topic, "EARLIEST", b"", 3))
seen["earliest"] = [{key: plain(value) for key, value in decoded(one, event).items()} for event in events]
seen["positions"] = [len(event.replay_id) for event in events]
later = asyncio.run(collect(one, topic, "CUSTOM", events[0].replay_id, 2))
seen["custom"] = [event.event.id for event in later] == [event.event.id for event in events[1:]]


async def latest():
    reading = asyncio.create_task(collect(one, topic, "LATEST", b"", 1))
    await asyncio.sleep(1)
    rest("POST", f"/sobjects/{more['object']}", more["record"])
    return await reading


newest = asyncio.run(latest())
seen["latest"] = [newest[0].event.id not in [event.event.id for event in events], len(newest)]

# Plain gRPC: every call of the service.
stub, metadata = one.stub, one.metadata
info = stub.GetTopic(pb2.TopicRequest(topic_name=own), metadata=metadata)
own_schema = one.get_schema_json(info.schema_id)


def event(text, key):
    record = {"CreatedDate": int(time.time() * 1000), "CreatedById": more["user"], "Text__c": text, "Amount__c": 2.5, "Done__c": True}
    return pb2.ProducerEvent(id=key, schema_id=info.schema_id, payload=encoded(own_schema, record))


broken = pb2.ProducerEvent(id="broken", schema_id=info.schema_id, payload=b"\xff")
answer = stub.Publish(pb2.PublishRequest(topic_name=own, events=[event("a", "one"), broken]), metadata=metadata)
seen["publish"] = [
    {"key": result.correlation_key, "position": len(result.replay_id), "error": result.error.code if result.HasField("error") else None}
    for result in answer.results
]
requests = [pb2.PublishRequest(topic_name=own, events=[event("b", "two")]), pb2.PublishRequest(events=[event("c", "three")])]
seen["stream"] = [[result.correlation_key for result in part.results] for part in stub.PublishStream(iter(requests), metadata=metadata)]


def managed(requests):
    """Answers of a managed subscription, whose requests may wait for what has come so far."""
    return stub.ManagedSubscribe(requests, metadata=metadata)


def keeping():
    """Reads all, commits the second, and leaves when the commit is answered."""
    state = {"events": [], "commits": []}

    def requests():
        yield pb2.ManagedFetchRequest(developer_name=more["managed"], num_requested=10)
        while len(state["events"]) < 3:
            time.sleep(0.05)
        commit = pb2.CommitReplayRequest(commit_request_id="mine", replay_id=state["events"][1].replay_id)
        yield pb2.ManagedFetchRequest(commit_replay_id_request=commit)
        while not state["commits"]:
            time.sleep(0.05)

    for response in managed(requests()):
        state["events"].extend(response.events)
        if response.HasField("commit_response"):
            state["commits"].append(response.commit_response)
    return state


rest("POST", "/tooling/sobjects/ManagedEventSubscription", {
    "FullName": more["managed"],
    "Metadata": {"label": "Mine", "topicName": own, "defaultReplay": "EARLIEST", "errorRecoveryReplay": "LATEST", "state": "RUN"},
})
state = keeping()
seen["managed"] = [decoded(one, event)["Text__c"] for event in state["events"]]
seen["committed"] = [state["commits"][0].commit_request_id, state["commits"][0].HasField("error")]


def resume():
    yield pb2.ManagedFetchRequest(developer_name=more["managed"], num_requested=1)
    time.sleep(1)


seen["resumed"] = [decoded(one, event)["Text__c"] for response in managed(resume()) for event in response.events]

# Refusals, with Salesforce's own code beside gRPC's.
fetch = lambda **fields: [pb2.FetchRequest(topic_name=own, num_requested=1, **fields)]
seen["refusals"] = {
    "corrupted": failure(lambda: stub.Subscribe(iter(fetch(replay_preset=2, replay_id=b"\0" * 10)), metadata=metadata)),
    "no id": failure(lambda: stub.Subscribe(iter(fetch(replay_preset=2)), metadata=metadata)),
    "no topic": failure(lambda: stub.Subscribe(iter([pb2.FetchRequest(topic_name="/event/No__e", num_requested=1)]), metadata=metadata)),
    "no headers": failure(lambda: stub.Subscribe(iter(fetch()))),
    "no events": failure(lambda: stub.PublishStream(iter([pb2.PublishRequest(topic_name=own)]), metadata=metadata)),
    "no subscription": failure(lambda: managed(iter([pb2.ManagedFetchRequest(developer_name="None", num_requested=1)]))),
}
print(json.dumps(seen))
