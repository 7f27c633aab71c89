import { deepEqual } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { visibleExceptions } from "./visible_exceptions.ts";

const LISTENER = { listen: "127.0.0.1:8444", tls: {} };
const CSMS = { id: "main", url: "wss://csms.example/ocpp" };
const station = (id: string, securityProfile: number) => ({
  id,
  mac: "02:00:00:00:00:11",
  address: "10.0.0.1",
  ocpp: { protocols: ["ocpp1.6"], securityProfile, csms: "main" },
});

const CASES: readonly { name: string; site: object; wanted: string[] }[] = [
  { name: "a site without OCPP", site: {}, wanted: [] },
  {
    name: "a site that is safe throughout",
    site: { ocpp: { listeners: [LISTENER], csms: [CSMS] }, stations: [station("CP3", 3), station("CP1", 1)] },
    wanted: [],
  },
  {
    name: "a listener without TLS",
    site: {
      ocpp: { listeners: [LISTENER, { listen: "127.0.0.1:8445", plaintext: "isolated-segment" }], csms: [CSMS] },
    },
    wanted: ["OCPP on 127.0.0.1:8445 is not encrypted (plaintext: isolated-segment)"],
  },
  {
    name: "a repository of one key",
    site: { firmware: { preset: "single-key" } },
    wanted: ["One key alone signs for all firmware of the site's repository (firmware.preset: single-key)"],
  },
  {
    name: "firmware by ways that anybody can read and change",
    site: {
      firmware: { fetchHosts: [{ host: "a.example", schemes: ["https", "http", "ftp"] }, { host: "b.example" }] },
    },
    wanted: ["Firmware may be fetched from a.example by http and ftp: its signature alone protects it"],
  },
  {
    name: "secrets of devices without a copy",
    site: { vault: { escrow: { waived: "secrets-exist-only-on-this-box" } } },
    wanted: ["Device secrets are changed without a copy off this box (vault.escrow.waived)"],
  },
  {
    name: "a controller's pages in clear, or by old TLS",
    site: {
      stations: [
        { id: "CP1", ui: { url: "http://10.0.0.1", driver: "bender", plaintext: "isolated-segment" } },
        { id: "CP2", ui: { url: "https://10.0.0.2", driver: "bender", oldTls: "by-openssl-helper" } },
        { id: "CP3", ui: { url: "https://10.0.0.3", driver: "bender" } },
      ],
    },
    wanted: [
      'The pages of station "CP1" are reached without encryption inside the OT zone (plaintext: isolated-segment)',
      'The pages of station "CP2" are reached by OpenSSL with TLS that is broken (oldTls: by-openssl-helper)',
    ],
  },
  {
    name: "a CSMS without TLS",
    site: {
      ocpp: { listeners: [LISTENER], csms: [{ id: "main", url: "ws://10.0.0.9/ocpp", plaintext: "isolated-segment" }] },
    },
    wanted: ['CSMS "main" is reached without encryption at ws://10.0.0.9/ocpp'],
  },
  {
    name: "a station whose Basic user proves nothing",
    site: {
      ocpp: { listeners: [LISTENER], csms: [CSMS] },
      stations: [{ id: "CP1", ocpp: { ...station("CP1", 2).ocpp, quirks: ["any-basic-user", "no-ping"] } }],
    },
    wanted: ['Station "CP1" may give any Basic user; only its password is compared (quirk any-basic-user)'],
  },
  {
    name: "a station without a credential",
    site: {
      ocpp: { listeners: [LISTENER], csms: [CSMS] },
      stations: [station("CP0", 0), station("CP2", 2), { id: "USB" }],
    },
    wanted: ['Station "CP0" connects without any credential (security profile 0, bound to its MAC and address)'],
  },
  {
    name: "a station without a credential that is bound to its address alone",
    site: {
      ocpp: { listeners: [LISTENER], csms: [CSMS] },
      stations: [{
        id: "CP0",
        address: "10.0.0.1",
        ocpp: { ...station("CP0", 0).ocpp, binding: "address-alone-on-isolated-segment" },
      }],
    },
    wanted: ['Station "CP0" connects without any credential (security profile 0, bound to its address alone)'],
  },
];
for (const { name, site, wanted } of CASES) {
  Deno.test(`exceptions: ${name} shows ${wanted.length === 0 ? "none" : "it, and nothing else"}`, () => {
    deepEqual(visibleExceptions(Site.parse({ version: 1, site: { id: "lab" }, ...site })), wanted);
  });
}

Deno.test("exceptions: an adopted station without a credential is as visible as one of site.yaml, one that climbed is not", () => {
  const { stations } = Site.parse({ version: 1, site: { id: "lab" }, stations: [station("CP0", 0), station("UP", 2)] });
  const site = Site.parse({ version: 1, site: { id: "lab" }, stations: [station("UP", 0)] });
  deepEqual(visibleExceptions(site, stations), [
    'Station "CP0" connects without any credential (security profile 0, bound to its MAC and address)',
  ]);
});
