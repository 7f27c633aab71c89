import { deepEqual, match } from "node:assert/strict";
import { Site } from "../../config/schema.ts";
import { siteLines } from "./lines.ts";
import { LEAVING_SITE } from "./testing/site_rig.ts";

const base = { version: 1, site: { id: "garage-12" } };
const ids = (more: object) => siteLines(Site.parse({ ...base, ...more })).map(({ id }) => id);
const what = (line: string, more: object) =>
  siteLines(Site.parse({ ...base, ...more })).find(({ id }) => id === line)!.what;

Deno.test("own decommissioning: who is told: the CA and the box's journal always", () => {
  deepEqual(ids({}), ["ca", "journal"]);
});

const console = { listen: "127.0.0.1:8443", hostname: "gw.garage-12.example" };
const cases: readonly [id: string, more: object, what: RegExp][] = [
  ["csms:main", LEAVING_SITE, /CSMS "main" \(wss:\/\/csms\.example\/ocpp\) withdraw .* of 0 stations/],
  ["oidc", {
    people: {
      oidc: { issuer: "https://idp.example", clientId: "bulkhead", clientSecretFile: "s", groupsClaim: "g", roles: {} },
    },
  }, /"bulkhead" at https:\/\/idp\.example/],
  ["notify", { notify: [{ webhook: "https://ops.example/hook" }] }, /receivers of its alarms/],
  ["syslog", { audit: { syslog: [{ tls: "siem.example:6514", caFile: "ca" }] } }, /log servers/],
  ["telemetry", { telemetry: { metricsListen: "127.0.0.1:9464" } }, /metrics server/],
  ["dns", { console }, /gw\.garage-12\.example/],
  ["backups", {
    backup: { recoveryKeyFile: "r", targets: [{ folder: "off" }, { sftp: "b.example:/g", keyFile: "k" }] },
  }, /off, b\.example:\/g/],
  ["hald", { hal: { socket: "/run/hal.sock" } }, /firewall rules/],
  ["key-store", { hal: { socket: "/run/hal.sock", keyStore: "tpm" } }, /clear the TPM/],
  ["key-store", { hal: { socket: "/run/hal.sock", keyStore: "pkcs11" } }, /initialise the token/],
  ["store", { store: { url: "https://kv.example/" } }, /kv\.example.*compacted/],
];
for (const [id, more, words] of cases) {
  Deno.test(`own decommissioning: who is told: ${id}, ${words.source.slice(0, 20)}`, () =>
    match(what(id, more), words));
}
