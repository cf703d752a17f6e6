// jsforce logging in: the web server flow with a verifier, refreshes, revocations, passwords, SOAP.
import { createRequire } from 'node:module';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const jsforce = require('jsforce');
const org = JSON.parse(process.env.ORG);
const seen = {};
const refusal = (promise) => promise.then((value) => ({ value }), (error) => ({ code: error.errorCode, name: error.name, message: error.message }));

// What a person does in a browser, with redirects that are not followed.
const post = (path, form) =>
  fetch(org.base_url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form) });
async function allowed(url) {
  const page = (html) => html.match(/name="page" value="([^"]*)"/)[1];
  const login = await (await fetch(url)).text();
  let answer = await post('/login', { page: page(login), username: org.admin.username, pw: org.admin.password });
  if (answer.status === 200) {
    answer = await post('/setup/secur/RemoteAccessAuthorizationPage.apexp', { page: page(await answer.text()), save: 'Allow' });
  }
  return new URL(answer.headers.get('location'));
}

const settings = {
  loginUrl: org.base_url, clientId: org.client_id, clientSecret: org.client_secret, redirectUri: 'http://127.0.0.1:9/callback',
};
const oauth2 = new jsforce.OAuth2({ ...settings, useVerifier: true });
const back = await allowed(oauth2.getAuthorizationUrl({ scope: 'api id openid refresh_token', state: 'here' }));
seen.state = back.searchParams.get('state');
const conn = new jsforce.Connection({ oauth2, version: '67.0' });
const who = await conn.authorize(back.searchParams.get('code'));
seen.authorize = { id: who.id, organizationId: who.organizationId };
const identity = await conn.identity();
seen.identity = { username: identity.username, urls: Object.keys(identity.urls).length };
seen.userinfo = (await conn.request('/services/oauth2/userinfo')).preferred_username;

// A session that is over is refreshed on the way.
const first = conn.refreshToken;
let refreshed = 0;
conn.on('refresh', (token) => { refreshed += token === conn.accessToken ? 1 : 0; });
conn.accessToken = `${org.org_id}!AQdead`;
seen.after = (await conn.query('SELECT Id FROM Organization')).totalSize;
seen.refreshed = refreshed;
// The app rotates its refresh tokens: the first is spent.
seen.spent = await refusal(oauth2.refreshToken(first));

const plain = new jsforce.OAuth2(settings);
seen.no_verifier = (await fetch(plain.getAuthorizationUrl({}), { redirect: 'manual' })).headers.get('location');

// The password flow of OAuth, and its end.
const password = new jsforce.Connection({ oauth2: plain, version: '67.0' });
const user = await password.login(org.admin.username, org.admin.password + org.security_token);
seen.password = { id: user.id, organizations: (await password.query('SELECT Id FROM Organization')).totalSize };
const { accessToken: over, instanceUrl } = password;
await password.logout();
const query = (accessToken) => refusal(new jsforce.Connection({ instanceUrl, accessToken }).query('SELECT Id FROM Organization'));
seen.logged_out = await query(over);
seen.wrong_oauth = await refusal(password.login(org.admin.username, 'wrong'));

// The app's own credentials, and introspection of what they gave.
const own = await (await fetch(`${org.base_url}/services/oauth2/token`, {
  method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }),
  headers: { authorization: `Basic ${Buffer.from(`${org.client_id}:${org.client_secret}`).toString('base64')}` },
})).json();
const direct = new jsforce.Connection({ instanceUrl: own.instance_url, accessToken: own.access_token });
seen.own = (await direct.identity()).user_id;
await plain.revokeToken(own.access_token);
seen.revoked = await query(own.access_token);

// SOAP, at the version that jsforce asks for by itself: newer ones have no login any more.
const soap = new jsforce.Connection({ loginUrl: org.base_url });
const info = await soap.login(org.admin.username, org.admin.password + org.security_token);
seen.soap = { id: info.id, organizationId: info.organizationId, instance: soap.instanceUrl };
seen.soap_query = (await soap.query('SELECT Id FROM Organization')).totalSize;
seen.user = (await soap.soap.getUserInfo()).userName;
const ended = soap.accessToken;
await soap.logout();
seen.soap_out = await query(ended);
seen.late_soap = await refusal(new jsforce.Connection({ loginUrl: org.base_url, version: '65.0' }).login(org.admin.username, org.admin.password));
seen.wrong_soap = await refusal(soap.login(org.admin.username, 'wrong'));
console.log(JSON.stringify(seen));
process.exit(0);
