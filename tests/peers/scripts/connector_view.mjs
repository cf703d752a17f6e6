// What an administrator and an ordinary user see of the app, and of its objects `more.hidden`.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');

const org = JSON.parse(process.env.ORG);
const { hidden, user_token: userToken } = org.more;
const as = (accessToken) => new jsforce.Connection({ instanceUrl: org.base_url, accessToken, version: '67.0' });
const admin = as(org.access_token);
const user = as(userToken);

const told = (call) =>
  call.then(
    (value) => ({ value }),
    (error) => ({ code: error.errorCode ?? error.name, message: error.message }),
  );
const column = async (rows, name) => (await rows).records.map((row) => row[name]);

const seen = { tooling: {}, user: {} };
for (const kind of ['ApexClass', 'ApexTrigger']) {
  const rows = admin.tooling.query(`SELECT Name, Status, IsValid FROM ${kind} WHERE Name LIKE 'CAS%'`);
  seen.tooling[kind] = await column(rows, 'Name');
}
const objects = admin.tooling.query("SELECT DeveloperName FROM CustomObject WHERE DeveloperName LIKE 'CAS%'");
seen.tooling.CustomObject = await column(objects, 'DeveloperName');
seen.permissionSets = await column(admin.query("SELECT Name FROM PermissionSet WHERE Name LIKE 'CAS%'"), 'Name');
seen.assigned = (
  await admin.query("SELECT PermissionSet.Name, Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name LIKE 'CAS%'")
).records.map((row) => [row.PermissionSet.Name, row.Assignee.Username]);
seen.deployments = (
  await admin.tooling.query('SELECT Id, Status, CheckOnly, CreatedBy.Username FROM DeployRequest')
).records.map((row) => ({ id: row.Id, status: row.Status, by: row.CreatedBy?.Username }));

const names = (global) => global.sobjects.map((object) => object.name).filter((name) => name.startsWith('CAS_'));
seen.global = names(await admin.describeGlobal());
seen.user.global = names(await user.describeGlobal());
seen.objects = {};
for (const name of hidden) {
  const fields = `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = '${name}'`;
  const entity = `SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = '${name}'`;
  seen.objects[name] = {
    fields: (await admin.describe(name)).fields.map((field) => field.name).filter((field) => field.endsWith('__c')),
    count: (await admin.query(`SELECT Id FROM ${name}`)).totalSize,
  };
  seen.user[name] = {
    describe: await told(user.describe(name)),
    query: await told(user.query(`SELECT Id FROM ${name}`)),
    count: await told(user.query(`SELECT COUNT() FROM ${name}`)),
    search: await told(user.search(`FIND {plan} RETURNING ${name}(Id)`)),
    create: await told(user.create(name, { Action_Id__c: 'x' })),
    fields: await told(user.query(fields).then((rows) => rows.totalSize)),
    entity: await told(user.query(entity).then((rows) => rows.totalSize)),
  };
}
console.log(JSON.stringify(seen));
