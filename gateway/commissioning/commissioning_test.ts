import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { COMMISSIONING_STEPS } from "../../profiles/commissioning_steps.ts";
import { planPicture, pngChunk } from "../../tests/support/plan_picture.ts";
import { seededRandom } from "../demo/seeded_random.ts";
import { CHECK_NAMES } from "./checks.ts";
import { digestOf } from "./desk.ts";
import { readDrawing } from "./drawing.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";
import { CommissioningRig, photoOf } from "./testing/commissioning_rig.ts";

const REFUSED = { code: "COMMISSIONING_REFUSED" };
const INVALID = { code: "COMMISSIONING_INVALID" };
const SECONDARY = { step: "identity.label", station: "CP001-S", reason: "reached by USB only, label seen" };

function withRig(test: (rig: CommissioningRig) => Promise<void>): () => Promise<void> {
  return async () => {
    await using rig = await CommissioningRig.open();
    await test(rig);
  };
}

/** Everything entered and answered for: ready to be signed. */
async function ready(rig: CommissioningRig): Promise<void> {
  await rig.fill();
  await rig.run("except", SECONDARY, "olga");
}

const sign = (rig: CommissioningRig, name = "Ida Kern") => rig.run("sign", { name }, "ida");
const counterSign = (rig: CommissioningRig, who = "olga") => rig.run("counter-sign", { name: "Olga Berg" }, who);

Deno.test("commissioning: the template's checks and the gateway's are the same, and every id is unique", () => {
  const wanted = COMMISSIONING_STEPS.flatMap(({ check }) => check ?? []);
  deepEqual(wanted.toSorted(), [...CHECK_NAMES].toSorted());
  const ids = COMMISSIONING_STEPS.map(({ id }) => id);
  equal(new Set(ids).size, ids.length);
  for (const { id, kind, unit, title } of COMMISSIONING_STEPS) {
    equal(kind === "measure", unit !== undefined, id);
    ok(title.en !== "" && title.de !== "", id);
  }
});

Deno.test(
  "commissioning: from the label to a closed protocol, each state stored before it is answered",
  withRig(async (rig) => {
    await rig.run("start");
    equal((await rig.view()).state, "draft");
    await rig.enter("electrical.insulation", { value: "250" });
    equal((await rig.view()).state, "in-progress");
    await rig.run("drop");
    await rig.fill();
    deepEqual((await rig.view()).open, ["identity.label CP001-S"]);
    await rig.run("except", SECONDARY, "olga");
    for (
      const [state, act] of [
        ["ready", () => sign(rig)],
        ["signed", () => counterSign(rig)],
        ["counter-signed", () => rig.run("close", {}, "olga")],
        ["closed", () => Promise.resolve()],
      ] as const
    ) {
      await rig.restart(); // as after kill -9
      equal((await rig.view()).state, state);
      await act();
    }
    deepEqual(rig.audited.map(({ event }) => event).filter((event) => event.startsWith("commissioning.protocol")), [
      ...["started", "dropped", "started", "signed", "counter-signed", "closed"].map((end) =>
        `commissioning.protocol.${end}`
      ),
    ]);
    match((await rig.run("list")).text, /bay-07 +closed +\d+\/\d+/);
    equal((await rig.run("list")).ok, true);
  }),
);

for (const rule of ["EV-01", "BC-13", "BC-14"] as const) {
  Deno.test(
    `${rule}: a bay is neither signed nor closed while its controller breaks it, whatever was entered or answered for`,
    withRig(async (rig) => {
      await ready(rig);
      rig.faults = [{ rule, why: `why ${rule}`, hint: `mend ${rule}` }];
      const refused = { ...REFUSED, message: `why ${rule} (rule ${rule})`, hint: `mend ${rule}` };
      await rejects(sign(rig), refused);
      rig.faults = [];
      await sign(rig);
      rig.faults = [{ rule, why: `why ${rule}`, hint: `mend ${rule}` }];
      await rejects(counterSign(rig), refused);
      rig.faults = [];
      await counterSign(rig);
      rig.faults = [{ rule, why: `why ${rule}`, hint: `mend ${rule}` }];
      await rejects(rig.run("close", {}, "olga"), refused);
      equal((await rig.view()).state, "counter-signed");
      const refusals = rig.audited.filter(({ event }) => event === "commissioning.act.refused");
      deepEqual(refusals.map(({ rule: said, target }) => [said, target]), Array(3).fill([rule, "bay-07"]));
      match((await rig.run("show")).text, new RegExp(`${rule}: why ${rule}\\n  do: mend ${rule}`));
      rig.faults = [];
      await rig.run("close", {}, "olga");
      equal((await rig.view()).state, "closed");
    }),
  );
}

