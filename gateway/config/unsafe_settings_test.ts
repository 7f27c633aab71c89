import assert from "node:assert/strict";
import { Site } from "./schema.ts";
import { unsafeSettings } from "./unsafe_settings.ts";

const speaks = (securityProfile: number) => ({ protocols: ["ocpp1.6"], securityProfile, csms: "main" });

Deno.test("unsafe settings: every one chosen on purpose is said in a sentence", () => {
  const site = Site.parse({
    version: 1,
    site: { id: "a" },
    stations: [{ id: "CP0", ocpp: speaks(0) }, { id: "CP2", ocpp: speaks(2) }, { id: "CP3" }],
    ocpp: {
      listeners: [{ listen: "10.0.0.1:1", tls: {} }, { listen: "10.0.0.1:2", plaintext: "isolated-segment" }],
      csms: [{ id: "main", url: "ws://a.example", plaintext: "isolated-segment" }],
    },
  });
  assert.deepEqual(unsafeSettings(site), [
    "Stations' listener 10.0.0.1:2 is not encrypted",
    'The link to CSMS "main" is not encrypted',
    'Station "CP0" has no credential: its mac and address are all it proves',
  ]);
});

Deno.test("unsafe settings: a site without any has none", () => {
  assert.deepEqual(unsafeSettings(Site.parse({ version: 1, site: { id: "a" } })), []);
});
