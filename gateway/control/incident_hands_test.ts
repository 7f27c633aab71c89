import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { StepId } from "../../policies/incident_steps.ts";
import type { SignalKind } from "../../policies/incident_types.ts";
import { GatewayError } from "../core/errors.ts";
import type { DeviceOperations } from "../core/device_operations_api.ts";
import type { IncidentRecord } from "../incidents/incident_record.ts";
import { type InventoryRig, withInventory } from "../inventory/testing/inventory_rig.ts";
import type { SecretRecord } from "../vault/secret_record.ts";
import type { Vault } from "../vault/vault.ts";
import type { CommandArgs } from "./contract.ts";
import { IncidentHands } from "./incident_hands.ts";
import type { IncidentSight } from "./incident_sight.ts";

const NOW = 1_000_000;
const UI = {
  url: "https://10.0.0.1",
  driver: "bender",
  accounts: [{ role: "operator", passwordFile: "operator" }],
};

/** Hands over an inventory whose CP001 has pages, with a vault and commands that a test decides on. */
function handsOf(rig: InventoryRig, ui: object | undefined = UI) {
  const ran: string[] = [];
  const state = {
    records: [] as Partial<SecretRecord>[],
    answers: { "posture golden": { findings: [] } } as Record<string, unknown>,
    tls: true as boolean | undefined,
    needs: {},
    passwords: ["operator"],
    logins: {} as Awaited<ReturnType<IncidentSight["logins"]>>,
  };
  const { parts } = rig.feature, all = parts.stations.all();
  const stations = all.map((station) => station.id === "CP001" && ui ? { ...station, ui } : station);
  const book = {
    all: () => state.records,
    ofStation: (_: string, slot: string) => state.records.find((record) => record.slot === slot),
  };
  const hands = new IncidentHands({
    stations: {
      ...parts,
      stations: { ...parts.stations, get: (id: string) => stations.find((one) => one.id === id) } as never,
    },
    operations: () => ({ capabilities: () => ({ passwords: state.passwords }) }) as unknown as DeviceOperations,
    vault: () => ({ book, stateOf: () => "rotating" }) as unknown as Vault,
    sight: {
      roles: ({ id }) => id === "CP001" ? ["operator"] : [],
      logins: () => Promise.resolve(state.logins),
      transport: () =>
        Promise.resolve(
          state.tls === undefined ? undefined : { own: state.tls ? "tls" : "plain", isPlainBeside: false },
        ),
    },
    run: (command: string, args: CommandArgs, who: string) => {
      ran.push(`${command} ${Object.values(args).join(" ")} as ${who}`);
      const answer = state.answers[command];
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve({ text: "", data: (answer ?? {}) as never });
    },
  });
  const ask = (step: StepId, kinds: readonly SignalKind[] = [], more: object = {}) => ({
    ...{ step, who: "eva", ...more },
    incident: { id: "I-1", subject: "CP001", timeline: kinds.map((kind) => ({ kind })) } as unknown as IncidentRecord,
  });
  return { hands, state, ran, ask, before: { state: "checking", by: "eva", at: NOW } as const };
}

Deno.test(
  "incident hands: what is known of a station says which steps there are",
  withInventory(async (rig) => {
    const { hands, state, ask } = handsOf(rig);
    await rig.command("station credential", { station: "CP004" });
    deepEqual(await hands.facts("CP001", "reset"), {
      ...{ kind: "reset", isTouched: true, pages: "https", isPinned: true, secrets: "driver" },
      ...{ canRestoreSettings: false, ocpp: "by-hand", hasPosture: true },
    });
    const findings = [{ setting: "log", state: "same", fixedBy: "gateway" }];
    state.answers["posture golden"] = { profile: "bender-cc", vendors: ["bender"], findings };
    equal((await hands.facts("CP001", "reset")).canRestoreSettings, true);
    equal((await hands.run(ask("settings"))).state, "done");
    state.passwords = [];
    equal((await hands.facts("CP001", "reset")).secrets, "person");
    equal((await hands.facts("CP001", "software")).isTouched, false);
    const { pages, secrets, ocpp } = await hands.facts("CP004", "reset");
    deepEqual([pages, secrets, ocpp], [undefined, "none", "renewable"]);
    equal((await hands.facts("CP003", "reset")).ocpp, "by-hand", "a certificate is signed by hand");
    deepEqual(await hands.facts("gateway", "opened"), {
      ...{
        kind: "opened",
        isTouched: true,
        isPinned: false,
        secrets: "none",
        canRestoreSettings: false,
        hasPosture: true,
      },
    });
  }),
);

