// Judges each query of the file `more.file` (a JSON list) by @jetstreamapp/soql-parser-js.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const { parseQuery } = require('@jetstreamapp/soql-parser-js');

const verdicts = JSON.parse(readFileSync(JSON.parse(process.env.ORG).more.file, 'utf8')).map((query) => {
  try {
    parseQuery(query);
    return null;
  } catch (error) {
    return String(error.message ?? error);
  }
});
console.log(JSON.stringify({ verdicts }));
