import assert from "node:assert/strict";
import { pathText } from "./fault.ts";
import { SITE_RULES } from "./rules.ts";
import { Site } from "./schema.ts";

const ZONES = [
  { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
  { id: "mgmt", role: "management", interface: "eth2", address: "10.99.0.2/24" },
];
const TLS = { listen: "10.20.0.1:8444", tls: {} };
const PLAIN = { listen: "10.20.0.1:8445", plaintext: "isolated-segment" };
const CSMS = { id: "main", url: "wss://csms.example/ocpp" };
const ACME = { directoryUrl: "https://ca.example/dir", dns01: { url: "https://dns.example/txt" } };
const speaks = (securityProfile: number, more: object = {}) => ({
  ocpp: { protocols: ["ocpp1.6"], securityProfile, csms: "main", ...more },
});

/** A site that has no fault, with some top-level keys replaced. */
function siteWith(changes: object): Site {
  return Site.parse({
    version: 1,
    site: { id: "garage-12" },
    network: { zones: ZONES },
    console: { listen: "10.99.0.2:8443", hostname: "gw.example" },
    stations: [{ id: "CP001", ...speaks(2) }],
    ocpp: { listeners: [TLS, PLAIN], csms: [CSMS] },
    telemetry: { metricsListen: "127.0.0.1:9464" },
    ...changes,
  });
}

function faultsOf(changes: object, materials = new Map<string, Uint8Array>()): string[] {
  const site = siteWith(changes);
  return SITE_RULES.flatMap((rule) => rule.check(site, materials)).map((fault) =>
    `${pathText(fault.path)}: ${fault.wrong}${fault.suggestion ? ` (${fault.suggestion}?)` : ""}`
  );
}

const ocpp = (listeners: object[], csms: object[] = [CSMS]) => ({ ocpp: { listeners, csms } });
const stations = (...list: object[]) => ({ stations: list });
const HALD = { hal: { socket: "/run/bulkhead/hal.sock" } };
const BOUND = { mac: "02:00:00:00:00:01", address: "10.20.0.5" };

Deno.test("config rules: a good site has no fault", () => assert.deepEqual(faultsOf({}), []));

const CASES: readonly (readonly [name: string, changes: object, wanted: readonly string[]])[] = [
  // network
  ["ACME without a console", { console: undefined, pki: { acme: ACME } }, [
    "pki.acme: gets a certificate for the console, and there is none",
  ]],
  ["ACME beside own files", {
    console: { listen: "10.99.0.2:8443", hostname: "gw.example", certificate: { certFile: "c", keyFile: "k" } },
    pki: { acme: ACME },
  }, ["pki.acme: and console.certificate exclude each other"]],
  ["ACME for no full name", { console: { listen: "10.99.0.2:8443", hostname: "gateway" }, pki: { acme: ACME } }, [
    'console.hostname: "gateway" is no name that an ACME server could validate',
  ]],
  ["ACME for a full name", { pki: { acme: ACME } }, []],
  ["a zone id twice", { network: { zones: [...ZONES, { ...ZONES[1], id: "MGMT" }] } }, [
    "network.zones[2].id: the id is taken by zones[1]",
  ]],
  ["an OT zone without address", { network: { zones: [...ZONES, { id: "ot2", role: "ot", interface: "eth3" }] } }, [
    "network.zones[2].address: is missing",
  ]],
  ["plaintext on the uplink", ocpp([TLS, { ...PLAIN, listen: "192.0.2.1:8445" }]), [
    "ocpp.listeners[1].listen: 192.0.2.1:8445 is plaintext and not inside a zone of role ot",
  ]],
  ["plaintext on a management zone", ocpp([TLS, { ...PLAIN, listen: "10.99.0.2:8445" }]), [
    "console.listen: 10.99.0.2:8443 is on the same address as stations' listener",
    "ocpp.listeners[1].listen: 10.99.0.2:8445 is plaintext and not inside a zone of role ot",
  ]],
  ["plaintext everywhere", ocpp([TLS, { ...PLAIN, listen: "[::]:8445" }]), [
    "ocpp.listeners[1].listen: [::]:8445 is every address of this box, and plaintext would leave the OT zone",
  ]],
  ["plaintext on loopback", ocpp([TLS, { ...PLAIN, listen: "127.0.0.1:8445" }]), []],
  ["a listener of both kinds", ocpp([{ ...TLS, plaintext: "isolated-segment" }, PLAIN]), [
    "ocpp.listeners[0]: has both tls and plaintext",
  ]],
  ["a listener of no kind", ocpp([TLS, PLAIN, { listen: "10.20.0.1:9000" }]), [
    "ocpp.listeners[2]: has neither tls nor plaintext",
  ]],
  ["a listener name twice", ocpp([{ ...TLS, id: "a" }, { ...PLAIN, id: "A" }]), [
    'ocpp.listeners[1].id: the name "A" is taken by listeners[0]',
  ]],
  ["the same address twice", ocpp([TLS, PLAIN, { ...TLS }]), [
    "ocpp.listeners[2].listen: 10.20.0.1:8444 collides with 10.20.0.1:8444",
  ]],
  ["a wildcard over a taken port", ocpp([TLS, PLAIN, { listen: "0.0.0.0:8444", tls: {} }]), [
    "ocpp.listeners[2].listen: 0.0.0.0:8444 collides with 10.20.0.1:8444",
  ]],
  ["any free port twice", ocpp([{ ...TLS, listen: "127.0.0.1:0" }, { ...PLAIN, listen: "127.0.0.1:0" }]), [
    'ocpp.listeners[1].id: the name "127.0.0.1:0" is taken by listeners[0]',
  ]],
  [
    "any free port twice, by name",
    ocpp([
      { ...TLS, id: "tls", listen: "127.0.0.1:0" },
      { ...PLAIN, listen: "127.0.0.1:0" },
    ]),
    [],
  ],
  ["metrics on the console's port", { telemetry: { metricsListen: "10.99.0.2:8443" } }, [
    "telemetry.metricsListen: 10.99.0.2:8443 collides with 10.99.0.2:8443",
  ]],
  // stations
  ["a station id twice", stations({ id: "A" }, { id: "A" }), ["stations[1].id: the id is taken by stations[0]"]],
  ["station ids that differ by case", stations({ id: "cp-a" }, { id: "CP-A" }), [
    'stations[1].id: the id can be confused with "cp-a" (case or encoding)',
  ]],
  ["station ids that form encoding confuses", stations({ id: "A B" }, { id: "A+B" }), [
    'stations[1].id: the id can be confused with "A B" (case or encoding)',
  ]],
  ["a station id that starts like another", stations({ id: "CP1" }, { id: "CP11" }), []],
  ["a mac twice", stations({ id: "A", mac: "02:00:00:00:00:AA" }, { id: "B", mac: "02:00:00:00:00:aa" }), [
    'stations[1].mac: "02:00:00:00:00:aa" is already given to station "A"',
  ]],
  ["an address twice", stations({ id: "A", address: "10.20.0.9" }, { id: "B", address: "10.20.0.9" }), [
    'stations[1].address: "10.20.0.9" is already given to station "A"',
  ]],
  ["a part without unit", stations({ id: "A", part: "primary" }), ["stations[0].part: primary without a unit"]],
  ["a secondary alone", stations({ id: "A", part: "secondary", unit: "u" }), [
    'stations[0].part: unit "u" has a secondary and no primary',
  ]],
  ["a dispenser without cabinet", stations({ id: "A", part: "dispenser", unit: "u" }), [
    'stations[0].part: unit "u" has a dispenser and no cabinet',
  ]],
  ["two primaries", stations({ id: "A", part: "primary", unit: "u" }, { id: "B", part: "primary", unit: "u" }), [
    'stations[0].part: unit "u" has a primary already ("B")',
    'stations[1].part: unit "u" has a primary already ("A")',
  ]],
  [
    "a cabinet with two dispensers",
    stations(
      { id: "A", part: "cabinet", unit: "u" },
      { id: "B", part: "dispenser", unit: "u" },
      { id: "C", part: "dispenser", unit: "u" },
    ),
    [],
  ],
  ["a single station in a shared unit", stations({ id: "A", unit: "u" }, { id: "B", unit: "u", part: "primary" }), [
    'stations[0].unit: unit "u" is shared with "B" and this part is single',
  ]],
  [
    "a double station",
    stations(
      { id: "A", part: "primary", unit: "u" },
      { id: "A-S", part: "secondary", unit: "u", reachedThrough: "A", access: "usb-only" },
    ),
    [],
  ],
  ["reachedThrough nobody", stations({ id: "CP001" }, { id: "B", reachedThrough: "CP01" }), [
    'stations[1].reachedThrough: there is no station "CP01" (CP001?)',
  ]],
  ["reachedThrough itself", stations({ id: "A", reachedThrough: "A" }), [
    'stations[0].reachedThrough: "A" is not reached directly itself',
  ]],
  ["reachedThrough another unit", stations({ id: "A", unit: "u" }, { id: "B", unit: "v", reachedThrough: "A" }), [
    'stations[1].reachedThrough: "A" is not in the same unit',
  ]],
  ["a usb-only part with an address", stations({ id: "A", access: "usb-only", address: "10.20.0.5" }), [
    "stations[0].address: a usb-only part cannot be reached at an address",
  ]],
  // ocpp
  ["a csms id twice", ocpp([TLS, PLAIN], [CSMS, { ...CSMS, id: "Main" }]), [
    "ocpp.csms[1].id: the id is taken by csms[0]",
  ]],
  ["a csms that does not exist", stations({ id: "A", ...speaks(2, { csms: "mian" }) }), [
    'stations[0].ocpp.csms: there is no csms "mian" (main?)',
  ]],
  ["a station without ocpp section", { ocpp: undefined }, [
    'stations[0].ocpp.csms: there is no csms "main"',
    "stations[0].ocpp.securityProfile: profile 2 and no listener with tls",
  ]],
  ["profile 3 without TLS", { ...ocpp([PLAIN]), ...stations({ id: "A", ...speaks(3) }) }, [
    "stations[0].ocpp.securityProfile: profile 3 and no listener with tls",
  ]],
  ["profile 1 without plaintext", { ...ocpp([TLS]), ...stations({ id: "A", ...speaks(1) }) }, [
    "stations[0].ocpp.securityProfile: profile 1 and no listener without TLS",
  ]],
  [
    "a Local Controller with a station's identity",
    ocpp([TLS, PLAIN], [{ ...CSMS, localController: { id: "CP001" } }]),
    [
      'ocpp.csms[0].localController.id: "CP001" is stations[0]',
    ],
  ],
  [
    "a Local Controller at a mirror",
    ocpp([TLS, PLAIN], [CSMS, {
      ...CSMS,
      id: "eye",
      url: "wss://eye.example/ocpp",
      mode: "read-only",
      localController: { id: "GW" },
    }]),
    ["ocpp.csms[1].localController: mode: read-only has no place for it"],
  ],
  ["a Local Controller", ocpp([TLS, PLAIN], [{ ...CSMS, localController: { id: "GW-1" } }]), []],
  ["a path of a listener twice", ocpp([{ ...TLS, morePaths: ["/a", "/ocpp", "/a"] }, PLAIN]), [
    'ocpp.listeners[0].morePaths[1]: "/ocpp" is the path already',
    'ocpp.listeners[0].morePaths[2]: "/a" is morePaths[0] already',
  ]],
  ["several paths of a listener", ocpp([{ ...TLS, path: "", morePaths: ["/ocpp", "/steve/websocket"] }, PLAIN]), []],
  ["profile 0 without binding", stations({ id: "A", ...speaks(0) }), [
    "stations[0].mac: is missing",
    "stations[0].address: is missing",
    "stations[0].ocpp.securityProfile: profile 0 and no hald that could see the station's mac",
  ]],
  ["profile 0 bound to both, with hald", { ...HALD, ...stations({ id: "A", ...BOUND, ...speaks(0) }) }, []],
  [
    "profile 0 bound to its address alone, by name",
    stations({ id: "A", address: "10.20.0.5", ...speaks(0, { binding: "address-alone-on-isolated-segment" }) }),
    [],
  ],
  [
    "profile 0 with a password",
    { ...HALD, ...stations({ id: "A", ...BOUND, ...speaks(0, { passwordFile: "p" }) }) },
    ["stations[0].ocpp.passwordFile: profile 0 checks no password"],
  ],
  ["profile 3 with a password", stations({ id: "A", ...speaks(3, { passwordFile: "p" }) }), [
    "stations[0].ocpp.passwordFile: profile 3 proves itself by certificate and checks no password",
  ]],
  [
    "offline authorisation without store-and-forward",
    ocpp([TLS, PLAIN], [{ ...CSMS, offlineAuthorisation: "free-vend" }]),
    ['ocpp.csms[0].offlineAuthorisation: "free-vend" has no effect: this CSMS\'s stations are closed when it is lost'],
  ],
  [
    "offline authorisation with store-and-forward",
    ocpp([TLS, PLAIN], [{ ...CSMS, offlineAuthorisation: "free-vend", onLoss: "store-and-forward" }]),
    [],
  ],
  ["a plain CSMS link", ocpp([TLS, PLAIN], [{ ...CSMS, url: "ws://csms.example/" }]), [
    "ocpp.csms[0].url: ws:// is not encrypted",
  ]],
  [
    "a plain CSMS link by name",
    ocpp([TLS, PLAIN], [{ ...CSMS, url: "ws://csms.example/", plaintext: "isolated-segment" }]),
    [],
  ],
  [
    "a plain CSMS link with a CA",
    ocpp([TLS, PLAIN], [
      { ...CSMS, url: "ws://csms.example/", plaintext: "isolated-segment", caFile: "ca.pem" },
    ]),
    ["ocpp.csms[0].caFile: ws:// uses no certificates"],
  ],
  ["plaintext beside wss", ocpp([TLS, PLAIN], [{ ...CSMS, plaintext: "isolated-segment" }]), [
    "ocpp.csms[0].plaintext: the URL is wss://",
  ]],
  // delivery
  ["a receiver of nothing", { notify: [{}] }, ["notify[0]: has neither webhook nor mailTo"]],
  ["a token without webhook", { notify: [{ mailTo: "a@b", smtpFile: "s", tokenFile: "t" }] }, [
    "notify[0].tokenFile: needs webhook beside it",
  ]],
  ["a backup target of two kinds", {
    backup: { recoveryKeyFile: "r", targets: [{ folder: "/b", sftp: "h:/b", keyFile: "k" }] },
  }, ["backup.targets[0]: has both folder and sftp"]],
  ["an SFTP target without key", { backup: { recoveryKeyFile: "r", targets: [{ sftp: "h:/b" }] } }, [
    "backup.targets[0].sftp: needs keyFile beside it",
  ]],
  ["half a syslog certificate", { audit: { syslog: [{ tls: "s.example:6514", clientCertFile: "c" }] } }, [
    "audit.syslog[0].clientCertFile: needs clientKeyFile beside it",
  ]],
  ["a digest for nobody", { audit: { digest: { every: "daily" } } }, ["audit.digest: has nobody who gets it"]],
  ["a digest for somebody unknown", {
    notify: [{ id: "ops", webhook: "https://ops.example/hook" }],
    audit: { digest: { every: "daily", to: ["ops", "boss"] } },
  }, ['audit.digest.to[1]: no receiver of notify has the name "boss"']],
  ["a syslog receiver twice", { audit: { syslog: [{ tls: "s.example:6514" }, { tls: "S.example:6514" }] } }, [
    "audit.syslog[1]: has the same name as syslog[0]",
  ]],
  ["a disk warning after the policy", { audit: { diskWarnPercent: 95 } }, [
    "audit.diskWarnPercent: 95 is not below diskFullPercent (95)",
  ]],
  ["plain OTLP to another host", { telemetry: { otlp: { url: "http://otel.example:4318/v1/metrics" } } }, [
    "telemetry.otlp.url: http:// to another host is not encrypted",
  ]],
  ["plain OTLP to loopback", { telemetry: { otlp: { url: "http://[::1]:4318/v1/metrics" } } }, []],
  ["a plain store", { store: { url: "http://kv.example" } }, ["store.url: http:// to another host is not encrypted"]],
];

for (const [name, changes, wanted] of CASES) {
  Deno.test(`config rules: ${name}${wanted.length > 0 ? " is a fault" : " is fine"}`, () => {
    assert.deepEqual(faultsOf(changes), wanted);
  });
}

const onOt = (listen: string) => ({ console: { listen, hostname: "gw.example" } });
Deno.test("invariant 17: the console never listens on an OT address", () => {
  const wanted = 'console.listen: 10.20.0.9:8443 is in the OT zone "ot", where stations could reach it';
  assert.deepEqual(faultsOf(onOt("10.20.0.9:8443")), [wanted]);
  for (const wildcard of ["0.0.0.0:8443", "[::]:8443"]) {
    assert.equal(faultsOf(onOt(wildcard)).length, 1, wildcard);
    // no zones named: a listener for stations beyond loopback still makes its address an OT address
    const unnamed = { network: { zones: [] }, ocpp: { listeners: [TLS], csms: [CSMS] } };
    assert.equal(faultsOf({ ...unnamed, ...onOt(wildcard) }).length, 1, wildcard);
    assert.equal(faultsOf({ ...unnamed, ...onOt("10.20.0.1:8443") }).length, 1);
  }
});

Deno.test("invariant 11: no two station ids that case or encoding could confuse are accepted", () => {
  for (const [one, other] of [["CP1", "cp1"], ["A B", "a+b"], ["A|B", "a|b"]]) {
    assert.equal(faultsOf(stations({ id: one }, { id: other })).length, 1, `${one} ${other}`);
  }
});

Deno.test("config rules: an upstream password is only refused when empty or absurd", () => {
  const withUpstream = stations({ id: "A", ...speaks(2, { upstreamPasswordFile: "u" }) });
  for (const [bytes, wanted] of [[0, 1], [1, 0], [256, 0], [257, 1]] as const) {
    assert.equal(faultsOf(withUpstream, new Map([["u", new Uint8Array(bytes)]])).length, wanted, String(bytes));
  }
});

Deno.test("config rules: every rule has a name of its own and says what it reads", () => {
  assert.equal(new Set(SITE_RULES.map(({ name }) => name)).size, SITE_RULES.length);
  for (const rule of SITE_RULES) assert.ok(rule.reads.length > 0 && rule.reads.every((key) => key in Site.shape));
});