Deno.test(
  "incident hands: plain pages have no certificate, and a station without pages no secret",
  withInventory(async (rig) => {
    const { hands } = handsOf(rig, { ...UI, url: "http://10.0.0.1", plaintext: "isolated-segment" });
    const { pages, isPinned } = await hands.facts("CP001", "reset");
    deepEqual([pages, isPinned], ["http", false]);
  }),
);

Deno.test(
  "BC-07: where a factory password opens it the change goes on from that, as the person who asks",
  withInventory(async (rig) => {
    const { hands, ran, ask } = handsOf(rig);
    const end = await hands.run(ask("password", ["password-lost", "default-password"]));
    equal(end.state, "checking");
    deepEqual(ran, ["secret import CP001 operator yellow_zone as eva", "secret rotate CP001 operator as eva"]);
  }),
);

Deno.test(
  "incident hands: else the vault changes what it has, and a change under way is waited for",
  withInventory(async (rig) => {
    const { hands, state, ran, ask } = handsOf(rig);
    await hands.run(ask("password", ["password-lost"]));
    deepEqual(ran.splice(0), ["secret rotate CP001 operator as eva"]);
    state.records = [{ slot: "operator", rotation: {} as never }];
    await hands.run(ask("password"));
    deepEqual(ran, []);
    state.answers["secret import"] = new GatewayError("SECRET_REFUSED", "the controller refuses it");
    deepEqual(await hands.run(ask("password", ["default-password"])), {
      state: "failed",
      found: "the controller refuses it",
    });
  }),
);

Deno.test(
  "BC-07: a factory password that nobody had seen yet is found before the vault changes anything, and recorded",
  withInventory(async (rig) => {
    const { hands, state, ran, ask } = handsOf(rig);
    state.logins = { own: "refused", factory: "in" };
    await hands.run(ask("password"));
    deepEqual(ran.splice(0), [
      "secret import CP001 operator yellow_zone as eva",
      "secret rotate CP001 operator as eva",
    ]);
    const [found] = rig.audited.filter(({ event }) => event === "incident.look.found");
    deepEqual([found?.who, found?.target, found?.detail?.["what"]], ["eva", "CP001", "default-password"]);
    state.logins = { own: "in" };
    await hands.run(ask("password"));
    deepEqual(ran, ["secret rotate CP001 operator as eva"]);
  }),
);

/** Records of the vault, and how the step stands. */
const ROTATED:
  readonly (readonly [name: string, records: readonly Partial<SecretRecord>[], state: string, found: RegExp])[] = [
    ["a change that runs", [{ slot: "operator", rotation: {} as never }], "checking", /operator: rotating/],
    [
      "a change that is proven",
      [{ slot: "operator", last: { outcome: "committed", at: NOW, reason: "asked" } }],
      "done",
      /1 changed/,
    ],
    [
      "a change of before",
      [{ slot: "operator", last: { outcome: "committed", at: NOW - 1, reason: "asked" } }],
      "failed",
      /operator was not changed/,
    ],
    [
      "a change that was taken back",
      [{ slot: "operator", last: { outcome: "rolled-back", at: NOW, reason: "asked", why: "it is away" } }],
      "failed",
      /it is away/,
    ],
    ["no secret at all", [], "failed", /^$/],
  ];
for (const [name, records, wanted, found] of ROTATED) {
  Deno.test(
    `incident hands: ${name} is ${wanted}`,
    withInventory(async (rig) => {
      const { hands, state, ask, before } = handsOf(rig);
      state.records = [...records];
      const end = await hands.check(ask("password", [], { before }));
      equal(end.state, wanted);
      match(end.found, found);
    }),
  );
}

Deno.test(
  "incident hands: an OCPP password is renewed, and counts when the station came with it",
  withInventory(async (rig) => {
    const { hands, ran, ask, before } = handsOf(rig);
    await rig.command("station credential", { station: "CP004" });
    const of = (more: object = {}) => {
      const { incident, ...rest } = ask("credential", [], more);
      return { ...rest, incident: { ...incident, subject: "CP004" } };
    };
    const begun = await hands.run(of());
    deepEqual([begun.state, ran], ["checking", ["station renew CP004 as eva"]]);
    const at = rig.time.now(), mark = begun.mark!;
    equal((await hands.check(of({ before: { ...before, at, mark } }))).state, "checking");
    rig.time.jump(3_600_000);
    match(
      (await hands.check(of({ before: { ...before, at, mark } }))).found,
      /not proven a new password within an hour/,
    );
    await rig.command("station credential", { station: "CP004" });
    equal((await hands.check(of({ before: { ...before, at, mark } }))).state, "done");
    equal((await hands.check(of({ before }))).state, "done", "by hand, a person's word");
  }),
);