Deno.test(
  "commissioning: what the gateway looks at is its own word: a person can neither enter it nor sign over it",
  withRig(async (rig) => {
    await rig.run("start");
    for (const args of [{ so: true }, { value: "1" }, { serial: "x" }]) {
      await rejects(rig.enter("ocpp.connected CP001", args), { ...INVALID, message: /the gateway looks itself/ });
    }
    await rejects(rig.enter("ocpp.connected", { station: "CP001", file: photoOf() }), INVALID);
    await rejects(rig.run("except", { step: "ocpp.connected", station: "CP001", reason: "trust me" }), {
      ...INVALID,
      message: /Nobody can answer for/,
    });
    rig.profile = undefined;
    await rig.run("check");
    equal((await rig.step("ocpp.connected CP001")).outcome, "failed");
    await rejects(sign(rig), { ...REFUSED, message: /steps are not done: .*\(rule commissioning.not-ready\)/ });
  }),
);

Deno.test(
  "commissioning: a failed measurement holds the bay up, and nobody can answer for it",
  withRig(async (rig) => {
    await ready(rig);
    await rig.enter("electrical.insulation", { value: "0.9" });
    equal((await rig.view()).state, "in-progress");
    equal((await rig.step("electrical.insulation")).why, "0.9 MΩ, wanted at least 1 MΩ");
    await rejects(rig.run("except", { step: "electrical.insulation", reason: "dry weather" }), INVALID);
    await rejects(sign(rig), /electrical.insulation: 0.9 MΩ/);
    await rig.enter("electrical.insulation", { value: "1" });
    await sign(rig);
  }),
);

Deno.test(
  "commissioning: two people sign, each with a second factor, and nothing changes between",
  withRig(async (rig) => {
    await ready(rig);
    await rejects(rig.run("sign", { name: "Tom" }, "tom"), { code: "STEP_UP_NEEDED" });
    await rejects(counterSign(rig), { ...REFUSED, message: /installer signs first/ });
    await rig.run("sign", { name: "Ida Kern", drawing: "M10 50 L100 20 L200 80" });
    await rejects(counterSign(rig, "ida"), { ...REFUSED, message: /rule commissioning.own-signature/ });
    await rejects(rig.enter("electrical.rcd-time", { value: "20" }), {
      ...REFUSED,
      message: /rule commissioning.signed/,
    });
    await rejects(rig.enter("identity.photo-cable", { file: photoOf(99) }), REFUSED);
    await rejects(rig.run("check"), REFUSED);
    await rejects(rig.run("drop"), REFUSED);
    await rejects(rig.run("close"), { ...REFUSED, message: /rule commissioning.not-signed/ });
    await rig.run("reopen", { reason: "wrong photo" }, "olga");
    const [protocol] = await rig.stored();
    deepEqual([protocol!.state, protocol!.installer], ["ready", undefined]);
    await rig.enter("identity.photo-cable", { file: photoOf(99) });
    await sign(rig);
    await counterSign(rig);
    await rig.run("close", {}, "olga");
    for (const command of ["close", "reopen", "drop"]) {
      await rejects(rig.run(command, { reason: "r" }, "olga"), { ...REFUSED, message: /rule commissioning.closed/ });
    }
  }),
);

Deno.test(
  "commissioning: a protocol that was changed on the disk after it was signed is not closed",
  withRig(async (rig) => {
    await ready(rig);
    await sign(rig);
    await counterSign(rig);
    const [protocol] = await rig.stored();
    const entries = { ...protocol!.entries, "electrical.insulation": { kind: "measure", value: 999, by: "x", at: 0 } };
    await rig.papers.store.commit([{
      set: ["commissioning", "protocol", String(protocol!.id).padStart(9, "0")],
      value: { ...protocol, entries },
    }]);
    await rig.restart();
    await rejects(rig.run("close", {}, "olga"), { ...REFUSED, message: /What was signed is not what/ });
  }),
);

