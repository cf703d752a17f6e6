// Deploys by jsforce of the zips in `more.zips` (hex).
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');

const org = JSON.parse(process.env.ORG);
const zips = Object.fromEntries(
  Object.entries(org.more.zips).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]),
);
const as = (accessToken) => new jsforce.Connection({ instanceUrl: org.base_url, accessToken, version: '67.0' });
const conn = as(org.access_token);
conn.metadata.pollInterval = 100;
conn.metadata.pollTimeout = 120000;

const told = (call) =>
  call.then(
    (value) => ({ value }),
    (error) => ({ code: error.errorCode ?? error.name, message: error.message }),
  );
const options = { rollbackOnError: true, singlePackage: true };
const seen = {};

seen.deployed = await conn.metadata.deploy(zips.good, options).complete(true);
seen.again = await conn.metadata.deployRest(zips.good, options).complete(true);
seen.broken = await conn.metadata.deploy(zips.broken, options).complete(true);
const tested = { ...options, checkOnly: true, testLevel: 'RunSpecifiedTests', runTests: ['ShelvesTest'] };
seen.validated = await conn.metadata.deploy(zips.good, tested).complete(true);
seen.quickId = await conn.metadata.deployRecentValidation({ id: seen.validated.id });
for (let tries = 0; tries < 100; tries += 1) {
  seen.quick = await conn.metadata.checkDeployStatus(seen.quickId, true);
  if (seen.quick.done) {
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
seen.tooLate = await told(conn.metadata.cancelDeploy(seen.quickId));
seen.nowhere = await told(conn.metadata.checkDeployStatus('0Af000000000001AAA', true));
seen.stranger = await told(as('00D000000000001AAA!nope').metadata.describe());
console.log(JSON.stringify(seen));