/** Answers to ClearCache, and how the step stands. */
const CACHE: readonly (readonly [answer: object, state: string, found: RegExp])[] = [
  [{ result: { status: "Accepted" } }, "done", /empty/],
  [{ result: { status: "Rejected" } }, "done", /keeps no cache/],
  [{ result: { status: 7 } }, "failed", /answered 7/],
  [{ error: { code: "NotSupported" } }, "failed", /NotSupported/],
  [{ noAnswer: "timeout" }, "failed", /timeout/],
];
for (const [answer, wanted, found] of CACHE) {
  Deno.test(
    `incident hands: ClearCache answered ${JSON.stringify(answer)} is ${wanted}`,
    withInventory(async (rig) => {
      const { hands, ask } = handsOf(rig);
      await rig.connect();
      rig.answers["station.call"] = () => answer;
      const end = await hands.run(ask("badges"));
      equal(end.state, wanted);
      match(end.found, found);
    }),
  );
}

Deno.test(
  "incident hands: a station that is away cannot empty its cache",
  withInventory(async (rig) => {
    const { hands, ask } = handsOf(rig);
    match((await hands.run(ask("badges"))).found, /away; it has to be connected/);
  }),
);

Deno.test(
  "incident hands: posture holds when nothing grave fails; what is waived or light does not stop it",
  withInventory(async (rig) => {
    const { hands, state, ask, ran } = handsOf(rig);
    const findings = [
      { line: "A", outcome: "waived", severity: "high" },
      { line: "B", outcome: "failed", severity: "low" },
      { line: "C", outcome: "unknown", severity: "high" },
    ];
    state.answers["posture run"] = { findings };
    equal((await hands.run(ask("posture"))).state, "done");
    state.answers["posture run"] = { findings: [...findings, { line: "D", outcome: "failed", severity: "high" }] };
    deepEqual(await hands.run(ask("posture")), { state: "failed", found: "not met: D; mend or waive them" });
    deepEqual(ran, ["posture run CP001 as eva", "posture run CP001 as eva"]);
  }),
);

Deno.test(
  "incident hands: HTTPS is looked at where that can be, the certificate is the approved one",
  withInventory(async (rig) => {
    const { hands, state, ask } = handsOf(rig);
    equal((await hands.check(ask("https"))).state, "done");
    state.tls = false;
    equal((await hands.check(ask("https"))).state, "failed");
    state.tls = undefined;
    match((await hands.check(ask("https"))).found, /person's word/);
    const pin = async (approved: unknown, presented: unknown) => {
      state.answers["station pin show"] = { approved, presented };
      return (await hands.check(ask("certificate"))).state;
    };
    deepEqual([await pin({}, null), await pin({}, {}), await pin(null, null)], ["done", "failed", "failed"]);
    equal((await hands.check(ask("look"))).state, "done");
  }),
);

Deno.test(
  "incident hands: what nobody does by itself says so, and a fault that is none of ours goes on",
  withInventory(async (rig) => {
    const { hands, state, ask } = handsOf(rig);
    equal((await hands.run(ask("look"))).state, "failed");
    state.answers["posture run"] = new TypeError("a bug");
    await rejects(hands.run(ask("posture")), TypeError);
  }),
);

Deno.test(
  "incident hands: quarantine begins and ends; a station without OCPP and the box itself have none",
  withInventory(async (rig) => {
    const { hands } = handsOf(rig);
    await hands.quarantine("CP001", true, "eva", "why");
    equal(rig.feature.parts.quarantines.of("CP001")?.by, "eva");
    await hands.quarantine("CP001", false, "eva", "whole");
    equal(rig.feature.parts.quarantines.of("CP001"), undefined);
    await rejects(hands.quarantine("gateway", true, "eva", "why"), (error: unknown) => {
      ok(error instanceof GatewayError && error.code === "INCIDENT_REFUSED" && /no OCPP/.test(error.message));
      return true;
    });
  }),
);
