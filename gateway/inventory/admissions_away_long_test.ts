import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { GatewayError, StorageError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { basic, type InventoryRig, PASSWORD, withInventory } from "./testing/inventory_rig.ts";

/** Replaces a part of the context, which a feature only reads. */
function swap<T extends object>(part: T, values: { [K in keyof T]?: unknown }): void {
  Object.assign(part, values);
}
const DISK_FULL = new StorageError("STORE_FAILED", "disk full");
const away = (error: Error) => () => Promise.reject(error);
const diskFull = (rig: InventoryRig, policy: string) =>
  swap(rig.context.site, { audit: { ...rig.context.site.audit, diskFull: policy } });

/** Gives CP004 a password that only argon2id can check. */
async function weakPassword({ feature }: InventoryRig): Promise<ReturnType<typeof basic>> {
  const password = "Summer2026!Garage";
  await feature.parts.credentials.set("CP004", new TextEncoder().encode(password), 0);
  return basic("CP004", password);
}

Deno.test(
  "admission: with the audit chain away a station still charges (DESIGN idea 5)",
  withInventory(async (rig) => {
    diskFull(rig, "keep-charging");
    swap(rig.context.audit, { record: away(DISK_FULL) });
    ok((await rig.admit()).admit);
    deepEqual(await rig.admit({ basic: basic("CP001", "wrong") }), {
      admit: false,
      rule: "admission.credential",
      status: 401,
    });
  }),
);

Deno.test(
  "admission: with the audit chain away and diskFull: stop-accepting nobody is admitted, and nothing is left behind",
  withInventory(async (rig) => {
    diskFull(rig, "stop-accepting");
    swap(rig.context.audit, { record: away(DISK_FULL) });
    await rejects(rig.admit(), { code: "STORE_FAILED" });
    await rejects(rig.admit({ stationId: "CP999" }), { code: "STORE_FAILED" });
    equal(rig.feature.parts.live.size, 0);
  }),
);

Deno.test(
  "admission: an audit chain that fails for another reason than the disk admits nobody under either policy",
  withInventory(async (rig) => {
    diskFull(rig, "keep-charging");
    swap(rig.context.audit, { record: away(new GatewayError("RPC_FAILED", "a fault of ours")) });
    await rejects(rig.admit(), { code: "RPC_FAILED" });
    equal(rig.feature.parts.live.size, 0);
  }),
);

Deno.test(
  "admission: with the store away a station of site.yaml is admitted, and its proof is kept for this run",
  withInventory(async (rig) => {
    swap(rig.store, { commit: away(DISK_FULL) });
    ok((await rig.admit()).admit);
    equal(rig.feature.parts.live.size, 1);
  }),
);

Deno.test(
  "admission: with the store away an unknown station is not let in",
  withInventory(async (rig) => {
    swap(rig.store, { commit: away(DISK_FULL), get: away(DISK_FULL) });
    const [outcome] = await Promise.allSettled([rig.admit({ stationId: "CP999" })]);
    ok(outcome!.status === "rejected" || !outcome!.value.admit);
    equal(rig.feature.parts.live.size, 0);
  }),
);

Deno.test(
  "admission: with the hasher away a weak password proves nothing, and a machine password is not held up",
  withInventory(async (rig) => {
    const credential = await weakPassword(rig);
    rig.answers["hasher.verify"] = () => Promise.reject(new GatewayError("RPC_PEER_GONE", "hasher is not running"));
    await rejects(rig.admit({ stationId: "CP004", basic: credential }), { code: "RPC_PEER_GONE" });
    equal(rig.feature.parts.live.size, 0);
    ok((await rig.admit()).admit);
  }),
);

Deno.test(
  "admission: with the hasher away a weak password that was proven before still admits, another one does not",
  withInventory(async (rig) => {
    const credential = await weakPassword(rig);
    ok((await rig.admit({ stationId: "CP004", basic: credential })).admit);
    rig.answers["hasher.verify"] = () => Promise.reject(new GatewayError("HASHER_BUSY", "64 checks are waiting"));
    ok((await rig.admit({ stationId: "CP004", basic: credential })).admit);
    await rejects(rig.admit({ stationId: "CP004", basic: basic("CP004", "Summer2026!Garagf") }), {
      code: "HASHER_BUSY",
    });
  }),
);

Deno.test(
  "admission: a fault of the hasher is not counted as a guess of the station (invariant 9)",
  withInventory(async (rig) => {
    const credential = await weakPassword(rig);
    const verify = rig.answers["hasher.verify"]!;
    rig.answers["hasher.verify"] = () => Promise.reject(new GatewayError("HASHER_BUSY", "64 checks are waiting"));
    for (let i = 0; i <= INVENTORY_LIMITS.failuresPerSource; i++) {
      await rig.admit({ stationId: "CP004", basic: credential }).catch(() => {});
    }
    rig.answers["hasher.verify"] = verify;
    ok((await rig.admit({ stationId: "CP004", basic: credential })).admit);
  }),
);

Deno.test(
  "admission: a guess at an unknown, limited or password-less station costs no hash",
  withInventory(async (rig) => {
    const credential = await weakPassword(rig);
    const hashes = () => rig.calls.filter(({ method }) => method === "hasher.verify").length;
    const asked = { source: "10.0.0.66", stationId: "CP004" };
    for (let i = 0; i < INVENTORY_LIMITS.failuresPerSource; i++) {
      await rig.admit({ ...asked, basic: basic("CP004", "x") });
    }
    const before = hashes();
    equal(before, INVENTORY_LIMITS.failuresPerSource);
    await rig.admit({ ...asked, basic: credential });
    await rig.admit({ stationId: "CP999", basic: credential });
    await rig.admit({ stationId: "CP003", basic: basic("CP003", "x") });
    equal(hashes(), before);
  }),
);

Deno.test(
  "admission: a Worker that cannot close the replaced session does not keep the new one out",
  withInventory(async (rig) => {
    const first = await rig.connect();
    rig.answers["sessions.close"] = () => Promise.reject(new GatewayError("RPC_PEER_GONE", "ocpp-0 is gone"));
    const second = await rig.connect();
    ok(first.admit && second.admit);
    equal(rig.feature.parts.live.ofStation("CP001")?.session, second.session);
  }),
);

Deno.test(
  "admission: takes live sessions up to its limit and refuses one past it with a time to come back",
  withInventory(async (rig) => {
    const { live } = rig.feature.parts;
    const session = (i: number) => ({
      session: `s${i}`,
      stationId: `F${i}`,
      worker: "ocpp-0",
      source: "10.9.9.9",
      securityProfile: 2,
      since: 0,
    });
    for (let i = 1; i < INVENTORY_LIMITS.liveSessions; i++) live.add(session(i));
    ok((await rig.admit()).admit);
    equal(live.isFull, true);
    const recorded = rig.audited.length;
    const credential = await weakPassword(rig);
    deepEqual(await rig.admit({ stationId: "CP004", basic: credential }), {
      admit: false,
      rule: "admission.capacity",
      status: 503,
      retryAfterSeconds: 30,
    });
    const told = rig.audited.slice(recorded).map(({ event, rule, who }) => [event, rule, who]);
    deepEqual(told, [["station.session.refused", "admission.capacity", "CP004"]]);
    live.remove("s1");
    ok((await rig.admit({ stationId: "CP004", basic: credential })).admit);
  }),
);

Deno.test(
  "admission: the failure that reaches a source's limit is judged, the next one is told to wait (invariant 9)",
  withInventory(async (rig) => {
    const guess = () => rig.admit({ source: "10.0.0.66", basic: basic("CP001", "guess") });
    const statuses: number[] = [];
    for (let i = 0; i <= INVENTORY_LIMITS.failuresPerSource; i++) {
      statuses.push((await guess() as { status: number }).status);
    }
    deepEqual(statuses, [...Array(INVENTORY_LIMITS.failuresPerSource).fill(401), 429]);
    const { retryAfterSeconds } = await guess() as { retryAfterSeconds: number };
    equal(retryAfterSeconds, INVENTORY_LIMITS.failureWindowSeconds / INVENTORY_LIMITS.failuresPerSource);
    rig.time.advance(retryAfterSeconds * 1_000 - 1);
    equal((await guess() as { status: number }).status, 429);
    rig.time.advance(1);
    equal((await guess() as { status: number }).status, 401);
  }),
);

Deno.test(
  "admission: a limit is not moved by a jump of the wall clock",
  withInventory(async (rig) => {
    const guess = () => rig.admit({ source: "10.0.0.66", basic: basic("CP001", "guess") });
    for (let i = 0; i < INVENTORY_LIMITS.failuresPerSource; i++) await guess();
    rig.time.jump(86_400_000);
    equal((await guess() as { status: number }).status, 429);
  }),
);

Deno.test(
  "admission: a station that offers no allowed version is not counted as guessing",
  withInventory(async (rig) => {
    for (let i = 0; i < INVENTORY_LIMITS.failuresPerIdentity; i++) {
      await rig.admit({ source: `10.0.1.${i}`, offeredProtocols: ["ocpp2.1"] });
    }
    ok((await rig.admit({ source: "10.0.2.1" })).admit);
  }),
);

Deno.test(
  "invariant 6: no refusal, record, alarm or call holds the password that was presented",
  withInventory(async (rig) => {
    const secret = "a-presented-secret-0123456789";
    const attempts = [{}, { stationId: "CP999" }, { stationId: "CP003" }, { tls: false }, { stationId: "CP004" }];
    const answers = [];
    for (const attempt of attempts) answers.push(await rig.admit({ ...attempt, basic: basic("CP001", secret) }));
    const inbox = await rig.command("stations", { inbox: true });
    const seen = JSON.stringify([answers, rig.audited, rig.raised, inbox]);
    equal(seen.includes(secret) || seen.includes(btoa(secret)) || seen.includes(PASSWORD), false);
  }),
);
