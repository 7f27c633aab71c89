import { deepEqual, equal, match, ok } from "node:assert/strict";
import { judgeLine } from "../../policies/posture.ts";
import type { Evidence } from "../../policies/posture_types.ts";
import { Site } from "../config/schema.ts";
import type { Json, StationCallAnswer } from "../core/control_api.ts";
import { GATEWAY_FACTS, gatewayEvidence, type GatewayKnowledge } from "./gateway_evidence.ts";
import { shippedGuides } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import { readSettings, type WantedSetting } from "./ocpp_reader.ts";
import { STATION_FACTS, stationEvidence, type StationKnowledge } from "./station_evidence.ts";

const NOW = Date.UTC(2026, 10, 21), DAY = 86_400_000;
const OCPP = { protocols: ["ocpp1.6"], securityProfile: 2, csms: "main" };
const site = (more: object = {}) =>
  Site.parse({
    version: 1,
    site: { id: "lab" },
    ocpp: {
      listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
      csms: [{ id: "main", url: "wss://csms.example/ocpp" }, {
        id: "old",
        url: "ws://10.0.0.9/ocpp",
        plaintext: "isolated-segment",
      }],
    },
    stations: [
      { id: "CP001", vendor: "bender", unit: "bay-07", ocpp: OCPP },
      { id: "CP002", vendor: "bender", unit: "bay-07", mac: "02:00:00:00:00:11" },
      { id: "CP003" },
    ],
    ...more,
  });

/** What is known of CP001, changed by `station` and `more`. */
function known(station: object = {}, more: Partial<StationKnowledge> = {}): StationKnowledge {
  const parsed = site();
  return {
    station: { ...parsed.stations[0]!, ...station } as StationKnowledge["station"],
    site: parsed,
    stations: parsed.stations,
    facts: {},
    hasFactoryPassword: false,
    tellsSecurityEvents: false,
    images: [],
    ...more,
  };
}

/** A site that serves firmware, to these models by FTP. */
const serving = (...models: string[]) =>
  ({ ...site(), firmware: { listen: "10.20.0.1:8446", exceptions: [{ protocol: "ftp", models }] } }) as unknown as Site;

const image = (version: string, vendor = "bender") => ({ vendor, models: [], version });
const told = (firmwareVersion: string, images: readonly ReturnType<typeof image>[] = []) => ({
  facts: { firmwareVersion },
  images,
});
const UI = { url: "https://10.20.0.11", driver: "bender", alsoAt: [], aliases: [], oldPages: "blocked" } as const;

