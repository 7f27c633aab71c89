import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { CLIMB_STEPS, type ClimbFacts, planClimb, profileShown } from "./climb.ts";

const FACTS: ClimbFacts = {
  from: 1,
  to: 2,
  version: "ocpp2.0.1",
  activity: "idle",
  force: false,
  isClimbing: false,
  listener: { url: "wss://10.20.0.1:8444/ocpp", port: 8444, rootKey: "ec" },
  root: "known",
  urlKey: undefined,
  keepsUrl: false,
  signs: true,
  password: "stored",
  relaysCredential: false,
  model: undefined,
};
const plan = (changes: Partial<ClimbFacts> = {}) => planClimb({ ...FACTS, ...changes });
const steps = (changes: Partial<ClimbFacts> = {}) =>
  plan(changes).hops.map(({ from, to, steps }) => [from, to, ...steps]);
const rules = (changes: Partial<ClimbFacts>) => plan(changes).refusals.map(({ rule }) => rule);

Deno.test("climb: from plain text to TLS, then the password that was overheard is replaced", () => {
  equal(steps(), [[1, 2, "idle", "root", "switch", "reconnect", "verify", "rotate"]]);
  equal(plan().refusals, []);
});

Deno.test("climb: OCPP 1.6 needs a key for the address, 2.x sets it with the profile", () => {
  const with16 = { version: "ocpp1.6", urlKey: "CentralURL" } as const;
  equal(steps(with16), [[1, 2, "idle", "root", "address", "switch", "reconnect", "verify", "rotate"]]);
  equal(steps({ ...with16, keepsUrl: true })[0]!.includes("address"), false);
});

Deno.test("climb: from profile 0 a password comes first", () => {
  equal(steps({ from: 0, password: "none" }), [[
    ...[0, 2],
    ...["idle", "password", "root", "switch", "reconnect", "verify", "rotate"],
  ]]);
});

Deno.test("climb: a password that is a file's or the CSMS's stays, and one that dies soon is not replaced", () => {
  for (const changes of [{ password: "file" }, { relaysCredential: true }, { to: 3 }] as const) {
    equal(steps(changes)[0]!.includes("rotate"), false, JSON.stringify(changes));
  }
});

Deno.test("climb: to profile 3 goes over profile 2, each hop by itself", () => {
  const three = [2, 3, "idle", "certificate", "switch", "reconnect", "verify"];
  equal(steps({ to: 3 }), [[1, 2, "idle", "root", "switch", "reconnect", "verify"], three]);
  equal(steps({ from: 2, to: 3 }), [three]);
});

Deno.test("climb: a root that is there already is not installed again", () => {
  equal(steps({ root: "installed" })[0]!.includes("root"), false);
});

const REFUSED: readonly { readonly rule: string; readonly changes: Partial<ClimbFacts> }[] = [
  { rule: "climb.running", changes: { isClimbing: true } },
  { rule: "climb.profile", changes: { from: 2 } },
  { rule: "climb.profile", changes: { from: 3 } },
  { rule: "climb.away", changes: { version: undefined } },
  { rule: "climb.busy", changes: { activity: "busy" } },
  { rule: "climb.listener", changes: { listener: undefined } },
  { rule: "climb.address", changes: { version: "ocpp1.6" } },
  { rule: "climb.root", changes: { root: "unknown" } },
  { rule: "climb.upstream", changes: { from: 2, to: 3, relaysCredential: true } },
  { rule: "climb.certificate", changes: { from: 2, to: 3, signs: false } },
  { rule: "climb.password", changes: { from: 0, password: "file" } },
  { rule: "climb.root", changes: { model: { vendor: "v", models: [], source: "s", installsRoots: false } } },
  { rule: "climb.model", changes: { model: { vendor: "v", models: [], source: "s", highestProfile: 1 } } },
  { rule: "climb.model", changes: { model: { vendor: "v", models: [], source: "s", ports: [443] } } },
  { rule: "climb.model", changes: { model: { vendor: "v", models: [], source: "s", rootKeys: ["rsa"] } } },
];

for (const { rule, changes } of REFUSED) {
  Deno.test(`climb: refuses by ${rule} with ${JSON.stringify(changes)}, and says what to do`, () => {
    equal(rules(changes), [rule]);
    for (const { reason, hint } of plan(changes).refusals) ok(reason.length > 10 && hint.length > 10);
  });
}

Deno.test("climb: all that stands in the way is told at once", () => {
  equal(rules({ activity: "busy", root: "unknown", version: "ocpp1.6" }), [
    "climb.busy",
    "climb.address",
    "climb.root",
  ]);
});

Deno.test("climb: --force goes over a charging car, over nothing else", () => {
  equal(rules({ activity: "busy", force: true }), []);
  equal(rules({ activity: "busy", force: true, root: "unknown" }), ["climb.root"]);
});

