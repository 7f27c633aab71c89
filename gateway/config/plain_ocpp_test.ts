import { deepEqual, throws } from "node:assert/strict";
import { visibleExceptions } from "../control/visible_exceptions.ts";
import { pathText } from "./fault.ts";
import { SITE_RULES } from "./rules.ts";
import { Site } from "./schema.ts";

const TLS = { listen: "10.20.0.1:8444", tls: {} }, PLAIN = { listen: "10.20.0.1:8445", plaintext: "isolated-segment" };
const CSMS = { id: "main", url: "wss://csms.example/ocpp" };

/** A site with one station; what a person must not leave out by accident can be replaced. */
const siteWith = ({ listeners = [TLS], csms = [CSMS], profile = 2, station = {} }: {
  listeners?: readonly object[];
  csms?: readonly object[];
  profile?: number;
  station?: object;
}) =>
  Site.parse({
    ...{ version: 1, site: { id: "garage-12" }, ocpp: { listeners, csms } },
    network: { zones: [{ id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" }] },
    stations: [{
      id: "CP001",
      ...station,
      ocpp: { protocols: ["ocpp1.6"], securityProfile: profile, csms: "main", passwordFile: "secrets/CP001" },
    }],
  });
const faultsOf = (site: Site) =>
  SITE_RULES.flatMap((rule) => rule.check(site, new Map())).map(({ path, wrong }) => `${pathText(path)}: ${wrong}`);

Deno.test("EV-25: OCPP is encrypted and asks for a credential by default, and such a site shows no exception", () => {
  const site = siteWith({});
  deepEqual([faultsOf(site), visibleExceptions(site)], [[], []]);
});

/** Ways to plain OCPP that nobody named: each is a fault of site.yaml. */
const UNNAMED: readonly (readonly [name: string, site: Parameters<typeof siteWith>[0], fault: string])[] = [
  ["a listener without tls", { listeners: [{ listen: "10.20.0.1:8445" }] }, "has neither tls nor plaintext"],
  ["a listener of both kinds", { listeners: [{ ...PLAIN, tls: {} }] }, "has both tls and plaintext"],
  ["plain OCPP outside the OT zone", { listeners: [TLS, { ...PLAIN, listen: "192.0.2.1:8445" }] }, "not inside a zone"],
  [
    "plain OCPP at every address",
    { listeners: [TLS, { ...PLAIN, listen: "0.0.0.0:8446" }] },
    "would leave the OT zone",
  ],
  ["ws:// to the CSMS", { csms: [{ ...CSMS, url: "ws://csms.example/ocpp" }] }, "ws:// is not encrypted"],
  ["a station of profile 1 without a listener for it", { profile: 1 }, "profile 1"],
];
for (const [name, changes, fault] of UNNAMED) {
  Deno.test(`EV-25: ${name} is no way to plain OCPP by accident`, () => {
    const faults = faultsOf(siteWith(changes));
    deepEqual(faults.filter((text) => text.includes(fault)).length, 1, faults.join("; "));
  });
}

for (const plaintext of [true, "yes", "", "Isolated-Segment", "allowed"]) {
  Deno.test(`EV-25: plain OCPP is not switched on by ${JSON.stringify(plaintext)}, only by the sentence`, () => {
    throws(() => siteWith({ listeners: [TLS, { ...PLAIN, plaintext }] }), /isolated-segment/);
  });
}

Deno.test("EV-25: named plain OCPP stands in the status for ever: each listener, each CSMS, each station without a credential", () => {
  const site = siteWith({
    listeners: [TLS, PLAIN],
    csms: [{ ...CSMS, url: "ws://10.99.0.7/ocpp", plaintext: "isolated-segment" }],
  });
  const [station] = site.stations;
  const unbound = { ...station!, ocpp: { ...station!.ocpp!, securityProfile: 0 as const } };
  deepEqual(visibleExceptions(site, [unbound]), [
    "OCPP on 10.20.0.1:8445 is not encrypted (plaintext: isolated-segment)",
    'CSMS "main" is reached without encryption at ws://10.99.0.7/ocpp',
    'Station "CP001" connects without any credential (security profile 0, bound to its MAC and address)',
  ]);
});