// fact, what is known, and the value; a pattern: it is unknown for that reason
const STATION: readonly (readonly [fact: string, known: StationKnowledge, wanted: string | RegExp])[] = [
  ["address-scope", known({ address: "10.20.0.11" }), "private"],
  ["address-scope", known({ address: "203.0.113.7" }), "public"],
  ["address-scope", known(), /names no address/],
  ["dhcp", known(), "off"],
  ["dhcp", known({}, { site: { ...site(), dhcp: { mode: "monitor" } } as unknown as Site }), "monitor"],
  ["dns", known(), "off"],
  ["dns", known({}, { site: { ...site(), dns: {} } as unknown as Site }), "on"],
  ["file-transport", known(), /serves no firmware/],
  ["file-transport", known({ model: "CC613" }, { site: serving("bender/CC612") }), "https"],
  ["file-transport", known({ model: "CC612" }, { site: serving("bender/CC612") }), "ftp"],
  ["file-transport", known({}, { site: serving("bender/cc61*"), facts: { model: "CC612" } }), "ftp"],
  ["clock-offset-seconds", known({}, { clockOffsetSeconds: -7.6 }), "8"],
  ["clock-offset-seconds", known(), /no message has told its time/],
  ["csms-transport", known(), "wss"],
  ["csms-transport", known({ ocpp: { ...OCPP, csms: "old" } }), "ws"],
  ["csms-transport", known({ ocpp: undefined }), /no CSMS/],
  ["factory-credential", known(), "off"],
  ["factory-credential", known({}, { hasFactoryPassword: true }), "on"],
  ["firmware", known({}, told("5.33.5")), "5.33.5"],
  ["firmware", known(), /not told/],
  ["firmware-state", known({}, told("5.33.5")), "vulnerable"],
  ["firmware-state", known({}, told("5.40.0", [image("5.41.0")])), "outdated"],
  ["firmware-state", known({}, told("5.41.0", [image("5.41.0")])), "current"],
  ["firmware-state", known({}, told("5.41.0")), /no verified image of its vendor/],
  ["firmware-state", known({}, told("5.41.0", [image("9", "schneider")])), /no verified image of its vendor/],
  ["firmware-state", known(), /not told/],
  ["known-weaknesses", known({}, told("5.41.0")), "none"],
  ["known-weaknesses", known(), /not told/],
  ["mac", known({ mac: "02:00:00:00:00:11" }), "on"],
  ["mac", known(), "off"],
  ["old-pages", known(), "unreachable"],
  ["old-pages", known({ ui: UI }), "blocked"],
  ["old-pages", known({ ui: { ...UI, oldPages: "allowed" } }), "allowed"],
  ["page-transport", known(), "none"],
  ["page-transport", known({ ui: UI }), "https"],
  ["page-transport", known({ ui: { ...UI, pinFile: "pin.pem" } }), "https-pinned"],
  ["page-transport", known({ ui: { ...UI, url: "http://10.20.0.11" } }), "http"],
  ["pair", known(), "pair"],
  ["pair", known({ unit: undefined }), "none"],
  ["pair", known({ unit: "bay-08" }), "none"],
  ["recovery-options", known({}, { recoveryOptions: 0 }), "0"],
  ["recovery-options", known({}, { recoveryOptions: 3 }), "3"],
  ["recovery-options", known(), /keeps no vault/],
  ["security-events", known({}, { tellsSecurityEvents: true }), "on"],
  ["security-events", known(), /may not know how/],
  ["security-profile", known(), "2"],
  ["security-profile", known({}, { provenProfile: 3 }), "3"],
  ["security-profile", known({ ocpp: undefined }), /no OCPP/],
  ["segmentation", known(), "off"],
  ["validation", known({ ocpp: { ...OCPP, validation: "enforce" } }), "enforce"],
  ["validation", known({ ocpp: undefined }), /no OCPP/],
  ["constructor", known(), /knows no fact/],
];
for (const [fact, knowledge, wanted] of STATION) {
  Deno.test(`posture evidence: ${fact} of a station is ${wanted}`, () => {
    const found = stationEvidence(fact, knowledge, NOW);
    if (typeof wanted === "string") deepEqual(found, { is: "value", value: wanted, at: NOW });
    else match(found.is === "unknown" ? found.why : `it is ${JSON.stringify(found)}`, wanted);
  });
}

for (
  const [options, outcome] of [[0, "failed"], [1, "met"], [3, "met"], [undefined, "unknown"]] as const
) {
  Deno.test(`BC-13: a controller with ${options ?? "nobody knows how many"} ways in is judged ${outcome}`, () => {
    const { line } = shippedGuides().line("BC-13")!;
    const evidence = line.checks.map((check) =>
      check.by === "inventory" ? stationEvidence(check.fact, known({}, { recoveryOptions: options }), NOW) : undefined
    );
    const found = judgeLine(line, evidence, undefined, NOW);
    equal(found.outcome, outcome);
    if (outcome === "unknown") match(found.why, /this site keeps no vault of device secrets/);
  });
}

