// Converts `more.from` to each of `more.formats` in turn, and tells the components and files before and after.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const { ComponentSet, MetadataConverter } = require('@salesforce/source-deploy-retrieve');
const { XMLParser } = require('fast-xml-parser');

const xml = new XMLParser({ preserveOrder: true, ignoreAttributes: false, parseTagValue: false, processEntities: true });

// An element as [name, attributes, text or sorted children]: equal for two files that differ in order and blanks alone.
function element(node) {
  const name = Object.keys(node).find((key) => key !== ':@');
  if (name === '#text') {
    return node[name];
  }
  const inside = node[name].map(element);
  const ordered = inside.map((child) => JSON.stringify(child)).sort();
  return [name, node[':@'] ?? {}, ordered.map((child) => JSON.parse(child))];
}

function content(path) {
  const text = readFileSync(path, 'utf8');
  return text.startsWith('<?xml') ? JSON.stringify(xml.parse(text).map(element)) : text;
}

// Paths from where the folders of the types are.
function files(folder) {
  const found = {};
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) {
      const below = name.split(sep).join('/').split('main/default/').pop();
      found[below] = content(path);
    }
  }
  return found;
}

function components(set) {
  const all = set.getSourceComponents().toArray();
  return all.map((component) => `${component.type.name} ${component.fullName}`).sort();
}

const { from, formats, to } = JSON.parse(process.env.ORG).more;
let set = ComponentSet.fromSource(from);
const steps = [{ components: components(set), files: files(from) }];
for (const [turn, format] of formats.entries()) {
  const outputDirectory = join(to, String(turn));
  const { packagePath } = await new MetadataConverter().convert(set, format, {
    type: 'directory',
    outputDirectory,
    packageName: 'converted',
    genUniqueDir: false,
  });
  set = ComponentSet.fromSource(packagePath ?? outputDirectory);
  steps.push({ components: components(set), files: files(packagePath ?? outputDirectory) });
}
console.log(JSON.stringify({ steps }));
