import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { StationAttempt } from "../core/control_api.ts";
import { statusOf } from "./admission_answers.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { basic, type InventoryRig, inventoryRig } from "./testing/inventory_rig.ts";

const WEAK = "weak-password-1";

/** A rig whose CP004 has a weak password, which argon2id keeps. */
async function rigWith(unknownStations: "not-found" | "unauthorized"): Promise<InventoryRig> {
  const rig = await inventoryRig({ "cp004": WEAK });
  const { site } = rig.context;
  Object.assign(rig.context, { site: Site.parse({ ...site, ocpp: { ...site.ocpp, unknownStations } }) });
  return rig;
}

/** Attempts that prove nothing, from one place. */
const WRONG: readonly (readonly [name: string, attempt: Partial<StationAttempt>, rule: string])[] = [
  ["a wrong password of a generated secret", { basic: basic("CP001", "wrong") }, "admission.credential"],
  ["a wrong password of a weak secret", { stationId: "CP004", basic: basic("CP004", "wrong") }, "admission.credential"],
  ["another user", { basic: basic("CP004", "wrong") }, "admission.user-mismatch"],
  ["the wrong listener", { tls: false, basic: basic("CP001", "wrong") }, "admission.profile"],
  [
    "a password instead of a certificate",
    { stationId: "CP003", basic: basic("CP003", "wrong") },
    "admission.certificate",
  ],
  [
    "a certificate of no known CA instead of one",
    { stationId: "CP003", basic: basic("CP003", "wrong"), setAside: { rule: "peer.chain", reason: "r" } },
    "peer.chain",
  ],
  [
    "a path that is only tolerated by a quirk",
    { basic: basic("CP001", "wrong"), needs: ["loose-path"] },
    "admission.quirk",
  ],
  ["an unknown id", { stationId: "CP999", basic: basic("CP999", "wrong") }, "admission.unknown-station"],
  [
    "an unknown id with a certificate of no known CA",
    { stationId: "CP999", basic: basic("CP999", "wrong"), setAside: { rule: "peer.chain", reason: "r" } },
    "admission.unknown-station",
  ],
  [
    "an id that is none",
    { stationId: "/ocpp/a/b", isMisdirected: true, basic: basic("a", "wrong") },
    "ocpp.request.path",
  ],
];

const hashes = (rig: InventoryRig) => rig.calls.filter(({ method }) => method === "hasher.verify").length;

/** Gives CP004 a weak password of its own, as a person would. */
const weaken = async (rig: InventoryRig) => {
  const { credentials } = rig.feature.parts;
  await credentials.set("CP004", new TextEncoder().encode(WEAK), rig.time.now());
};

Deno.test("O-23: with unknownStations unauthorized, each wrong attempt gets the same 401 for one slow hash, and its own rule is recorded", async () => {
  const rig = await rigWith("unauthorized");
  await weaken(rig);
  for (const [index, [name, attempt, rule]] of WRONG.entries()) {
    const before = hashes(rig), recorded = rig.audited.length;
    const answer = await rig.admit({ ...attempt, source: `10.0.9.${index}` });
    deepEqual(answer, { admit: false, rule, status: 401 }, name);
    equal(hashes(rig) - before, 1, name);
    const records = rig.audited.slice(recorded).map((record) => record.rule);
    deepEqual(records, /^(peer|ocpp)\./.test(rule) ? [] : [rule], `${name}: the Worker records what it found`);
  }
  ok((await rig.admit()).admit);
  ok(rig.feature.parts.inbox.get("CP999"), "a person is still asked to adopt it");
  equal(rig.feature.parts.inbox.get("/ocpp/a/b"), undefined);
  await rig.store.close();
});

Deno.test("O-23: with unknownStations not-found an unknown id is 404 and costs no hash, a wrong password 401 and what its secret needs", async () => {
  const rig = await rigWith("not-found");
  await weaken(rig);
  const seen: unknown[] = [];
  for (const [index, [name, attempt]] of WRONG.entries()) {
    const before = hashes(rig);
    const answer = await rig.admit({ ...attempt, source: `10.0.9.${index}` });
    ok(!answer.admit);
    seen.push([name, answer.status, hashes(rig) - before]);
  }
  deepEqual(seen.map((row) => (row as unknown[]).slice(1)), [
    ...[[401, 0], [401, 1], [401, 0], [401, 0], [401, 0], [403, 0], [404, 0], [404, 0], [404, 0]],
    [404, 0],
  ]);
  await rig.store.close();
});

Deno.test("O-23: without a password nobody pays for a hash, and a right one pays nothing more", async () => {
  const rig = await rigWith("unauthorized");
  for (const stationId of ["CP001", "CP999"]) {
    const attempt: Partial<StationAttempt> = { stationId, source: "10.0.9.1" };
    equal(((await rig.admit({ ...attempt, basic: undefined as never })) as { status: number }).status, 401);
  }
  ok((await rig.admit()).admit);
  equal(hashes(rig), 0);
  await rig.store.close();
});

