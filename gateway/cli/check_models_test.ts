import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import type { StationModel } from "../../policies/station_model.ts";
import { STATION_MODELS } from "../../profiles/station_models.ts";
import { Site } from "../config/schema.ts";
import { checkModels } from "./check_models.ts";

const MODELS: readonly StationModel[] = [
  { vendor: "acme", models: [], source: "its manual", ports: [443], rootKeys: ["rsa"], highestProfile: 2 },
];
const IDENTITY = { certFile: "c.pem", keyFile: "k.pem" };
const TLS = { listen: "127.0.0.1:8444", tls: {} };
const PLAIN = { listen: "127.0.0.1:8445", plaintext: "isolated-segment" };

function findings(securityProfile: number, listeners: object[], vendor: string | undefined = "acme"): string[] {
  const site = Site.parse({
    version: 1,
    site: { id: "lab" },
    stations: [{ id: "A", vendor, ocpp: { protocols: ["ocpp1.6"], securityProfile, csms: "main" } }],
    ocpp: { listeners, csms: [{ id: "main", url: "wss://csms.example/ocpp" }] },
  });
  return checkModels(site, MODELS).map(({ level, key, text }) => `${level} ${key} ${text}`);
}

Deno.test("check models: a port that cannot be dialled and a root that cannot be verified are warnings with their source", () => {
  const [port, root, ...more] = findings(2, [TLS, PLAIN]);
  match(port!, /^warning stations\[0\]\.ocpp\.securityProfile A: it can only dial port 443.*\(its manual\)$/);
  match(root!, /only rsa roots/);
  equal(more, []);
});

Deno.test("check models: one listener that fits is enough, and certificates of your own are not judged here", () => {
  const own = { listen: "127.0.0.1:443", tls: { identities: [IDENTITY] } };
  equal(findings(2, [TLS, own]), []);
});

Deno.test("check models: only listeners of the station's own kind count", () => {
  equal(findings(1, [TLS, { ...PLAIN, listen: "127.0.0.1:443" }]), []);
  equal(findings(1, [TLS, PLAIN]).length, 1);
});

Deno.test("check models: a profile beyond the model is told", () => {
  match(findings(3, [{ ...TLS, listen: "127.0.0.1:443" }]).join(), /at most security profile 2/);
});

Deno.test("check models: nothing is said of vendors nobody knows, and of stations without a profile", () => {
  equal(findings(2, [TLS], "nobody"), []);
  equal(findings(0, [PLAIN]), []);
});

Deno.test("check models: the table is in order, and every entry says where it is from", () => {
  const table: readonly StationModel[] = STATION_MODELS;
  const vendors = table.map(({ vendor }) => vendor);
  equal(vendors, vendors.toSorted());
  for (const { vendor, models, source } of table) {
    equal([vendor, ...models], [vendor, ...models].map((name) => name.toLowerCase()));
    ok(source.length > 20, vendor);
  }
});
