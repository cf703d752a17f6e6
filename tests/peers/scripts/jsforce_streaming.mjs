// Listens with jsforce: a PushTopic, changes of accounts with and without replay, and what is refused.
import { createRequire } from 'node:module';
import { as, conn, org } from './jsforce_connection.mjs';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const { StreamingExtension } = require('jsforce/lib/api/streaming');

/** The first messages of a channel, as they come. */
const first = (client, channel, count) => {
  let subscription;
  const messages = new Promise((resolve, reject) => {
    const heard = [];
    subscription = client.subscribe(channel, (message) => {
      heard.push(message);
      if (heard.length === count) resolve(heard);
    });
    subscription.errback(reject);
  });
  return { messages, ready: subscription };
};

await conn.sobject('PushTopic').create({
  Name: 'Fjords',
  Query: "SELECT Id, Name FROM Account WHERE BillingCountry = 'Norway'",
  ApiVersion: 67,
  IsActive: true,
  NotifyForFields: 'Referenced',
  NotifyForOperationCreate: true,
  NotifyForOperationUpdate: true,
  NotifyForOperationDelete: false,
  NotifyForOperationUndelete: false,
});
await conn.tooling.sobject('PlatformEventChannelMember').create({
  FullName: 'ChangeEvents_AccountChangeEvent',
  Metadata: { eventChannel: 'ChangeEvents', selectedEntity: 'AccountChangeEvent' },
});

const client = conn.streaming.createClient([]);
const topic = first(client, '/topic/Fjords', 2);
const changes = first(client, '/data/AccountChangeEvent', 2);
await topic.ready;
await changes.ready;
const { id } = await conn.sobject('Account').create({ Name: 'Fjord', BillingCountry: 'Norway' });
await conn.sobject('Account').update({ Id: id, Name: 'Fjell' });
const seen = { topic: await topic.messages, changes: await changes.messages };

const replaying = conn.streaming.createClient([
  new StreamingExtension.Replay('/data/AccountChangeEvent', -2),
]);
const replayed = first(replaying, '/data/AccountChangeEvent', 2);
seen.replayed = (await replayed.messages).map((one) => one.payload.ChangeEventHeader.changeType);

seen.missing = await first(client, '/topic/Nothing', 1).messages.catch((error) => error.message);
seen.denied = await new Promise((resolve) => {
  const failed = new StreamingExtension.AuthFailure((message) => resolve(message.ext.sfdc.failureReason));
  as(org.access_token + 'x')
    .streaming.createClient([failed])
    .subscribe('/topic/Fjords', () => {});
});
console.log(JSON.stringify(seen));
process.exit(0);
