// A connection of jsforce to the organisation in `ORG`, with what scripts of the Metadata API share.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');

export const org = JSON.parse(process.env.ORG);
/** The zips in `more.zips` (hex). */
export const zips = Object.fromEntries(
  Object.entries(org.more.zips).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]),
);
export const as = (accessToken) =>
  new jsforce.Connection({ instanceUrl: org.base_url, accessToken, version: '67.0' });
export const conn = as(org.access_token);
conn.metadata.pollInterval = 100;
conn.metadata.pollTimeout = 120000;

/** What a call answered, or its refusal. */
export const told = (call) =>
  call.then(
    (value) => ({ value }),
    (error) => ({ code: error.errorCode ?? error.name, message: error.message }),
  );