const GATEWAY: GatewayKnowledge = {
  site: site(),
  disk: "ok",
  visibleExceptions: 1,
  inboxStations: 2,
  isClockSynchronised: undefined,
  lastBackupAt: undefined,
  peopleWithoutSecondFactor: undefined,
};
const OF_GATEWAY: readonly (readonly [fact: string, more: Partial<GatewayKnowledge>, wanted: string | undefined])[] = [
  ["adoption-inbox", {}, "2"],
  ["alarm-receivers", {}, "0"],
  ["alarm-receivers", { site: site({ notify: [{ webhook: "https://ops.example/hook" }] }) }, "1"],
  ["audit-receivers", {}, "0"],
  ["backup-age-days", {}, "9999"],
  ["backup-age-days", { lastBackupAt: NOW - 7 * DAY - 1 }, "7"],
  ["backup-age-days", { lastBackupAt: NOW + DAY }, "0"],
  ["clock-synchronised", {}, undefined],
  ["clock-synchronised", { isClockSynchronised: true }, "on"],
  ["clock-synchronised", { isClockSynchronised: false }, "off"],
  ["disk", { disk: "warn" }, "warn"],
  ["key-store", {}, "file"],
  ["password-policy", {}, "nist-63b"],
  ["people-without-second-factor", { peopleWithoutSecondFactor: 3 }, "3"],
  ["people-without-second-factor", {}, undefined],
  ["segmentation", {}, "off"],
  ["visible-exceptions", {}, "1"],
  ["toString", {}, undefined],
];
for (const [fact, more, wanted] of OF_GATEWAY) {
  Deno.test(`posture evidence: ${fact} of the gateway is ${wanted ?? "not known"} with ${Object.keys(more)}`, () => {
    const found = gatewayEvidence(fact, { ...GATEWAY, ...more }, NOW);
    equal(found.is === "value" ? found.value : undefined, wanted);
  });
}

Deno.test("posture evidence: no guide asks for a fact that nobody has, and every fact is one that a guide asks for", () => {
  const checks = shippedGuides().all.flatMap(({ lines }) => lines.flatMap((line) => line.checks));
  const asked = (by: string) =>
    new Set(checks.flatMap((check) => check.by === by && "fact" in check ? [check.fact] : []));
  deepEqual([...asked("inventory")].filter((fact) => !STATION_FACTS.includes(fact)), []);
  deepEqual([...asked("gateway")].filter((fact) => !GATEWAY_FACTS.includes(fact)), []);
  deepEqual(GATEWAY_FACTS.filter((fact) => !asked("gateway").has(fact)), []);
});

/** A station that answers GetConfiguration and GetVariables from `values`; counts what it was asked. */
function answering(values: Readonly<Record<string, string | undefined>>) {
  const asked: { action: string; names: readonly string[] }[] = [];
  const has = (name: string) => Object.keys(values).find((key) => key.toLowerCase() === name.toLowerCase());
  const ask = (action: string, payload: Json): Promise<StationCallAnswer> => {
    const { key, getVariableData } = payload as {
      key?: string[];
      getVariableData?: { component: { name: string }; variable: { name: string } }[];
    };
    const names = key ?? getVariableData!.map(({ component, variable }) => `${component.name}.${variable.name}`);
    asked.push({ action, names });
    if (key) {
      const configurationKey = key.flatMap((name) =>
        has(name)
          ? [{
            key: has(name)!,
            readonly: false,
            ...values[has(name)!] === undefined ? {} : { value: values[has(name)!]! },
          }]
          : []
      );
      return Promise.resolve({ result: { configurationKey, unknownKey: key.filter((name) => !has(name)) } });
    }
    const getVariableResult = getVariableData!.map((data, at) => {
      const own = has(names[at]!);
      const status = own === undefined ? "UnknownVariable" : values[own] === undefined ? "Rejected" : "Accepted";
      return {
        ...data,
        attributeStatus: status,
        ...own && values[own] !== undefined ? { attributeValue: values[own] } : {},
      };
    });
    return Promise.resolve({ result: { getVariableResult } as Json });
  };
  return { ask, asked };
}

const read = (wanted: readonly WantedSetting[], protocol: string, ask: ReturnType<typeof answering>["ask"]) =>
  readSettings(wanted, protocol, ask, () => NOW);
const words = (found: readonly Evidence[]) =>
  found.map((one) => one.is === "value" ? one.value : one.is === "absent" ? "absent" : `? ${one.why}`);

