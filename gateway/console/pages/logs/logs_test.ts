import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const ID = "ab".repeat(16);
const rig = (more: ConstructorParameters<typeof ConsoleRig>[0] = {}) =>
  new ConsoleRig({ answers: GARAGE_ANSWERS, ...more });

Deno.test("logs page: files with where they stand; what has not come cannot be handed out", async () => {
  const page = await rig().text("/logs");
  match(page, /CP001[\s\S]*diag\.zip[\s\S]*Delivered[\s\S]*2\.4 MB/);
  match(page, /CP005[\s\S]*Not delivered[\s\S]*no answer in time/);
  match(page, /action="\/logs\/u1\/hand-out"/);
  equal(page.includes('action="/logs/u3/hand-out"'), false);
});

Deno.test("logs page: the ZIP is linked, its password revealed by a second form, and shown once", async () => {
  const console = rig();
  const page = await (await console.post("/logs/u1/hand-out", {})).text();
  deepEqual(console.askedOf("command firmware hand-out")[0].args, { upload: "u1" });
  match(page, new RegExp(`href="/logs/hand-outs/${ID}"`));
  match(page, new RegExp(`action="/logs/hand-outs/${ID}/reveal"`));
  equal(page.includes("k7m2p"), false, "the password is not on this page");
  const shown = await console.post(`/logs/hand-outs/${ID}/reveal`, {});
  match(await shown.text(), /k7m2p-9xq4r-h3t8w-z6c5d/);
  equal(shown.headers.get("cache-control"), "no-store");
});

Deno.test("logs page: who may hand out and not reveal is told whom to ask", async () => {
  const may = ["command firmware transfers", "command firmware hand-out"];
  const page = await (await rig({ may }).post("/logs/u1/hand-out", {})).text();
  equal(page.includes("/reveal"), false);
  match(page, /has to tell you it/);
});

Deno.test("logs page: revealing asks for a fresh proof, and says when it was revealed already", async () => {
  const answers = (code: "STEP_UP_NEEDED" | "FIRMWARE_REFUSED") => ({
    ...GARAGE_ANSWERS,
    "command firmware reveal": () => Promise.reject(new GatewayError(code, "The password was revealed already")),
  });
  equal((await rig({ answers: answers("STEP_UP_NEEDED") }).post(`/logs/hand-outs/${ID}/reveal`, {})).status, 422);
  const again = await rig({ answers: answers("FIRMWARE_REFUSED") }).post(`/logs/hand-outs/${ID}/reveal`, {});
  match(await again.text(), /revealed already/);
});

Deno.test("logs page: the ZIP goes to who may hand it out, by its whole name alone", async () => {
  const handOuts = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${handOuts}/${ID}`, "the zip");
    const answer = await rig({ handOuts }).get(`/logs/hand-outs/${ID}`);
    deepEqual([answer.status, await answer.text()], [200, "the zip"]);
    deepEqual([answer.headers.get("content-length"), answer.headers.get("content-type")], ["7", "application/zip"]);
    match(answer.headers.get("content-disposition")!, /^attachment; filename="station-log-abababab\.zip"$/);
    for (const name of ["cd".repeat(16), ID.slice(1), `..%2F${ID}`, ID.toUpperCase()]) {
      equal((await rig({ handOuts }).get(`/logs/hand-outs/${name}`)).status, 404, name);
    }
    equal((await rig({ handOuts, may: [] }).get(`/logs/hand-outs/${ID}`)).status, 403);
    equal((await rig({ handOuts, isOut: true }).get(`/logs/hand-outs/${ID}`)).status, 303);
    equal((await rig().get(`/logs/hand-outs/${ID}`)).status, 404);
  } finally {
    await Deno.remove(handOuts, { recursive: true });
  }
});

Deno.test("logs page: the schedule of security logs, why one did not come, and a button to ask now", async () => {
  const console = rig(), page = await console.text("/logs");
  match(page, /CP001[\s\S]*Fresh[\s\S]*CP002[\s\S]*Missing[\s\S]*the station said UploadFailure/);
  match(page, /CP003[\s\S]*Due[\s\S]*a transaction runs[\s\S]*CP004[\s\S]*Refuses[\s\S]*it said NotImplemented/);
  match(page, /security\.log[\s\S]*Security log, for this gateway/);
  const answer = await console.post("/logs/collect/CP003", {});
  deepEqual([answer.status, answer.headers.get("location")?.split("?")[0]], [303, "/logs"]);
  deepEqual(console.askedOf("command firmware security-logs").at(-1).args, { collect: "CP003" });
});

Deno.test("logs page: a station that cannot be asked now says why; a site that asks for none shows no schedule", async () => {
  const busy = new GatewayError("FIRMWARE_REFUSED", "CP003 is not asked for its security log now: a transaction runs");
  const answers = { ...GARAGE_ANSWERS, "command firmware security-logs": () => Promise.reject(busy) };
  match(await (await rig({ answers }).post("/logs/collect/CP003", {})).text(), /a transaction runs/);
  const none = { ...GARAGE_ANSWERS, "command firmware security-logs": [] };
  equal((await rig({ answers: none }).text("/logs")).includes("/logs/collect/"), false);
});
