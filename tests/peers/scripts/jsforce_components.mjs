// Lists, retrieves, and components changed one by one, by jsforce, after a deploy of `more.zips.good` (hex).
import { conn, told, zips } from './jsforce_connection.mjs';

const seen = {};
await conn.metadata.deploy(zips.good, { rollbackOnError: true, singlePackage: true }).complete(true);
seen.noType = await told(conn.metadata.list([{ type: 'Shelves' }]));

const described = await conn.metadata.describe();
seen.describe = {
  types: described.metadataObjects.length,
  object: described.metadataObjects.find((one) => one.xmlName === 'CustomObject'),
  class: described.metadataObjects.find((one) => one.xmlName === 'ApexClass'),
  partialSaveAllowed: described.partialSaveAllowed,
  testRequired: described.testRequired,
};
seen.classes = await conn.metadata.list([{ type: 'ApexClass' }, { type: 'CustomObject' }]);

const retrieved = await conn.metadata
  .retrieve({
    apiVersion: '67.0',
    singlePackage: true,
    unpackaged: {
      types: [
        { name: 'ApexClass', members: ['Shelves', 'Absent'] },
        { name: 'CustomObject', members: ['Shelf__c'] },
      ],
      version: '67.0',
    },
  })
  .complete();
seen.retrieved = { ...retrieved, zipFile: Buffer.from(retrieved.zipFile, 'base64').toString('hex') };
seen.fetched = await told(conn.metadata.checkRetrieveStatus(retrieved.id));

const field = (name, more) => ({ fullName: `Shelf__c.${name}`, label: 'Row', type: 'Text', length: 20, ...more });
const box = {
  fullName: 'Box__c',
  label: 'Box',
  pluralLabel: 'Boxes',
  nameField: { type: 'Text', label: 'Box Name' },
  deploymentStatus: 'Deployed',
  sharingModel: 'ReadWrite',
};
const md = conn.metadata;
seen.read = await md.read('CustomObject', ['Shelf__c']);
seen.create = await md.create('CustomObject', [box]);
seen.createAgain = await md.create('CustomObject', [box]);
seen.createField = await md.create('CustomField', [field('Row__c'), { ...field('Bad__c'), type: 'Nothing' }]);
seen.readField = await md.read('CustomField', ['Shelf__c.Row__c']);
seen.updateField = await md.update('CustomField', field('Row__c', { length: 40 }));
seen.updated = await md.read('CustomField', 'Shelf__c.Row__c');
seen.upsert = await md.upsert('CustomField', [field('Row__c', { length: 50 }), field('New__c')]);
seen.updateAbsent = await md.update('CustomField', field('Absent__c'));
seen.rename = await md.rename('CustomField', 'Shelf__c.New__c', 'Shelf__c.Newer__c');
seen.delete = await md.delete('CustomField', ['Shelf__c.Row__c', 'Shelf__c.Nothing__c']);
seen.deleteObject = await md.delete('CustomObject', 'Box__c');
seen.objects = (await md.list({ type: 'CustomObject' })).map((one) => one.fullName).filter((name) => name.endsWith('__c'));
console.log(JSON.stringify(seen));
