// Parses each file of `more.folder` as what its ending says, and tells what is wrong with it.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const { ApexErrorListener, ApexParserFactory } = require('@apexdevtools/apex-parser');

class Listener extends ApexErrorListener {
  said = [];

  apexSyntaxError(line, column, message) {
    this.said.push(`${line}:${column} ${message}`);
  }
}

const { folder } = JSON.parse(process.env.ORG).more;
const seen = { parsed: 0, wrong: {} };
for (const name of readdirSync(folder, { recursive: true })) {
  const isTrigger = name.endsWith('.trigger');
  if (!isTrigger && !name.endsWith('.cls')) {
    continue;
  }
  const listener = new Listener();
  const parser = ApexParserFactory.createParser(readFileSync(join(folder, name), 'utf8'));
  parser.removeErrorListeners();
  parser.addErrorListener(listener);
  if (isTrigger) {
    parser.triggerUnit();
  } else {
    parser.compilationUnit();
  }
  seen.parsed += 1;
  if (listener.said.length > 0) {
    seen.wrong[name] = listener.said;
  }
}
console.log(JSON.stringify(seen));
