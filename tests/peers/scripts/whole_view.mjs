// All of an organisation's setup that an administrator can list, describe and query with jsforce, each thing under a name of
// its own. Left out is what other people's work moves: dates and who changed what last.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');

const org = JSON.parse(process.env.ORG);
const admin = new jsforce.Connection({ instanceUrl: org.base_url, accessToken: org.access_token, version: '67.0' });
const seen = {};
const asArray = (value) => (value === undefined || value === null ? [] : [value].flat());

const { metadataObjects } = await admin.metadata.describe('67.0');
const kinds = metadataObjects.map((kind) => kind.xmlName).filter((name) => !/^(Report|Dashboard|Document|EmailTemplate)$/.test(name));
for (let at = 0; at < kinds.length; at += 3) {
  const wanted = kinds.slice(at, at + 3).map((type) => ({ type }));
  for (const file of asArray(await admin.metadata.list(wanted, '67.0'))) {
    seen[`metadata ${file.type} ${file.fullName}`] = `${file.id} ${file.manageableState} ${file.namespacePrefix}`;
  }
}
const queries = {
  tooling: {
    ApexClass: 'Id, Name, Status, Body, NamespacePrefix',
    ApexTrigger: 'Id, Name, Status, Body, TableEnumOrId',
    CustomObject: 'Id, DeveloperName',
    CustomField: 'Id, DeveloperName, TableEnumOrId',
  },
  data: {
    PermissionSet: 'Id, Name, Label, IsOwnedByProfile',
    PermissionSetAssignment: 'Id, AssigneeId, PermissionSetId',
    ObjectPermissions: 'Id, ParentId, SobjectType, PermissionsRead',
    FieldPermissions: 'Id, ParentId, Field, PermissionsRead',
    SetupEntityAccess: 'Id, ParentId, SetupEntityId',
    CustomPermission: 'Id, DeveloperName',
    User: 'Id, Username, IsActive',
  },
};
for (const [catalogue, tables] of Object.entries(queries)) {
  const api = catalogue === 'tooling' ? admin.tooling : admin;
  for (const [table, fields] of Object.entries(tables)) {
    const rows = await api.query(`SELECT ${fields} FROM ${table}`, { autoFetch: true, maxFetch: 50000 });
    for (const { attributes, ...row } of rows.records) {
      seen[`${catalogue} ${table} ${row.Id}`] = JSON.stringify(row);
    }
  }
}
const { sobjects } = await admin.describeGlobal();
for (const object of sobjects) {
  seen[`object ${object.name}`] = JSON.stringify(object);
}
for (const { name } of sobjects) {
  const { fields, childRelationships, recordTypeInfos } = await admin.describe(name);
  seen[`describe ${name}`] = JSON.stringify({ fields, childRelationships, recordTypeInfos });
}
console.log(JSON.stringify(seen));
