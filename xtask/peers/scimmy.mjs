// An application on SCIMMY: resources are kept in memory, a name is taken in any letter case, and filters are SCIMMY's
// own. The arguments are the port and the token. Each request is a line of the log, as scim2-server writes it.
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;

function keep(Resource, name) {
  const resources = new Map();
  const fold = (value) => (value ?? "").toLowerCase();
  const missing = (id) => new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
  SCIMMY.Resources.declare(Resource, {
    egress: async ({id, filter}) => {
      if (id) {
        if (!resources.has(id)) throw missing(id);
        return resources.get(id);
      }
      const all = [...resources.values()];
      return filter ? filter.match(all) : all;
    },
    ingress: async ({id = randomUUID()}, instance) => {
      const value = JSON.parse(JSON.stringify(instance));
      const isTaken = [...resources.values()].some((other) => other.id !== id && fold(other[name]) === fold(value[name]));
      if (isTaken) throw new SCIMMY.Types.Error(409, "uniqueness", `${name} is taken`);
      const lastModified = new Date();
      const created = resources.get(id)?.meta.created ?? lastModified;
      resources.set(id, {...value, id, meta: {created, lastModified}});
      return resources.get(id);
    },
    degress: async ({id}) => {
      if (!resources.delete(id)) throw missing(id);
    },
  });
}

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
keep(SCIMMY.Resources.User, "userName");
keep(SCIMMY.Resources.Group, "displayName");

const application = express();
application.use((request, response, next) => {
  const line = `${request.method} ${request.originalUrl}`;
  response.on("finish", () => console.log(`"${line} HTTP/1.1" ${response.statusCode}`));
  next();
});
application.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  baseUri: () => origin,
  handler: (request) => {
    if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("Authorization header not correct");
    return "client";
  },
}));
application.listen(Number(port), "127.0.0.1");
