import { equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { IdentityError } from "../../../core/errors.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });

Deno.test("recordings: the list leads to each session, and says what to do when there is none", async () => {
  const page = await rig().text("/access/recordings");
  match(page, /<strong>mira<\/strong>/);
  match(page, /action="\/access\/recordings\/d1\/replay"/);
  match(await rig({ "device.recordings": [] }).text("/access/recordings"), /Write people\.recordings into site\.yaml/);
  match(await rig().text("/access"), /href="\/access\/recordings"/);
});

Deno.test("recordings: a session is replayed as a table, with masked secrets and empty fields shown as such", async () => {
  const own = rig();
  const answer = await own.post("/access/recordings/d1/replay", {});
  equal(answer.status, 200);
  const page = await answer.text();
  match(page, /POST \/rest\/config/);
  match(page, /CurrentLimit = 16/);
  match(page, /UserPassword = ••••/);
  match(page, /Note = ∅/);
  match(page, /403 ui\.page\.capability/);
  match(page, /told before it went on/);
  equal(own.askedOf("device.replay")[0].recording, "d1");
});

Deno.test("recordings: who may not see them has no link and no page; a fresh proof is asked for in place", async () => {
  const may = ["people.access.list"];
  equal((await rig({}, may).text("/access")).includes("/access/recordings"), false);
  equal((await rig({}, may).get("/access/recordings")).status, 403);
  const unproven = rig({
    "device.replay": () => {
      throw new IdentityError("STEP_UP_NEEDED", "Prove it");
    },
  });
  equal((await unproven.post("/access/recordings/d1/replay", {})).status, 422);
});

Deno.test("recordings: the station's page tells people before they open it that they are recorded", async () => {
  match(await rig().text("/stations/CP001"), /recorded as manufacturer/);
});
