// Deploys by jsforce of the zips in `more.zips` (hex).
import { as, conn, told, zips } from './jsforce_connection.mjs';

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