Deno.test("climb: what nobody has seen is no refusal: the first step asks the station", () => {
  equal(rules({ activity: "unknown" }), []);
});

Deno.test("climb: every step is explained", () => {
  for (const text of Object.values(CLIMB_STEPS)) match(text, /^[A-Z].{10,}/);
});

Deno.test("climb: a station is judged by the profile it shows, if it is one of the two", () => {
  const came = (tls: boolean, hasBasic: boolean, hasCertificate = false) => ({ tls, hasBasic, hasCertificate });
  equal(profileShown(came(true, true), { from: 1, to: 2 }), 2);
  equal(profileShown(came(false, true), { from: 1, to: 2 }), 1);
  equal(profileShown(came(true, false), { from: 0, to: 2 }), 2);
  equal(profileShown(came(false, false), { from: 0, to: 2 }), 0);
  equal(profileShown(came(true, true, true), { from: 2, to: 3 }), 3);
  equal(profileShown(came(true, true), { from: 2, to: 3 }), 2);
  equal(profileShown(came(true, true, true), { from: 1, to: 2 }), 1, "none of the two: judged, and refused, as before");
});

const KNOWN = { urlKey: "CentralURL" } as const;

for (
  const { name, changes, wanted } of [
    {
      name: "1.6 from profile 0, address by key, root to install",
      changes: { from: 0, version: "ocpp1.6", password: "none", ...KNOWN },
      wanted: ["idle", "password", "root", "address", "switch", "reconnect", "verify", "rotate"],
    },
    {
      name: "1.6 from profile 0 with a stored password that nobody knows it has",
      changes: { from: 0, version: "ocpp1.6", password: "stored", ...KNOWN },
      wanted: ["idle", "password", "root", "address", "switch", "reconnect", "verify", "rotate"],
    },
    {
      name: "1.6 whose root and address are there",
      changes: { version: "ocpp1.6", root: "installed", keepsUrl: true },
      wanted: ["idle", "switch", "reconnect", "verify", "rotate"],
    },
    {
      name: "2.1 like 2.0.1",
      changes: { version: "ocpp2.1" },
      wanted: ["idle", "root", "switch", "reconnect", "verify", "rotate"],
    },
    {
      name: "2.x with a key of 1.6 named by mistake",
      changes: { version: "ocpp2.1", ...KNOWN },
      wanted: ["idle", "root", "switch", "reconnect", "verify", "rotate"],
    },
    {
      name: "a station that is away, as a plan to look at",
      changes: { version: undefined },
      wanted: ["idle", "root", "switch", "reconnect", "verify", "rotate"],
    },
  ] as const
) {
  Deno.test(`climb: the steps to profile 2 of ${name}`, () => {
    equal(plan(changes).hops.map((hop) => hop.steps), [[...wanted]]);
  });
}

for (const version of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
  Deno.test(`climb: from profile 2 to 3, ${version} needs neither root nor address`, () => {
    const changes = { from: 2, to: 3, version, root: "unknown" } as const;
    equal(plan(changes).refusals, []);
    equal(plan(changes).hops.map((hop) => hop.steps), [["idle", "certificate", "switch", "reconnect", "verify"]]);
  });
}

Deno.test("climb: nothing is planned where there is nothing to climb", () => {
  for (const [from, to] of [[2, 2], [3, 2], [3, 3], [1, 1], [0, 0]] as const) {
    equal(plan({ from, to }).hops, [], `${from} to ${to}`);
    equal(rules({ from, to }).includes("climb.profile"), true);
  }
});

Deno.test("climb: every hop idles first, switches before it waits, and is verified before anything is replaced", () => {
  const before = (steps: readonly string[], one: string, other: string) => {
    if (steps.includes(one) && steps.includes(other)) ok(steps.indexOf(one) < steps.indexOf(other), `${one} ${other}`);
  };
  for (const from of [0, 1, 2] as const) {
    for (const to of [2, 3] as const) {
      for (const version of ["ocpp1.6", "ocpp2.1"] as const) {
        for (const hop of plan({ from, to, version, ...KNOWN }).hops) {
          equal(hop.steps[0], "idle");
          for (const earlier of ["password", "root", "certificate", "address"]) before(hop.steps, earlier, "switch");
          before(hop.steps, "switch", "reconnect");
          before(hop.steps, "reconnect", "verify");
          before(hop.steps, "verify", "rotate");
          equal(new Set(hop.steps).size, hop.steps.length, "none twice");
        }
      }
    }
  }
});

Deno.test("climb: a plan is frozen in its facts: the same facts give the same plan", () => {
  equal(plan({ to: 3 }), plan({ to: 3 }));
});

Deno.test("climb: what the model cannot do names where that is known from", () => {
  const model = { vendor: "v", models: [], source: "its manual, page 7", ports: [443] };
  const [first] = plan({ model }).refusals;
  match(first!.reason, /port 443/);
  match(first!.hint, /its manual, page 7/);
});
