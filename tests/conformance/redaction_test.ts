import { deepStrictEqual as equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { OCPP16, OCPP20, OCPP21 } from "typed-ocpp";
import { readFields } from "../../policies/ocpp_fields.ts";
import { plainAction } from "../../policies/plain_action.ts";
import type { OcppVersion } from "../../gateway/ocpp/codec.ts";
import { SENSITIVE_KEYS } from "../../gateway/ocpp/redact.ts";
import { loadSchemaCheck } from "../../gateway/ocpp/validation.ts";
import { RelayRig } from "../support/relay_rig.ts";
import { type Schema, valid } from "../support/schema_samples.ts";

const SCHEMAS: Readonly<Record<OcppVersion, Readonly<Record<string, Schema>>>> = {
  "ocpp1.6": OCPP16.schemas as unknown as Record<string, Schema>,
  "ocpp2.0.1": OCPP20.schemas as unknown as Record<string, Schema>,
  "ocpp2.1": OCPP21.schemas as unknown as Record<string, Schema>,
};
const VERSIONS = Object.keys(SCHEMAS) as OcppVersion[];

/** Names that sound like a secret or a person, told apart by hand; the redactor's own list is not asked. */
const SECRET_FIELDS = new Set([
  ...["additionalIdToken", "apnPassword", "apnUserName", "basicAuthPassword", "csr", "customerIdentifier"],
  ...["customerCertificate", "exiRequest", "exiResponse", "iccid", "idTag", "idToken", "imsi", "parentIdTag"],
  ...["idTokens", "password", "prioritizedEMAIDs", "pspRef", "signedMeterData", "vatNumber", "data"],
]);
/** Those that sound so and are none: hashes and public halves, kinds, names of settings, chains that are public. */
const HARMLESS_FIELDS = new Set([
  ...["certificateStatus", "certificateType", "apnAuthentication", "hashRootCertificate", "issuerKeyHash", "publicKey"],
  ...["certificateHashData", "certificateChain", "signingCertificate", "key", "idTokenInfo", "tariffKind", "evseKind"],
  ...["costKind", "chargingProfileKind", "additionalInfo", "groupIdToken", "certificate", "iso15118SchemaVersion"],
  ...["ocspRequestData", "constantStreamData", "dataType", "customData", "unknownKey"],
]);
const SOUNDS_SECRET =
  /pass|pin$|token|tag$|certificate|csr|exi|vin$|emaid|imsi|iccid|key|secret|identifier|pspref|vat|signedmeter|apn.|data$/i;

function stringFields(): Set<string> {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties } = node as Schema;
    for (const [name, field] of Object.entries(properties ?? {})) {
      const inner = field?.type === "array" ? field.items : field;
      if (inner?.type === "string" && !inner.enum && !inner.format) names.add(name);
    }
    Object.values(node).forEach(walk);
  };
  VERSIONS.forEach((version) => walk(SCHEMAS[version]));
  return names;
}

Deno.test("redaction: every field of all schemas that sounds like a secret was told apart by hand", () => {
  const untold = [...stringFields()].filter((name) => {
    return SOUNDS_SECRET.test(name) && !SECRET_FIELDS.has(name) && !HARMLESS_FIELDS.has(name);
  });
  equal(untold, []);
  const known = new Set(SENSITIVE_KEYS.map((key) => key.toLowerCase()));
  ok(known.size > 25);
});

interface Leaf {
  readonly path: readonly string[];
  readonly name: string;
}

/** Every place of a sample where a text stands. */
function leaves(value: unknown, path: readonly string[] = [], name = ""): Leaf[] {
  if (typeof value === "string") return [{ path, name }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    return leaves(inner, [...path, key], Array.isArray(value) ? name : key);
  });
}

function plant(sample: unknown, path: readonly string[], value: string): unknown {
  const copy = { root: structuredClone(sample) };
  let node = copy as Record<string, unknown>;
  for (const step of ["root", ...path.slice(0, -1)]) node = node[step] as Record<string, unknown>;
  node[path.at(-1)!] = value;
  return copy.root;
}

/** One message as a peer may write it. */
interface Message {
  readonly version: OcppVersion;
  readonly from: "station" | "csms";
  readonly kind: "call" | "reply";
  readonly action: string;
  readonly payload: unknown;
  readonly secret: string;
}