for (const [name, attempt] of WRONG) {
  Deno.test(`O-23: seen from outside, limits are the same for ${name}`, async () => {
    const rig = await rigWith("unauthorized");
    const bySource: number[] = [], byIdentity: number[] = [];
    const status = async (source: string) => {
      const answer = await rig.admit({ ...attempt, source });
      ok(!answer.admit);
      return answer.status;
    };
    for (let i = 0; i <= INVENTORY_LIMITS.failuresPerSource; i++) bySource.push(await status("10.0.9.1"));
    deepEqual(bySource, [...Array(INVENTORY_LIMITS.failuresPerSource).fill(401), 429]);
    rig.time.advance(INVENTORY_LIMITS.failureWindowSeconds * 1_000);
    for (let i = 0; i <= INVENTORY_LIMITS.failuresPerIdentity; i++) byIdentity.push(await status(`10.0.8.${i}`));
    deepEqual(byIdentity, [...Array(INVENTORY_LIMITS.failuresPerIdentity).fill(401), 429]);
    const before = hashes(rig);
    equal(await status("10.0.8.250"), 429);
    equal(hashes(rig), before, "a limited attempt costs none");
    await rig.store.close();
  });
}

Deno.test("O-23: made-up ids raise no alarm each, and do not displace what is counted of stations", async () => {
  const rig = await rigWith("unauthorized");
  const guess = async (stationId: string, attempts: number) => {
    for (let i = 0; i < attempts; i++) {
      await rig.admit({ stationId, source: `10.1.${i}.1`, basic: basic(stationId, "wrong") });
    }
  };
  await guess("NOBODY", INVENTORY_LIMITS.failuresPerIdentity + 1);
  deepEqual(rig.raised, []);
  await guess("CP001", INVENTORY_LIMITS.failuresPerIdentity + 1);
  deepEqual(rig.raised.map(({ subject }) => subject), ["CP001"]);
  await rig.store.close();
});

Deno.test("O-23: what has proven itself is told why, what is limited is 429, whichever way ids are answered", () => {
  for (const alike of [false, true]) {
    equal(statusOf("admission.profile-lowered", alike), 403);
    equal(statusOf("admission.protocol", alike), 403);
    equal(statusOf("admission.identity-limited", alike), 429);
    equal(statusOf("admission.credential", alike), 401);
  }
});

const ASIDE = { rule: "peer.chain", reason: "it does not chain to a CA that this listener trusts" };

Deno.test("0197: a profile 2 station with a certificate of no known CA enters by its password, and not without it", async () => {
  const rig = await inventoryRig();
  ok((await rig.admit({ setAside: ASIDE })).admit);
  deepEqual(await rig.admit({ setAside: ASIDE, basic: basic("CP001", "wrong") }), {
    ...{ admit: false, rule: "admission.credential", status: 401 },
  });
  const refused = rig.audited.at(-1)!;
  deepEqual([refused.rule, refused.detail?.["certificate"]], ["admission.credential", "peer.chain"]);
  await rig.store.close();
});

Deno.test("0197: a profile 3 station with it stays refused, uncounted, and why says so", async () => {
  const rig = await inventoryRig();
  const attempt: Partial<StationAttempt> = { stationId: "CP003", setAside: ASIDE, offeredProtocols: ["ocpp2.0.1"] };
  for (let i = 0; i < 2 * INVENTORY_LIMITS.failuresPerIdentity; i++) {
    deepEqual(await rig.admit(attempt), { admit: false, rule: "peer.chain", status: 403 });
  }
  const { text } = await rig.command("why", { station: "CP003" });
  match(text, /refused at .* by peer\.chain: it does not chain/);
  match(text, /Fix: .*cert issue --station CP003/);
  await rig.store.close();
});

Deno.test("0197: beside the right password another station's certificate is refused, valid or out of date; a maker's name is none", async () => {
  const rig = await inventoryRig();
  const named = (commonName: string) => ({ certificate: { commonName, fingerprint: "f", serial: "1" } });
  const expired = (commonName: string) => ({ setAside: { rule: "peer.expired", reason: "r", commonName } });
  for (const more of [named("CP003"), expired("CP003")]) {
    deepEqual(await rig.admit(more), { admit: false, rule: "admission.cn-mismatch", status: 401 });
  }
  for (const more of [named("CP001"), expired("CP001"), named("X-4711"), expired("X-4711")]) {
    ok((await rig.admit(more)).admit, JSON.stringify(more));
  }
  equal(
    (await rig.admit({ ...named("CP003"), basic: basic("CP001", "x") }) as { rule: string }).rule,
    "admission.credential",
  );
  await rig.store.close();
});

Deno.test("0197: a station that nobody knows is put into the inbox with the certificate that it has", async () => {
  const rig = await inventoryRig();
  const attempt: Partial<StationAttempt> = { stationId: "NEW", setAside: ASIDE, basic: undefined as never };
  deepEqual(await rig.admit(attempt), { admit: false, rule: "admission.unknown-station", status: 404 });
  equal(rig.feature.parts.inbox.get("NEW")?.credential, "certificate");
  await rig.store.close();
});

Deno.test("O-23: what stands in a path that names no station is in no record, however often it comes: it may be a token", async () => {
  const rig = await rigWith("unauthorized");
  const attempt: Partial<StationAttempt> = { stationId: "/x?token=s3cret", isMisdirected: true };
  for (let tries = 0; tries <= INVENTORY_LIMITS.failuresPerIdentity; tries++) {
    await rig.admit({ ...attempt, source: `10.0.9.${tries}` });
  }
  deepEqual(rig.audited.map(({ who, rule }) => [who, rule]), [["unknown", "admission.identity-limited"]]);
  equal(JSON.stringify(rig.audited).includes("s3cret"), false);
  await rig.store.close();
});