Deno.test(
  "commissioning: a closed protocol stays as it was signed when its station changes or leaves",
  withRig(async (rig) => {
    await ready(rig);
    await sign(rig);
    await counterSign(rig);
    await rig.run("close", {}, "olga");
    const before = await rig.view();
    rig.stations = [{ ...rig.stations[2]! }];
    rig.facts = { serial: "other" };
    deepEqual((await rig.view()).steps, before.steps);
    equal((await rig.view()).open.length, 0);
  }),
);

Deno.test(
  "commissioning: one protocol of a bay at a time; a station of a bay names it, and an unknown one is said",
  withRig(async (rig) => {
    match((await rig.run("start", { bay: "CP001" })).text, /Protocol 1 of bay-07 \(CP001, CP001-S\): draft/);
    await rejects(rig.run("start"), { ...REFUSED, message: /Protocol 1 of bay-07 is not closed/ });
    match((await rig.run("start", { bay: "CP002" })).text, /Protocol 2 of CP002/);
    match((await rig.run("show", { bay: "2" })).text, /Protocol 2 of CP002/);
    await rejects(rig.run("start", { bay: "CP9" }), { code: "STATION_UNKNOWN" });
    await rejects(rig.run("show", { bay: "CP9" }), { code: "COMMISSIONING_UNKNOWN", hint: /commissioning start/ });
    await rejects(rig.run("photo", { step: "identity.photo-label" }), { code: "COMMISSIONING_UNKNOWN" });
    await rejects(rig.enter("electrical.nothing", { value: "1" }), {
      ...INVALID,
      message: /no step "electrical.nothing"/,
    });
  }),
);

const BAD_ENTRIES = [
  ["electrical.insulation", { value: "much" }, /"much" is no number/],
  ["electrical.insulation", { value: "-1" }, /no number/],
  ["electrical.insulation", { value: "1e9" }, /no number/],
  ["electrical.insulation", { value: "1234567890" }, /no number/],
  ["electrical.insulation", { so: true }, /it takes a measure/],
  ["electrical.insulation", {}, /Nothing was entered/],
  ["electrical.inspection", { so: true, note: "a\nb" }, /--note has 3 characters on one line/],
  ["identity.label CP001", { serial: "x".repeat(COMMISSIONING_LIMITS.labelChars + 1) }, /--serial has 65/],
  ["identity.photo-label", { file: "%%%" }, /not base64/],
] as const;
for (const [step, args, says] of BAD_ENTRIES) {
  Deno.test(
    `commissioning: ${step} with ${JSON.stringify(args).slice(0, 40)} is refused by name and loses nothing`,
    withRig(async (rig) => {
      await rig.run("start");
      await rig.enter("electrical.rcd-time", { value: "24" });
      await rejects(rig.enter(step, args), { ...INVALID, message: says });
      equal((await rig.step("electrical.rcd-time")).outcome, "done");
    }),
  );
}

Deno.test(
  "commissioning: texts at their limits are taken, and one past them refused",
  withRig(async (rig) => {
    const { noteChars, labelChars, nameChars } = COMMISSIONING_LIMITS;
    await ready(rig);
    await rig.enter("electrical.inspection", { so: true, note: "n".repeat(noteChars) });
    await rejects(rig.enter("electrical.inspection", { so: true, note: "n".repeat(noteChars + 1) }), INVALID);
    await rig.enter("identity.label", { station: "CP001-S", serial: "s".repeat(labelChars) });
    await rejects(rig.run("except", { ...SECONDARY, reason: "r".repeat(noteChars + 1) }), INVALID);
    await rig.run("except", { ...SECONDARY, reason: "r".repeat(noteChars) });
    await rejects(rig.run("sign", { name: "n".repeat(nameChars + 1) }), INVALID);
    await rejects(rig.run("sign", { name: " " }), INVALID);
    await rig.run("sign", { name: "n".repeat(nameChars) });
  }),
);

Deno.test("commissioning: a drawn signature is lines within its paper, and nothing else of SVG", () => {
  equal(readDrawing("M10 50 L100 20 M0 0 L300 100"), "M10 50 L100 20 M0 0 L300 100");
  const { drawingChars } = COMMISSIONING_LIMITS;
  const long = (chars: number) =>
    "M0 0" + " L10 10".repeat(Math.floor((chars - 4) / 7)) + " ".repeat((chars - 4) % 7 > 0 ? 1 : 0);
  ok(readDrawing(long(drawingChars)).length <= drawingChars);
  throws(() => readDrawing("M0 0" + " L10 10".repeat(drawingChars)), { ...INVALID, message: /at most 8000/ });
  for (
    const bad of [
      "",
      "M10 50",
      "M301 5 L1 1",
      "M1 101 L1 1",
      "M1 1 C1 1",
      'M1 1 L2 2"/><script>',
      "M1.5 2 L1 1",
      "M-1 2 L1 1",
      "m1 1 l2 2",
    ]
  ) {
    throws(() => readDrawing(bad), INVALID, bad);
  }
});

