// The inventory as users of jsforce write it: describeGlobal, describe of each, queries with autoFetch.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEER_PACKAGES}/`);
const jsforce = require('jsforce');

const connection = new jsforce.Connection({
  instanceUrl: process.env.PEER_URL,
  accessToken: process.env.PEER_TOKEN,
  version: process.env.PEER_VERSION,
});
const rows = async (soql) =>
  (await connection.query(soql, { autoFetch: true, maxFetch: 1e7 })).records.length;

const begun = performance.now();
const { sobjects } = await connection.describeGlobal();
const objects = sobjects.filter((object) => !object.deprecatedAndHidden);
let fields = 0;
for (const object of objects) {
  fields += (await connection.describe(object.name)).fields.length;
}
await rows('SELECT Id, Name, Label, ProfileId, Profile.Name FROM PermissionSet');
const rights = await rows(
  'SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, ' +
    'PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions',
);
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ seconds, objects: objects.length, fields, rights }));
