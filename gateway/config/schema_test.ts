import assert from "node:assert/strict";
import { z } from "zod";
import { CONFIG_LIMITS } from "./limits.ts";
import { Site } from "./schema.ts";

const minimal = { version: 1, site: { id: "garage-12" } };
const station = (id: string, more: object = {}) => ({ ...minimal, stations: [{ id, ...more }] });
const accepts = (value: unknown) => Site.safeParse(value).success;

Deno.test("config schema: what is absent is off and the rest has defaults", () => {
  const site = Site.parse(minimal);
  assert.equal(site.ocpp ?? site.console ?? site.telemetry ?? site.backup ?? site.hal, undefined);
  assert.deepEqual(site.stations, []);
  assert.equal(site.audit.retentionDays, 400);
  assert.equal(site.site.dataDir, "./data");
});

Deno.test("config schema: takes the sections of the design that exist", () => {
  assert.ok(accepts({
    version: 1,
    site: { id: "garage-12", name: "Parking garage, Main Street", timeZone: "Europe/Berlin", dataDir: "./data" },
    network: {
      zones: [
        { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
        { id: "uplink", role: "uplink", interface: "eth0" },
        { id: "mgmt", role: "management", interface: "eth0.99", address: "10.99.0.2/24" },
      ],
    },
    console: { listen: "10.99.0.2:8443", hostname: "gw.garage-12.example" },
    stations: [
      {
        id: "CP001",
        vendor: "bender",
        model: "CC613",
        mac: "02:00:00:00:00:11",
        address: "10.20.0.11",
        unit: "bay-07",
        part: "primary",
        ocpp: {
          protocols: ["ocpp1.6"],
          securityProfile: 2,
          passwordFile: "secrets/CP001",
          csms: "main",
          upstreamPasswordFile: "secrets/CP001.csms",
          validation: "observe",
          quirks: [],
        },
      },
      {
        id: "CP001-S",
        vendor: "bender",
        unit: "bay-07",
        part: "secondary",
        reachedThrough: "CP001",
        access: "usb-only",
      },
    ],
    ocpp: {
      listeners: [{ listen: "10.20.0.1:8444", tls: {} }, { listen: "10.20.0.1:8445", plaintext: "isolated-segment" }],
      csms: [{
        id: "main",
        url: "wss://csms.example/ocpp",
        caFile: "certs/csms-ca.pem",
        onLoss: "mirror-close",
        graceSeconds: 10,
      }],
    },
    notify: [{ webhook: "https://ops.example/hook", minSeverity: "warning" }, {
      mailTo: "ops@example",
      smtpFile: "secrets/smtp",
    }],
    backup: {
      recoveryKeyFile: "certs/recovery.pub",
      targets: [{ sftp: "backup.example:/garage-12", keyFile: "secrets/backup" }],
    },
    audit: { retentionDays: 400, syslog: [{ tls: "siem.example:6514", caFile: "certs/siem.pem" }] },
    telemetry: { metricsListen: "127.0.0.1:9464" },
    hal: { socket: "/run/bulkhead/hal.sock" },
  }));
});

for (
  const id of ["CP001", "RDAM|123", "Bay 7 left", "a", "DE*ABC*E123", "x".repeat(48), "..a"]
) {
  Deno.test(`config schema: "${id}" is a station id`, () => assert.ok(accepts(station(id))));
}
for (const id of ["", "a:b", "a/b", "a%20b", " a", "a ", ".", "..", "a\nb", "ä", "x".repeat(49), 12, null]) {
  Deno.test(`config schema: ${JSON.stringify(id)} is not a station id`, () =>
    assert.ok(!accepts(station(id as string))));
}

const csms = (url: string) => ({
  ...minimal,
  ocpp: { listeners: [{ listen: "127.0.0.1:8444", tls: {} }], csms: [{ id: "main", url }] },
});
Deno.test("config schema: a CSMS URL carries no secret, query or fragment", () => {
  assert.ok(accepts(csms("wss://csms.example/ocpp")));
  for (
    const url of [
      "https://csms.example",
      "wss://u:p@csms.example/",
      "wss://csms.example/?a=1",
      "wss://c.example/#",
      "x",
    ]
  ) assert.ok(!accepts(csms(url)), url);
});

Deno.test("config schema: an unsafe setting needs its sentence", () => {
  const listener = (plaintext: unknown) => ({
    ...minimal,
    ocpp: { listeners: [{ listen: "127.0.0.1:8445", plaintext }], csms: [{ id: "main", url: "wss://a.example" }] },
  });
  assert.ok(accepts(listener("isolated-segment")));
  for (const value of [true, "yes", 1]) assert.ok(!accepts(listener(value)));
});

Deno.test("config schema: station count is taken at the limit and refused one past it", () => {
  const many = (count: number) => ({
    ...minimal,
    stations: Array.from({ length: count }, (_, index) => ({ id: `CP${index}` })),
  });
  assert.ok(accepts(many(CONFIG_LIMITS.stations)));
  assert.ok(!accepts(many(CONFIG_LIMITS.stations + 1)));
});

Deno.test("config schema: other lists are taken at the limit and refused one past it", () => {
  const many = (count: number) => ({
    ...minimal,
    notify: Array.from({ length: count }, () => ({ webhook: "https://ops.example/hook" })),
  });
  assert.ok(accepts(many(CONFIG_LIMITS.listEntries)));
  assert.ok(!accepts(many(CONFIG_LIMITS.listEntries + 1)));
});

Deno.test("config schema: free text is taken at the limit and refused one past it", () => {
  const named = (length: number) => ({ version: 1, site: { id: "a", name: "x".repeat(length) } });
  assert.ok(accepts(named(CONFIG_LIMITS.textChars)));
  assert.ok(!accepts(named(CONFIG_LIMITS.textChars + 1)));
});

Deno.test("config schema: every key is described, and every object refuses unknown keys", () => {
  const bare: string[] = [];
  const walk = (node: z.core.JSONSchema.BaseSchema, path: string) => {
    // a map (dns.answers) says what its values are; an object that says nothing would take anything
    const isMap = typeof node.additionalProperties === "object" && Object.keys(node.additionalProperties).length > 0;
    if (node.type === "object" && node.additionalProperties !== false && !isMap) bare.push(`${path}: open object`);
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      const schema = child as z.core.JSONSchema.BaseSchema;
      if (!schema.description) bare.push(`${path}.${key}: no description`);
      walk(schema, `${path}.${key}`);
    }
    if (node.items) walk(node.items as z.core.JSONSchema.BaseSchema, `${path}[]`);
  };
  walk(z.toJSONSchema(Site, { io: "input" }), "site.yaml");
  assert.deepEqual(bare, []);
});

Deno.test("config schema: only quirks that the gateway knows are taken", () => {
  const speaks = (quirks: string[]) =>
    station("CP001", { ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, csms: "main", quirks } });
  assert.ok(accepts(speaks(["no-ping", "assume-protocol"])));
  assert.ok(!accepts(speaks(["no-pings"])));
});
