// The Pub/Sub client for Node at work: what it receives, publishes and commits.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const { default: PubSubApiClient } = require('salesforce-pubsub-api-client');
const org = JSON.parse(process.env.ORG);
const { topic, own, changes, managed, object, record } = org.more;

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const settings = (more) => ({
    pubSubEndpoint: org.pubsub_url.replace(/^https?:\/\//, '').replace('127.0.0.1', 'localhost'),
    rejectUnauthorizedSsl: false,
    ...more,
});
const byToken = () => settings({ authType: 'user-supplied', accessToken: org.access_token, instanceUrl: org.base_url });

async function connected(config) {
    const client = new PubSubApiClient(config, quiet);
    await client.connect();
    return client;
}

// The events of a subscription once there are so many, and what else its callback was told.
function collect(count, start) {
    return new Promise((resolve, reject) => {
        const seen = { events: [], told: [] };
        const slow = setTimeout(() => reject(new Error(`${seen.events.length} of ${count} events`)), 60_000);
        const done = () => (clearTimeout(slow), resolve(seen));
        start((info, type, data) => {
            if (type === 'event') seen.events.push(data);
            else seen.told.push(type);
            if (type === 'error') (clearTimeout(slow), resolve({ ...seen, error: data }));
            if (seen.events.length === count) done();
        });
    });
}

async function rest(method, path, body) {
    const answer = await fetch(`${org.base_url}/services/data/v67.0${path}`, {
        method,
        headers: { authorization: `Bearer ${org.access_token}`, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
}

const seen = {};
if (org.more.resume) {
    const again = await connected(byToken());
    const rest = await collect(1, (callback) => again.subscribeWithManagedSubscription(managed, callback, 1));
    seen.resumed = rest.events.map((event) => event.payload.Text__c);
    finish();
}

function finish() {
    console.log(JSON.stringify(seen, (key, value) => (typeof value === 'bigint' ? Number(value) : value)));
    process.exit(0);
}

await rest('POST', '/tooling/sobjects/PlatformEventChannelMember', {
    FullName: 'ChangeEvents_AccountChangeEvent',
    Metadata: { eventChannel: 'ChangeEvents', selectedEntity: 'AccountChangeEvent' },
});
await rest('POST', '/tooling/sobjects/ManagedEventSubscription', {
    FullName: managed,
    Metadata: { label: managed, topicName: own, defaultReplay: 'EARLIEST', errorRecoveryReplay: 'LATEST', state: 'RUN' },
});

const client = await connected(byToken());
await rest('POST', `/sobjects/${object}`, record);
await rest('POST', `/sobjects/${object}`, record);
const first = await collect(2, (callback) => client.subscribeFromEarliestEvent(topic, callback, 2));
seen.earliest = first.events;

// From a replay id, which the client reduces to eight bytes.
const later = await connected(byToken());
const after = await collect(1, (callback) =>
    later.subscribeFromReplayId(topic, callback, null, first.events[0].replayId));
seen.after = after.events;

// More than the window of a hundred, without end.
const endless = await connected(byToken());
const many = collect(250, (callback) => endless.subscribe(own, callback));
await new Promise((resolve) => setTimeout(resolve, 500));
const payload = (text) => ({ CreatedDate: Date.now(), CreatedById: org.more.user, Text__c: { string: text }, Amount__c: { double: 1.5 }, Done__c: null });
seen.published = await client.publish(own, payload('one'), 'my-key');
const batch = Array.from({ length: 249 }, (_, at) => ({ payload: payload(`batch ${at}`) }));
seen.batch = await new Promise((resolve) => client.publishBatch(own, batch, (info, type, data) =>
    type === 'publishResponse' && resolve(data.results.length)));
const received = await many;
seen.many = { count: new Set(received.events.map((event) => event.id)).size, first: received.events[0] };

// Changes of records, whose bitmaps the client reads.
const account = await rest('POST', '/sobjects/Account', { Name: 'Acme', BillingCity: 'Paris' });
await rest('PATCH', `/sobjects/Account/${account.id}`, { BillingCity: 'Rome', Phone: null, Site: 'x' });
const capture = await connected(byToken());
seen.changes = (await collect(2, (callback) => capture.subscribeFromEarliestEvent(changes, callback, 2))).events;

// A subscription whose position the org keeps; it has one client at a time.
const keeper = await connected(byToken());
let subscription;
const kept = await collect(3, (callback) => keeper.subscribeWithManagedSubscription(managed, (info, type, data) => {
    subscription = info;
    callback(info, type, data);
}, 100));
seen.managed = kept.events.map((event) => event.payload.Text__c);
keeper.commitReplayId(subscription.subscriptionId, kept.events[1].replayId);
const second = await connected(byToken());
const active = await collect(1, (callback) => second.subscribeWithManagedSubscription(managed, callback, 1));
seen.active = { code: active.error.code, trailer: active.error.metadata.get('error-code') };

// What is not there.
const lost = await connected(byToken());
const missing = await collect(1, (callback) => lost.subscribe('/event/Nothing__e', callback, 1));
seen.missing = { code: missing.error.code, details: missing.error.details, trailer: missing.error.metadata.get('error-code') };
const stranger = await connected(settings({ authType: 'user-supplied', accessToken: org.access_token + 'x', instanceUrl: org.base_url }));
const refused = await collect(1, (callback) => stranger.subscribe(topic, callback, 1));
seen.refused = { code: refused.error.code, details: refused.error.details };

// A login of its own.
const person = await connected(settings({
    authType: 'username-password', loginUrl: org.base_url, username: org.admin.username, password: org.admin.password,
}));
seen.loggedIn = (await collect(2, (callback) => person.subscribeFromEarliestEvent(topic, callback, 2))).events.length;

[client, later, endless, capture, keeper, second, lost, stranger, person].forEach((one) => one.close());
finish();
