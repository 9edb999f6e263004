// A person with a browser, and a SCIM client: signs in with both providers, and is deactivated.
//
// node browser.mjs BASE TOKEN SAML_ISSUER
import assert from "node:assert/strict";

const [base, token, samlHost] = process.argv.slice(2);
const ANA = "ana@contoso.com";

/** Keeps cookies by host, follows redirects, and submits the forms of providers. */
class Browser {
  cookies = new Map();

  async fetch(url, options = {}) {
    const jar = this.jar(url);
    const headers = { ...options.headers, cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
    const response = await fetch(url, { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(";")[0].split("=");
      jar.set(name, value.join("="));
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
    }
    return response;
  }

  jar(url) {
    const { host } = new URL(url);
    if (!this.cookies.has(host)) this.cookies.set(host, new Map());
    return this.cookies.get(host);
  }

  /** Goes where pages lead until one neither redirects nor has a form of a provider. */
  async visit(url, until) {
    let response = await this.fetch(url);
    for (let step = 0; step < 20; step++) {
      const location = response.headers.get("location");
      if (location) {
        url = new URL(location, url).href;
        if (until?.(url)) return { url, response };
        response = await this.fetch(url);
        continue;
      }
      const form = response.ok && formOf(await response.clone().text(), url);
      if (!form || new URL(url).href.startsWith(base)) return { url, response };
      url = form.action;
      const headers = { origin: new URL(form.page).origin, "content-type": "application/x-www-form-urlencoded" };
      response = await this.fetch(url, { method: "POST", headers, body: form.fields });
    }
    throw new Error(`no end of redirects at ${url}`);
  }

  async session() {
    return (await this.fetch(`${base}/sign-in/session`)).json();
  }
}

function unescaped(text) {
  const names = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)))
    .replace(/&(amp|lt|gt|quot);/g, (_, name) => names[name]);
}

function formOf(html, page) {
  const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/i.exec(html);
  if (!form) return undefined;
  const fields = new URLSearchParams();
  for (const [input] of form[2].matchAll(/<input[^>]*>/gi)) {
    const attribute = (name) => new RegExp(`\\b${name}="([^"]*)"`, "i").exec(input)?.[1];
    const name = attribute("name");
    if (name) fields.append(name, unescaped(attribute("value") ?? (name === "login" ? "ana" : "x")));
  }
  return { action: new URL(unescaped(form[1]), page).href, fields, page };
}

async function scim(method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json" };
  const response = await fetch(`${base}/scim/v2${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

const setActive = (id, value) =>
  scim("PATCH", `/Users/${id}`, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "active", value }],
  });

async function signIn(way) {
  const browser = new Browser();
  const { url, response } = await browser.visit(`${base}/${way}`, (to) => to === `${base}/sign-in`);
  assert.equal(url, `${base}/sign-in`, `${way}: ${response.status} ${await response.text()}`);
  const session = await browser.session();
  assert.equal(session.active, true);
  assert.equal(session.userName, ANA);
  console.log(`${way}: signed in`);
  return browser;
}

async function refused(way, status) {
  const browser = new Browser();
  const { response } = await browser.visit(way.startsWith("http") ? way : `${base}/${way}`);
  assert.equal(response.status, status);
  assert.match(await response.text(), /not signed in/);
  assert.equal((await browser.session()).active, false);
  console.log(`${way}: refused`);
}

await refused("oidc/login", 403);
await refused("saml/login", 403);
const ana = await scim("POST", "/Users", {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName: ANA,
  active: true,
});
const signedIn = [await signIn("oidc/login"), await signIn("saml/login"), await signIn("oidc/login")];
await refused(`${samlHost}/sso`, 403);

const before = performance.now();
await setActive(ana.id, false);
for (const browser of signedIn) assert.equal((await browser.session()).active, false);
const took = performance.now() - before;
assert.ok(took < 1000, `${took} ms`);
console.log(`deactivated: ${signedIn.length} sessions were dead after ${took.toFixed(0)} ms`);
await refused("oidc/login", 403);
await refused("saml/login", 403);
await setActive(ana.id, true);
for (const browser of signedIn) assert.equal((await browser.session()).active, false);
await signIn("oidc/login");
await signIn("saml/login");
