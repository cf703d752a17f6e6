// A refresh token, as a person at a browser and jsforce come by it.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');
const org = JSON.parse(process.env.ORG);
const post = (path, form) =>
  fetch(org.base_url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form) });
const page = (html) => html.match(/name="page" value="([^"]*)"/)[1];
const oauth2 = new jsforce.OAuth2({
  loginUrl: org.base_url, clientId: org.client_id, clientSecret: org.client_secret, redirectUri: 'http://127.0.0.1:9/callback', useVerifier: true,
});
const login = await (await fetch(oauth2.getAuthorizationUrl({ scope: 'api web refresh_token' }))).text();
const approval = await (await post('/login', { page: page(login), username: org.admin.username, pw: org.admin.password })).text();
const done = await post('/setup/secur/RemoteAccessAuthorizationPage.apexp', { page: page(approval), save: 'Allow' });
const tokens = await oauth2.requestToken(new URL(done.headers.get('location')).searchParams.get('code'));
console.log(JSON.stringify(tokens));
process.exit(0);