Deno.test(
  "commissioning: photos are rebuilt, kept once, replaced without leaving anything, and gone with their protocol",
  withRig(async (rig) => {
    await rig.run("start");
    await rig.run("start", { bay: "CP002" });
    const secret = planPicture(40, 30, [pngChunk("eXIf", new TextEncoder().encode("GPS 52.52"))]).toBase64();
    await rig.enter("identity.photo-label", { file: secret });
    const { data } = await rig.run("photo", { step: "identity.photo-label" });
    equal((data as { base64: string }).base64, photoOf());
    await rig.run("enter", { bay: "CP002", step: "identity.photo-label", file: photoOf() });
    equal(await rig.parts(), 1, "two protocols show the same");
    await rig.enter("identity.photo-label", { file: photoOf(50) });
    equal(await rig.parts(), 2);
    await rig.enter("identity.photo-cable", { file: photoOf(50) });
    equal(await rig.parts(), 2);
    await rejects(rig.enter("identity.photo-cable", { file: btoa("<svg>") }), {
      code: "PLAN_PICTURE_INVALID",
      hint: /phones/,
    });
    await rig.run("drop");
    equal(await rig.parts(), 1, "the other protocol keeps its own");
    await rig.run("drop", { bay: "CP002" });
    equal(await rig.parts(), 0);
  }),
);

Deno.test(
  "commissioning: an exception is taken back, and a label that does not fit is said with both sides",
  withRig(async (rig) => {
    await ready(rig);
    await rig.run("except", { ...SECONDARY, "take-back": true }, "olga");
    equal((await rig.view()).state, "in-progress");
    deepEqual(rig.audited.at(-1)!.detail, { protocol: 1, step: "identity.label CP001-S", isTakenBack: true });
    await rig.enter("identity.label", { station: "CP001", serial: "SN-9" });
    match((await rig.step("identity.label CP001")).why, /its serial number is SN-9, known is SN-1/);
  }),
);

Deno.test(
  "commissioning: photos of all protocols are bounded together",
  withRig(async (rig) => {
    await rig.run("start");
    await rig.enter("identity.photo-label", { file: photoOf() });
    const [protocol] = await rig.stored(), [record] = Object.values(protocol!.photos);
    const photos = {
      full: { ...record!, sha256: "full", bytes: COMMISSIONING_LIMITS.photoBytes - record!.bytes - 100 },
    };
    await rig.papers.store.commit([{
      set: ["commissioning", "protocol", "000000007"],
      value: { ...protocol, id: 7, bay: "b7", photos },
    }]);
    await rig.restart();
    const large = planPicture(40, 30, [pngChunk("IDAT", seededRandom(1).bytes(200))]).toBase64();
    await rejects(rig.enter("identity.photo-cable", { file: large }), {
      ...REFUSED,
      message: /The photos of all protocols have/,
    });
  }),
);

Deno.test(
  "commissioning: how many are open and closed is told, at the start and each minute",
  withRig(async (rig) => {
    await rig.run("start");
    rig.time.advance(60_000);
    deepEqual(rig.gauges.slice(-2), [
      'bulkhead_commissioning_protocols {"state":"closed"} 0',
      'bulkhead_commissioning_protocols {"state":"open"} 1',
    ]);
  }),
);

Deno.test("commissioning: what is signed changes with every entry and every exception, not with their order", () => {
  const entry = { kind: "measure", value: 1, by: "a", at: 1 } as const;
  const of = (entries: object, exceptions = {}) =>
    digestOf({ id: 1, bay: "b", stations: ["s"], startedAt: 0, entries, exceptions } as never);
  equal(of({ a: entry, b: entry }), of({ b: entry, a: entry }));
  ok(of({ a: entry }) !== of({ a: { ...entry, value: 2 } }));
  ok(of({ a: entry }) !== of({ a: entry }, { a: { by: "x", at: 1, reason: "r" } }));
});