const SAMPLES = VERSIONS.flatMap((version) =>
  Object.entries(SCHEMAS[version]).map(([name, schema]) => ({ version, name, sample: valid(schema, schema) }))
).map((one) => ({ ...one, leaves: leaves(one.sample) })).filter((one) => one.leaves.length > 0);

const SECRET = fc.stringMatching(/^S3[A-Za-z0-9]{14}$/);
const FORMS = ["plain", "login", "query", "fragment"] as const;

/** A random message of a random version with a secret where one may stand. */
const MESSAGE = fc.record({
  sample: fc.constantFrom(...SAMPLES),
  leaf: fc.nat(10_000),
  form: fc.constantFrom(...FORMS),
  from: fc.constantFrom("station" as const, "csms" as const),
  secret: SECRET,
}).map(({ sample: { version, name, sample, leaves: places }, leaf, form, from, secret }): Message => {
  const secrets = places.filter(({ name: one }) => SECRET_FIELDS.has(one));
  const usable = form === "plain" ? secrets : places;
  const { path } = (usable.length > 0 ? usable : places)[leaf % (usable.length || places.length)]!;
  const isPlain = form === "plain" && usable.length > 0;
  const urls = {
    login: `ftp://user:${secret}@files.example/x`,
    query: `https://files.example/x?sig=${secret}`,
    fragment: `https://files.example/x#${secret}`,
  };
  const payload = plant(sample, path, isPlain ? secret : urls[form === "plain" ? "login" : form]);
  const kind = name.endsWith("Response") ? "reply" : "call";
  return { version, from, kind, action: name.replace(/Request$|Response$/, ""), payload, secret };
});

/** How the same message may be written. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  "escaped keys": (text) =>
    text.replace(
      /"([a-zA-Z])(\w*)":/g,
      (_all, first: string, rest: string) => `"\\u${first.charCodeAt(0).toString(16).padStart(4, "0")}${rest}":`,
    ),
  "escaped slashes": (text) => text.replaceAll("/", "\\/"),
  blanks: (text) => text.replaceAll('":', '" \n:'),
  "cut off": (text) => text.slice(0, -2),
  "single quotes": (text) => text.replaceAll('"', "'"),
};

const CHECKS = Object.fromEntries(
  await Promise.all(VERSIONS.map(async (version) => [version, await loadSchemaCheck(version)] as const)),
);

/** Relays a text and answers with all that would leave: the flight recorder, audit, alarms, the policy's recording. */
async function exportsOf(
  { version, from, kind, action, payload }: Message,
  text: string,
  enforce: boolean,
): Promise<string> {
  const rig = new RelayRig({ version, validation: enforce ? "enforce" : "observe", check: CHECKS[version]! });
  const [near, far] = from === "station" ? [rig.station, rig.csms] : [rig.csms, rig.station];
  if (kind === "reply") far.say([2, "7", action, {}]);
  near.say(text);
  near.emit("error", new Error("a fault of the socket"));
  await Promise.resolve();
  await Promise.resolve();
  rig.relay.end("drained", 1001, "end");
  const recorded = readFields(from, plainAction(action), payload);
  return JSON.stringify([
    rig.flight.export("CP001"),
    rig.control.audited,
    rig.control.alarms,
    rig.control.seen,
    rig.counted(),
    recorded,
  ]);
}

for (const [name, spell] of Object.entries(SPELLINGS)) {
  Deno.test(`redaction: no secret of any message of three versions leaves by any export (${name})`, async () => {
    await fc.assert(
      fc.asyncProperty(MESSAGE, fc.boolean(), async (message, enforce) => {
        const frame = message.kind === "reply" ? [3, "7", message.payload] : [2, "1", message.action, message.payload];
        const told = await exportsOf(message, spell(JSON.stringify(frame)), enforce);
        ok(!told.includes(message.secret), told.slice(0, 2_000));
      }),
      { numRuns: 400 },
    );
  });
}

