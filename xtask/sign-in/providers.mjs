// An OpenID Provider (npm oidc-provider) and a SAML identity provider (npm samlp) that know one person.
//
// node providers.mjs OIDC_PORT SAML_PORT BASE: BASE is Rollcall's address of the tenant, such as http://127.0.0.1:8080/t/contoso.
import express from "express";
import Provider from "oidc-provider";
import samlp from "samlp";
import selfsigned from "selfsigned";

const [oidcPort, samlPort, base] = process.argv.slice(2);
const ANA = "ana@contoso.com";

const oidc = new Provider(`http://127.0.0.1:${oidcPort}`, {
  clients: [
    {
      client_id: "rollcall",
      client_secret: "a secret: with / and %",
      redirect_uris: [`${base}/oidc/callback`],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { profile: ["preferred_username", "name"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: ANA, name: "Ana Miller", email: ANA, email_verified: true }),
  }),
});
oidc.listen(Number(oidcPort), "127.0.0.1");

const { private: key, cert } = await selfsigned.generate([{ name: "commonName", value: "samlp" }], { keySize: 2048 });
const issuer = `http://127.0.0.1:${samlPort}/idp`;
const saml = express();
saml.get("/metadata", (request, response, next) => {
  const options = { issuer, cert, redirectEndpointPath: "/sso", postEndpointPath: "/sso" };
  samlp.metadata(options)(request, response, next);
});
// The application's own entity id is where its answers go, as in the guides of Maptician.
const acs = `${base}/saml/acs`;
const signOn = samlp.auth({
  issuer,
  cert,
  key,
  audience: acs,
  recipient: acs,
  destination: acs,
  getPostURL: (_, __, ___, done) => done(null, acs),
  getUserFromRequest: () => ({ id: ANA, displayName: "Ana Miller", name: {}, emails: [{ value: ANA }] }),
});
saml.get("/sso", signOn);
saml.listen(Number(samlPort), "127.0.0.1");
