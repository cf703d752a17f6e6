// Writes an RSA key to the two files named: the private one, the public one.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { more } = JSON.parse(process.env.ORG);
const form = (type) => ({ type, format: 'pem' });
const pair = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: form('spki'), privateKeyEncoding: form('pkcs8') });
writeFileSync(more.key, pair.privateKey);
writeFileSync(more.public, pair.publicKey);
console.log('{}');