/** Settings by name, as they are written, read, reported and told as events. */
const SETTINGS:
  readonly ((name: string, secret: string) => readonly [OcppVersion, "station" | "csms", string, unknown])[] = [
    (key, value) => ["ocpp1.6", "csms", "ChangeConfiguration", { key, value }],
    (key, value) => ["ocpp1.6", "station", "DataTransfer", { vendorId: "v", data: JSON.stringify({ [key]: value }) }],
    (name, attributeValue) => ["ocpp2.0.1", "csms", "SetVariables", {
      setVariableData: [{ attributeValue, component: { name: "S" }, variable: { name } }],
    }],
    (name, value) => ["ocpp2.0.1", "station", "NotifyReport", {
      requestId: 1,
      seqNo: 0,
      generatedAt: "2026-01-01T00:00:00Z",
      reportData: [{ component: { name: "S" }, variable: { name }, variableAttribute: [{ value }] }],
    }],
    (name, actualValue) => ["ocpp2.1", "station", "NotifyEvent", {
      seqNo: 0,
      generatedAt: "2026-01-01T00:00:00Z",
      eventData: [{
        eventId: 1,
        timestamp: "2026-01-01T00:00:00Z",
        trigger: "Delta",
        actualValue,
        component: { name: "S" },
        variable: { name },
        eventNotificationType: "HardWiredNotification",
      }],
    }],
    (
      _name,
      secret,
    ) => ["ocpp2.1", "station", "TransactionEvent-Signed", {
      protected: "e30",
      payload: btoa(`{"idToken":"${secret}"}`),
      signature: secret,
    }],
    (
      _name,
      value,
    ) => ["ocpp1.6", "station", "MeterValues", {
      connectorId: 1,
      meterValue: [{ timestamp: "2026-01-01T00:00:00Z", sampledValue: [{ format: "SignedData", value }] }],
    }],
    (
      name,
      value,
    ) => ["ocpp1.6", "station", "BootNotification", { chargePointVendor: "v", chargePointModel: "m", [name]: value }],
  ];
const NAMES = [
  "AuthorizationKey",
  "BasicAuthPassword",
  "WiFiPSK",
  "apnPassword",
  "SimPin",
  "OwnerPUK",
  "FtpPassword",
  "SharedSecret",
  "SIM-PIN-2",
  "UserPwd",
  "WifiKey",
];

for (const [at, setting] of SETTINGS.entries()) {
  const [version, , action] = setting("x", "y");
  Deno.test(`redaction: a setting that names a secret is not told (${at + 1}: ${version} ${action})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...NAMES),
        SECRET,
        fc.constantFrom(...Object.values(SPELLINGS)),
        async (name, secret, spell) => {
          const [ofVersion, from, ofAction, payload] = setting(name, secret);
          const message: Message = { version: ofVersion, from, kind: "call", action: ofAction, payload, secret };
          const told = await exportsOf(message, spell(JSON.stringify([2, "1", ofAction, payload])), false);
          ok(!told.includes(secret) && !told.includes(btoa(`{"idToken":"${secret}"}`)), told.slice(0, 2_000));
        },
      ),
      { numRuns: 60 },
    );
  });
}

Deno.test("redaction: what stands in the place of an action and is no name is not told", async () => {
  const message = { version: "ocpp1.6", from: "station", kind: "call", payload: {}, secret: "" } as const;
  for (const action of ["04A1S3SECRET", "pin=S3SECRET", `x${"S3SECRET".repeat(9)}`]) {
    const told = await exportsOf({ ...message, action }, JSON.stringify([2, "1", action, {}]), true);
    ok(told.includes("[no action]") && !told.includes("S3SECRET"), told);
  }
  const told = await exportsOf({ ...message, action: "VendorAction" }, '[2,"1","VendorAction",{}]', true);
  ok(told.includes("VendorAction"), told);
});

for (const side of ["station", "csms"] as const) {
  Deno.test(`redaction: why the ${side} closes is told without the secret in it`, () => {
    const rig = new RelayRig();
    rig[side].emit("close", 3_000, "bye, token=S3SECRET");
    const told = rig.flight.export("CP001");
    ok(told.includes("bye, token [stripped]") && !told.includes("S3SECRET"), told);
  });
}

Deno.test("redaction: the exports hold what is no secret, so that the tests above could fail", async () => {
  const message: Message = {
    version: "ocpp1.6",
    from: "station",
    kind: "call",
    action: "BootNotification",
    payload: {},
    secret: "",
  };
  const told = await exportsOf(
    message,
    '[2,"1","BootNotification",{"chargePointVendor":"Visible","chargePointModel":"m","x":1}]',
    true,
  );
  ok(told.includes("Visible") && told.includes("ocpp.schema"), told);
});
