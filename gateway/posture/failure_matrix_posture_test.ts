import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { GatewayError, StorageError } from "../core/errors.ts";
import type { Store } from "../store/store.ts";
import { csaf } from "./advisories/testing/csaf.ts";
import { type PostureRig, withPosture } from "./testing/posture_rig.ts";

/** Has every commit of the store refused until the result is called. */
function fill({ rig: { context: { store } } }: PostureRig): () => void {
  const own = store as { commit: Store["commit"] }, before = own.commit;
  own.commit = () => Promise.reject(new StorageError("STORE_FULL", "no room"));
  return () => void (own.commit = before);
}

const waive = (posture: PostureRig) => {
  const until = new Date(posture.rig.time.now() + 9 * 86_400_000).toISOString().slice(0, 10);
  return posture.command("posture waive", { subject: "CP001", line: "S-TLS", reason: "moves", until });
};
const confirm = (posture: PostureRig) => posture.command("posture confirm", { subject: "CP001", line: "S-LOOK" });
const outcomes = async (posture: PostureRig, ...lines: string[]) =>
  await Promise.all(lines.map((line) => posture.outcomeOf("CP001", line)));

Deno.test("failure matrix: posture without control", (t) =>
  withPosture(async (posture) => {
    const parts = [
      "failure matrix: posture: control / what is judged: what was read, confirmed and answered for stays, and is judged again at the next start",
      "failure matrix: posture: control / back in service: by itself within seconds",
    ] as const;
    await posture.rig.connect();
    await posture.command("posture run", { subject: "CP001" });
    await confirm(posture);
    await waive(posture);
    await posture.restart();
    await t.step(parts[0], async () => {
      deepEqual(await outcomes(posture, "S-FREE", "S-LOOK", "S-TLS"), ["met", "met", "waived"]);
    });
    await t.step(parts[1], async () => {
      await posture.look();
      match((await posture.command("posture")).text, /CP001 +\d+ %/);
    });
  })());

Deno.test("failure matrix: posture without the disk", (t) =>
  withPosture(async (posture) => {
    const parts = [
      "failure matrix: posture: the disk / what is judged: closed: no confirmation and no waiver is answered that is not stored; the rest is judged by what is known",
      "failure matrix: posture: the disk / back in service: by itself with the next look",
    ] as const;
    await posture.command("posture show", { subject: "CP001" });
    const free = fill(posture);
    await t.step(parts[0], async () => {
      await rejects(confirm(posture), { code: "STORE_FULL" });
      await rejects(waive(posture), { code: "STORE_FULL" });
      deepEqual(await outcomes(posture, "S-LOOK", "S-TLS"), ["unknown", "failed"]);
    });
    free();
    await t.step(parts[1], async () => {
      await confirm(posture);
      await posture.look();
      deepEqual(await outcomes(posture, "S-LOOK"), ["met"]);
    });
  })());

Deno.test("failure matrix: posture without the Worker that looks from outside", (t) =>
  withPosture(async (posture) => {
    const parts = [
      "failure matrix: posture: the Worker that looks from outside / what is judged: open: ports and TLS are not known, with the reason; everything else is judged",
      "failure matrix: posture: the Worker that looks from outside / back in service: by itself with the next look",
    ] as const;
    posture.rig.context.site.posture.probe = {};
    posture.rig.answers["probe.look"] = () => {
      throw new GatewayError("RPC_PEER_GONE", "probe is away");
    };
    await posture.rig.connect();
    await t.step(parts[0], async () => {
      const { text } = await posture.command("posture run", { subject: "CP001" });
      match(text, /S-PORT {2}not known[^]*it was not looked at: probe is away/);
      deepEqual(await outcomes(posture, "S-FREE", "S-PORT"), ["met", "unknown"]);
    });
    posture.rig.answers["probe.look"] = () => ({ ports: [[22, "closed"]] });
    await t.step(parts[1], async () => {
      await posture.command("posture run", { subject: "CP001" });
      deepEqual(await outcomes(posture, "S-PORT"), ["met"]);
    });
  })());

Deno.test("failure matrix: posture without the station", (t) =>
  withPosture(async (posture) => {
    const parts = [
      "failure matrix: posture: the station / what is judged: open: what was read of it counts for a month, and drifts nowhere",
      "failure matrix: posture: the station / back in service: by itself: it is asked again within an hour",
    ] as const;
    await posture.rig.connect();
    await posture.command("posture run", { subject: "CP001" });
    posture.answer = { noAnswer: "away" };
    await posture.rig.time.advance(86_400_000);
    await posture.look();
    await t.step(parts[0], async () => {
      deepEqual([await outcomes(posture, "S-FREE"), posture.rig.raised], [["met"], []]);
    });
    posture.answer = undefined;
    posture.keys["FreeCharging"] = "true";
    const asked = posture.asked;
    await posture.rig.time.advance(3_600_000);
    for (let turn = 0; turn < 3; turn++) await posture.look();
    await t.step(parts[1], async () => {
      deepEqual([posture.asked > asked, await outcomes(posture, "S-FREE")], [true, ["failed"]]);
    });
  })());

const importing = (posture: PostureRig) =>
  posture.command("posture advisory import", { file: Buffer.from(JSON.stringify(csaf())).toString("base64") });
const listed = async (posture: PostureRig) =>
  (await posture.command("posture advisory list")).data as unknown as { id: string }[];

Deno.test("failure matrix: advisories without control or the disk", (t) =>
  withPosture(async (posture) => {
    const parts = [
      "failure matrix: advisories: the disk / advisories: closed: an import is refused and nothing of it counts; the same file is taken once there is room",
      "failure matrix: advisories: control / advisories: open at the next start: each is there as it was, with those that it affects",
    ] as const;
    const free = fill(posture);
    await t.step(parts[0], async () => {
      await rejects(importing(posture), { code: "STORE_FULL" });
      equal((await listed(posture)).length, 0);
      free();
      await importing(posture);
      equal((await listed(posture)).length, 1);
    });
    const before = await listed(posture);
    await posture.restart();
    await t.step(parts[1], async () => deepEqual(await listed(posture), before));
  })());
