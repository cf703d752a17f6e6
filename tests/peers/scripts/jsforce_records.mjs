// jsforce on records: queries in pages, changes, collections, describes, composite, search, both Bulk APIs.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');
const org = JSON.parse(process.env.ORG);
const connect = (more) =>
  new jsforce.Connection({ instanceUrl: org.base_url, accessToken: org.access_token, version: '67.0', ...more });
const conn = connect();
const seen = {};
const refusal = (promise) => promise.then((value) => ({ value }), (error) => ({ code: error.errorCode, name: error.name, message: error.message }));

// Records one by one.
const made = await conn.sobject('Account').create({ Name: 'One', Industry: 'Energy', NumberOfEmployees: 7 });
seen.create = made;
seen.retrieve = await conn.sobject('Account').retrieve(made.id);
seen.update = await conn.sobject('Account').update({ Id: made.id, Name: 'Changed' });
seen.missing = await refusal(conn.sobject('Account').create({ Industry: 'x' }));
seen.unknown = await refusal(conn.sobject('Account').create({ Name: 'x', Nope: 1 }));
seen.malformed = await refusal(conn.query('SELECT Id FROM'));
seen.absent = await refusal(conn.sobject('Account').retrieve('001000000000000AAA'));

// Many at once: more than one collection takes.
const many = Array.from({ length: 450 }, (_, n) => ({ Name: `Many ${String(n).padStart(3, '0')}`, NumberOfEmployees: n }));
const created = await conn.sobject('Account').create(many, { allowRecursive: true });
seen.many = created.filter((row) => row.success).length;
const half = await conn.sobject('Account').create([{ Name: 'good' }, { Industry: 'no name' }]);
seen.half = half;
seen.none = await refusal(conn.sobject('Account').create([{ Name: 'good' }, { Industry: 'no name' }], { allOrNone: true }));
seen.updated = (await conn.sobject('Account').update(created.slice(0, 3).map(({ id }) => ({ Id: id, Industry: 'Media' })))).length;
seen.retrieved = (await conn.sobject('Account').retrieve(created.slice(0, 5).map(({ id }) => id))).map((row) => row.Name);

// Queries.
const first = await conn.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Many%'", { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
seen.page = { total: first.totalSize, rows: first.records.length, done: first.done };
const next = await conn.queryMore(first.nextRecordsUrl);
seen.next = { rows: next.records.length, done: next.done };
const all = await conn.query("SELECT Id FROM Account WHERE Name LIKE 'Many%'", { autoFetch: true, maxFetch: 400, headers: { 'Sforce-Query-Options': 'batchSize=200' } });
seen.fetched = all.records.length;
const streamed = [];
await new Promise((resolve, reject) => {
  conn.query("SELECT Name FROM Account WHERE Name LIKE 'Many%'").on('record', (row) => streamed.push(row.Name)).on('end', resolve).on('error', reject).run({ autoFetch: true, maxFetch: 1000 });
});
seen.streamed = streamed.length;
const ann = await conn.sobject('Contact').create({ LastName: 'Ash', Email: 'ann@one.example', AccountId: made.id });
seen.found = await conn.sobject('Contact').find({ 'Account.Name': 'Changed', CreatedDate: { $lte: jsforce.Date.TOMORROW } }, { Id: 1, 'Account.Name': 1 }).sort({ LastName: -1 }).limit(5).skip(0);
seen.children = await conn.sobject('Account').find({ Id: made.id }, 'Id, Name').include('Contacts').select('LastName').end().execute();
seen.count = await conn.sobject('Account').count({ Name: { $like: 'Many%' } });
seen.grouped = (await conn.query('SELECT Industry, COUNT(Id) n FROM Account GROUP BY Industry ORDER BY COUNT(Id) DESC')).records[0];
seen.bulkUpdate = (await conn.sobject('Account').find({ Industry: 'Media' }).update({ Industry: 'Energy' })).length;
seen.explained = (await conn.query('SELECT Id FROM Account').explain()).plans.length;

// Upserts by a key, deletions.
seen.upsertById = await conn.sobject('Account').upsert({ Id: made.id, Name: 'Upserted' }, 'Id');
seen.destroyed = (await conn.sobject('Account').destroy(created.slice(0, 250).map(({ id }) => id), { allowRecursive: true })).filter((row) => row.success).length;
seen.gone = await refusal(conn.sobject('Account').retrieve(created[0].id));
seen.queryAll = (await conn.query("SELECT Id FROM Account WHERE Name LIKE 'Many%' AND IsDeleted = true", { scanAll: true })).totalSize;
const now = new Date();
const span = [new Date(now - 3600_000).toISOString(), new Date(+now + 3600_000).toISOString()];
seen.deletedIds = (await conn.sobject('Account').deleted(...span)).deletedRecords.length;
seen.updatedIds = (await conn.sobject('Account').updated(...span)).ids.length > 0;

// Describes, with the cache that the library keeps.
seen.global = (await conn.describeGlobal()).sobjects.some(({ name }) => name === 'Account');
await conn.describeGlobal$();
seen.cachedGlobal = (await conn.describeGlobal$()).sobjects.length > 0;
const described = await conn.sobject('Account').describe();
seen.described = { name: described.name, fields: described.fields.length > 10, urls: Object.keys(described.urls).includes('sobject') };
await conn.describe$('Contact');
seen.cached = (await conn.describe$('Contact')).name;

