// What all generations of jsforce have in common, with promises: `more.name` is the package.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const org = JSON.parse(process.env.ORG);
const jsforce = require(org.more.name);
const version = '50.0';
const seen = {};
const refusal = (promise) => promise.then((value) => ({ value }), (error) => ({ code: error.errorCode, message: error.message }));
const { username, password } = org.admin;

const soap = new jsforce.Connection({ loginUrl: org.base_url, version });
seen.soap = (await soap.login(username, password + org.security_token)).organizationId === org.org_id;
const oauth2 = { loginUrl: org.base_url, clientId: org.client_id, clientSecret: org.client_secret, redirectUri: 'http://localhost/cb' };
const oauth = new jsforce.Connection({ oauth2, version });
seen.oauth = (await oauth.login(username, password)).organizationId === org.org_id;
seen.wrong = (await refusal(new jsforce.Connection({ oauth2, version }).login(username, 'wrong'))).message;

const conn = new jsforce.Connection({ instanceUrl: org.base_url, accessToken: org.access_token, version });
const accounts = conn.sobject('Account');
const made = await accounts.create({ Name: 'Old 1', Industry: 'Energy' });
seen.many = (await accounts.create([{ Name: 'Old 2' }, { Name: 'Old 3' }, {}])).map(({ success }) => success);
seen.retrieve = (await accounts.retrieve([made.id]))[0].Name;
seen.update = (await accounts.update([{ Id: made.id, Name: 'Old 1b' }]))[0].success;
seen.upsert = (await accounts.upsert([{ Id: made.id, Name: 'Old 1c' }], 'Id'))[0].created;
seen.query = (await conn.query("SELECT Id, Owner.Username FROM Account WHERE Name LIKE 'Old%'")).records.map(({ Owner }) => Owner.Username === username);
await conn.sobject('Contact').create({ LastName: 'Ash', AccountId: made.id });
seen.find = (await accounts.find({ Name: { $like: 'Old 1%' } }, 'Id').include('Contacts').select('LastName').end().execute())[0].Contacts.records[0].LastName;
seen.updated = (await accounts.find({ Name: { $like: 'Old%' } }).update({ Industry: 'Media' })).length;
seen.search = (await conn.search('FIND {Old} IN ALL FIELDS RETURNING Account(Id)')).searchRecords.length;
seen.refused = await refusal(conn.query('SELECT Nope FROM Account'));
seen.identity = (await conn.identity()).username === username;
seen.describe = [(await conn.describe('Account')).fields.length > 10, (await conn.describeGlobal()).sobjects.length > 50];
seen.lists = [(await conn.tabs()).length > 10, Array.isArray(await conn.recent()), (await accounts.listviews()).size, (await accounts.quickActions()).length];
seen.layouts = (await accounts.layouts()).layouts.length;
const metadata = conn.metadata;
seen.types = (await metadata.describe()).metadataObjects.length > 100;
seen.made = (await metadata.create('CustomObject', {
  fullName: 'Old_Thing__c', label: 'Thing', pluralLabel: 'Things', nameField: { type: 'Text', label: 'Name' }, deploymentStatus: 'Deployed', sharingModel: 'ReadWrite',
})).success;
seen.read = (await metadata.read('CustomObject', 'Old_Thing__c')).label;
seen.listed = (await metadata.list([{ type: 'CustomObject' }])).some(({ fullName }) => fullName === 'Old_Thing__c');
seen.tooling = [(await conn.tooling.query('SELECT Id FROM ApexClass')).records.length, (await conn.tooling.executeAnonymous('System.debug(1);')).success];
const lead = await conn.sobject('Lead').create({ LastName: 'Li', Company: 'Acme' });
seen.converted = await conn.soap.convertLead({ leadId: lead.id, convertedStatus: 'Closed - Converted', doNotCreateOpportunity: true });
const pair = await accounts.create([{ Name: 'Stays' }, { Name: 'Goes' }]);
seen.merged = await conn.soap.merge({ masterRecord: { type: 'Account', Id: pair[0].id }, recordToMergeIds: [pair[1].id] });
seen.goes = (await refusal(accounts.retrieve(pair[1].id))).code;
conn.bulk.pollInterval = 100;
seen.bulk = (await conn.bulk.load('Account', 'insert', [{ Name: 'Old B' }, { Name: 'Old C' }])).map(({ success }) => success);
seen.destroy = (await accounts.destroy([made.id]))[0].success;
// The library forgets its token with the session: another connection still has it.
const late = new jsforce.Connection({ instanceUrl: org.base_url, accessToken: oauth.accessToken, version });
await oauth.logout();
seen.after = (await refusal(late.query('SELECT Id FROM Account'))).code;
console.log(JSON.stringify(seen));
process.exit(0);