Deno.test("posture reading: keys of 1.6 whatever their case, with those that are empty, unknown and left out", async () => {
  const { ask, asked } = answering({ freecharging: "false", Empty: undefined });
  const found = await read(
    [{ key: "FreeCharging" }, { key: "empty" }, { key: "Nope" }, { variable: "A.B" }],
    "ocpp1.6",
    ask,
  );
  deepEqual(words(found), ["false", "", "absent", "? OCPP 1.6 has no name for it"]);
  deepEqual(asked, [{ action: "GetConfiguration", names: ["FreeCharging", "empty", "Nope"] }]);
});

Deno.test("posture reading: variables of 2.x", async () => {
  const { ask, asked } = answering({ "authctrlr.offlinetxforunknownidenabled": "true", "TxCtrlr.Hidden": undefined });
  const wanted = [
    { key: "x", variable: "AuthCtrlr.OfflineTxForUnknownIdEnabled" },
    { variable: "TxCtrlr.Hidden" },
    { variable: "TxCtrlr.Nope" },
    { key: "OnlyOf16" },
  ];
  const found = await read(wanted, "ocpp2.0.1", ask);
  deepEqual(words(found), ["true", "? it answered Rejected", "absent", "? OCPP 2.x has no name for it"]);
  equal(asked[0]!.action, "GetVariables");
});

Deno.test("posture reading: few at a time, each once, and none when there is none", async () => {
  const names = Array.from({ length: POSTURE_LIMITS.keysPerCall + 1 }, (_, at) => `Key${at}`);
  const { ask, asked } = answering({ Key0: "a" });
  const found = await read([...names, "Key0"].map((key) => ({ key })), "ocpp1.6", ask);
  deepEqual(asked.map(({ names: part }) => part.length), [POSTURE_LIMITS.keysPerCall, 1]);
  deepEqual([words(found)[0], words(found).at(-1)], ["a", "a"]);
  deepEqual(await read([], "ocpp1.6", ask), []);
  equal(asked.length, 2);
});

for (
  const [answer, why] of [
    [{ noAnswer: "away" }, "not connected"],
    [{ noAnswer: "timeout" }, "did not answer"],
    [{ noAnswer: "busy" }, "no time"],
    [{ noAnswer: "ended" }, "went away"],
    [{ error: { code: "NotImplemented", description: "no" } }, "refused the question: NotImplemented"],
  ] as const
) {
  Deno.test(`posture reading: a station that says ${JSON.stringify(answer)} is asked no further question`, async () => {
    let asked = 0;
    const many = Array.from({ length: POSTURE_LIMITS.keysPerCall * 3 }, (_, at) => ({ key: `Key${at}` }));
    const found = await readSettings(many, "ocpp1.6", () => {
      asked++;
      return Promise.resolve(answer);
    }, () => NOW);
    equal(asked, 1);
    ok(found.every((one) => one.is === "unknown" && one.why.includes(why)));
  });
}

for (
  const odd of [null, 7, [], "x", {}, { configurationKey: 7 }, { configurationKey: [null, {}, { key: 7 }] }, {
    unknownKey: [null, 7],
  }]
) {
  Deno.test(`posture reading: an odd answer is no answer: ${JSON.stringify(odd)}`, async () => {
    for (const protocol of ["ocpp1.6", "ocpp2.1"]) {
      const found = await read(
        [{ key: "A", variable: "A.B" }],
        protocol,
        () => Promise.resolve({ result: odd as Json }),
      );
      deepEqual(words(found), ["? its answer left it out"]);
    }
  });
}

Deno.test("posture reading: a station of which nobody knows the version is not asked", async () => {
  const { ask, asked } = answering({ A: "1" });
  deepEqual(words(await readSettings([{ key: "A" }], undefined, ask, () => NOW)), [
    "? it is not known yet which OCPP version it speaks",
  ]);
  equal(asked.length, 0);
});

Deno.test("posture reading: a value is kept up to its limit", async () => {
  const long = "x".repeat(POSTURE_LIMITS.valueChars + 1);
  const { ask } = answering({ Long: long, Just: long.slice(1) });
  const [first, second] = words(await read([{ key: "Long" }, { key: "Just" }], "ocpp1.6", ask));
  deepEqual([first!.length, second!.length], [POSTURE_LIMITS.valueChars, POSTURE_LIMITS.valueChars]);
});