// The rest.
seen.limits = (await conn.limits()).DailyApiRequests.Max > 0;
seen.limitInfo = Object.keys(conn.limitInfo ?? {});
seen.identity = (await conn.identity()).username;
seen.recent = Array.isArray(await conn.recent()) && Array.isArray(await conn.sobject('Account').recent());
seen.tabs = (await conn.tabs()).length > 0;
seen.theme = Array.isArray((await conn.theme()).themeItems);
seen.layouts = (await conn.sobject('Account').layouts()).layouts.length;
seen.compact = (await conn.sobject('Account').compactLayouts()).compactLayouts.length;
seen.listviews = (await conn.sobject('Account').listviews()).size;
seen.quickActions = (await conn.quickActions().catch((error) => error.errorCode));
seen.versions = (await conn.request('/services/data')).length > 10;
seen.search = (await conn.search('FIND {Upserted} IN ALL FIELDS RETURNING Account(Id, Name)')).searchRecords;
const composite = await conn.requestPost(`/services/data/v67.0/composite`, {
  allOrNone: true,
  compositeRequest: [
    { method: 'POST', url: '/services/data/v67.0/sobjects/Account', referenceId: 'a', body: { Name: 'Composite' } },
    { method: 'POST', url: '/services/data/v67.0/sobjects/Contact', referenceId: 'c', body: { LastName: 'X', AccountId: '@{a.id}' } },
  ],
});
seen.composite = composite.compositeResponse.map(({ httpStatusCode }) => httpStatusCode);
seen.tooling = (await conn.tooling.query('SELECT Id, Name FROM ApexClass')).totalSize;
seen.toolingDescribe = (await conn.tooling.describe('ApexClass')).name;
seen.anonymous = await conn.tooling.executeAnonymous("insert new Account(Name = 'By Apex');");
const source = `@RestResource(urlMapping='/peer/*')
global class PeerRest {
  @HttpGet global static String read() { return RestContext.request.requestURI + '?' + RestContext.request.params.get('q'); }
  @HttpPost global static Account make(String name) { Account made = new Account(Name = name); insert made; return made; }
}`;
seen.classMade = await refusal(conn.tooling.sobject('ApexClass').create({ Body: source }));
seen.classBroken = (await refusal(conn.tooling.sobject('ApexClass').create({ Body: 'public class Broken { nonsense }' }))).code;
seen.apexGet = await refusal(conn.apex.get('/peer/x?q=1'));
seen.apexPost = await refusal(conn.apex.post('/peer/', { name: 'By REST' }));
seen.apexAbsent = (await refusal(conn.apex.get('/nowhere/'))).code;
const old = connect({ version: '42.0' });
seen.oldVersion = (await old.query("SELECT Id FROM Account WHERE Name = 'By Apex'")).totalSize;
const stale = connect({ accessToken: '00D000000000000!stale' });
seen.stale = await refusal(stale.query('SELECT Id FROM Account'));

// Bulk 2.0 and Bulk.
conn.bulk2.pollInterval = 50;
conn.bulk2.pollTimeout = 60000;
const loaded = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'insert', input: [{ Name: 'B2 a', Industry: '' }, { Name: 'B2 b', Industry: 'Energy' }, { Name: '', Industry: 'Media' }], pollInterval: 50, pollTimeout: 60000 });
seen.bulk2 = { good: loaded.successfulResults.length, bad: loaded.failedResults.map((row) => row.sf__Error), left: loaded.unprocessedRecords.length };
const records = await (await conn.bulk2.query("SELECT Id, Name, Owner.Username FROM Account WHERE Name LIKE 'B2%' ORDER BY Name", { pollInterval: 50 })).toArray();
seen.bulk2Query = records.map((row) => [row.Name, row['Owner.Username'] === org.admin.username]);
seen.bulk2Bad = (await refusal(conn.bulk2.query('SELECT Nope FROM Account'))).code ?? 'none';
const gone = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'delete', input: records.map(({ Id }) => ({ Id })), pollInterval: 50, pollTimeout: 60000 });
seen.bulk2Deleted = gone.successfulResults.length;
conn.bulk.pollInterval = 50;
conn.bulk.pollTimeout = 60000;
seen.bulk = await conn.bulk.load('Account', 'insert', [{ Name: 'B1 a', Industry: 'Energy' }, { Name: 'B1 b', Industry: '' }, { Name: '', Industry: 'x' }]);
const bulkRows = await (await conn.bulk.query("SELECT Id, Name FROM Account WHERE Name LIKE 'B1%' ORDER BY Name")).toArray();
seen.bulkQuery = bulkRows.map(({ Name }) => Name);
seen.bulkDeleted = (await conn.bulk.load('Account', 'delete', bulkRows.map(({ Id }) => ({ Id })))).filter(({ success }) => success).length;
seen.bulkBad = (await refusal(conn.bulk.load('Nope', 'insert', [{ Name: 'x' }]))).message;
console.log(JSON.stringify(seen));
