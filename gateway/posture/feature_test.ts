import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createVerifier, openSigner } from "../control/audit/signer.ts";
import type { CommandArgs } from "../control/contract.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { withInventory } from "../inventory/testing/inventory_rig.ts";
import { readGuide } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import { PostureBook } from "./posture_book.ts";
import { REPORT_PREFIX } from "./posture_report.ts";
import { line, withPosture } from "./testing/posture_rig.ts";

const DAY = 86_400_000;

Deno.test(
  "posture: every line of a subject is shown with why and what mends it, the worst first",
  withPosture(async (posture) => {
    await posture.rig.connect();
    posture.keys["FreeCharging"] = "true";
    const { text } = await posture.command("posture run", { subject: "CP001" });
    match(text, /^CP001 stands at 0 %: 0 of 4 lines met; its settings were read 20/);
    match(
      text,
      /S-FREE {2}NOT MET {2}Title of S-FREE\n {2}FreeCharging or A\.FreeCharging is true, wanted off\n {2}do: {2}Mend S-FREE/,
    );
    match(text, /S-LOOK {2}not known[^]*ask: Is the lid closed\?/);
    ok(text.indexOf("S-TLS") < text.indexOf("S-LOOK"), "what is not met comes before what is not known");
  }),
);

Deno.test(
  "BC-13: a way in that is lost is a drift; a site that keeps no vault is not judged at all",
  withPosture(async (posture) => {
    const lines = [line("S-WAYIN", [{ by: "inventory", fact: "recovery-options", expect: { atLeast: 1 } }])];
    const guide = { id: "ways", title: "Ways", about: "a", applies: { to: "station" }, lines };
    posture.moreGuides = [readGuide("ways.yaml", JSON.stringify(guide))];
    await posture.restart();
    equal(await posture.outcomeOf("CP001", "S-WAYIN"), "unknown");
    posture.recovery = [{ kind: "puk", at: 0 }];
    equal(await posture.outcomeOf("CP001", "S-WAYIN"), "met");
    posture.recovery = [];
    equal(await posture.outcomeOf("CP001", "S-WAYIN"), "failed");
    deepEqual(posture.rig.raised.map(({ kind, subject }) => `${kind} ${subject}`), ["posture.drifted CP001 S-WAYIN"]);
  }),
);

Deno.test(
  "posture: a station that is away keeps what was read of it; one never asked is not known",
  withPosture(async (posture) => {
    equal(await posture.outcomeOf("CP001", "S-FREE"), "unknown");
    await posture.rig.connect();
    await posture.command("posture run", { subject: "CP001" });
    equal(await posture.outcomeOf("CP001", "S-FREE"), "met");
    posture.answer = { noAnswer: "timeout" };
    await posture.command("posture run", { subject: "CP001" });
    equal(await posture.outcomeOf("CP001", "S-FREE"), "met");
    await posture.restart();
    equal(await posture.outcomeOf("CP001", "S-FREE"), "met", "it is in the store");
    await posture.rig.time.advance(31 * DAY);
    equal(await posture.outcomeOf("CP001", "S-FREE"), "unknown", "a month old proves nothing");
  }),
);

Deno.test(
  "posture: what was met yesterday and is not today is recorded and alarmed once, and cleared when it is back",
  withPosture(async (posture) => {
    const { rig } = posture, drifted = () => rig.audited.filter(({ event }) => event === "posture.line.drifted");
    await rig.connect();
    const run = () => posture.command("posture run", { subject: "CP001" });
    await run();
    posture.keys["FreeCharging"] = "true";
    await run();
    await run();
    deepEqual(drifted().map(({ target, detail }) => [target, detail!["line"], detail!["read"]]), [
      ["CP001", "S-FREE", true],
    ]);
    deepEqual(rig.raised.map(({ kind, subject }) => `${kind} ${subject}`), ["posture.drifted CP001 S-FREE"]);
    posture.answer = { noAnswer: "timeout" };
    await run();
    deepEqual(rig.cleared, [], "a station that does not answer has not mended it");
    posture.answer = undefined;
    posture.keys["FreeCharging"] = "false";
    await run();
    deepEqual(rig.cleared, ["posture.drifted CP001 S-FREE"]);
  }),
);

Deno.test(
  "posture: a connected station is asked by itself, once a day",
  withPosture(async (posture) => {
    await posture.rig.connect();
    await posture.look();
    equal(posture.asked, 1);
    await posture.look();
    equal(posture.asked, 1);
    await posture.rig.time.advance(DAY - 3 * POSTURE_LIMITS.lookMs);
    equal(posture.asked, 1);
    for (let turn = 0; turn < 4; turn++) await posture.look();
    equal(posture.asked, 2);
  }),
);

Deno.test(
  "posture: a station that charges is spared, until it has charged for days; one that is away is never asked",
  withPosture(async (posture) => {
    await posture.look();
    equal(posture.asked, 0);
    await posture.rig.connect();
    await posture.look();
    posture.isBusy = true;
    await posture.rig.time.advance(2 * DAY);
    await posture.look();
    equal(posture.asked, 1);
    await posture.rig.time.advance(POSTURE_LIMITS.busyMs - 2 * DAY);
    for (let turn = 0; turn < 2; turn++) await posture.look();
    equal(posture.asked, 2);
  }),
);

Deno.test(
  "posture: a person confirms what only people see, by name, for its days; what was found otherwise is not met",
  withPosture(async (posture) => {
    const confirm = (args: CommandArgs) =>
      posture.command("posture confirm", { subject: "CP001", line: "S-LOOK", ...args });
    await confirm({ note: "seal 4711" });
    equal(await posture.outcomeOf("CP001", "S-LOOK"), "met");
    const [event] = posture.rig.audited.slice(-1);
    deepEqual([event!.event, event!.who, event!.detail], ["posture.line.confirmed", "eva", {
      line: "S-LOOK",
      isSo: true,
      note: "seal 4711",
    }]);
    await posture.restart();
    equal(await posture.outcomeOf("CP001", "S-LOOK"), "met");
    equal(await posture.outcomeOf("CP003", "S-LOOK"), "unknown", "another station is another look");
    await posture.rig.time.advance(30 * DAY);
    equal(await posture.outcomeOf("CP001", "S-LOOK"), "failed");
    await confirm({ "not-so": true });
    equal(await posture.outcomeOf("CP001", "S-LOOK"), "failed");
  }),
);

Deno.test(
  "posture: a waiver stands with reason and end, is seen, taken back, and over on its day",
  withPosture(async (posture) => {
    const until = new Date(posture.rig.time.now() + 2 * DAY).toISOString().slice(0, 10);
    const { text } = await posture.command("posture waive", {
      subject: "CP001",
      line: "S-TLS",
      reason: "moves in May",
      until,
    });
    match(text, /S-TLS {2}waived[^]*eva answers for it: moves in May/);
    equal(posture.rig.audited.at(-1)!.event, "posture.line.waived");
    await posture.command("posture unwaive", { subject: "CP001", line: "S-TLS" });
    equal(await posture.outcomeOf("CP001", "S-TLS"), "failed");
    await posture.command("posture waive", { subject: "CP001", line: "S-TLS", reason: "again", until });
    await posture.rig.time.advance(3 * DAY);
    equal(await posture.outcomeOf("CP001", "S-TLS"), "failed");
  }),
);

const REFUSALS: readonly (readonly [command: string, args: CommandArgs, error: object])[] = [
  ["posture show", { subject: "CP00" }, { code: "STATION_UNKNOWN", message: /"CP00"/ }],
  ["posture run", { subject: "cp001" }, { code: "STATION_UNKNOWN" }],
  ["posture confirm", { subject: "CP999", line: "S-LOOK" }, { code: "STATION_UNKNOWN" }],
  ["posture confirm", { subject: "CP001", line: "S-NONE" }, {
    code: "POSTURE_REFUSED",
    message: /"S-NONE" about CP001/,
  }],
  ["posture confirm", { subject: "CP001", line: "G-BACKUP" }, { code: "POSTURE_REFUSED" }],
  ["posture confirm", { subject: "CP001", line: "S-TLS" }, { code: "POSTURE_REFUSED", message: /reads it itself/ }],
  ["posture confirm", { subject: "CP001", line: "S-LOOK", note: " " }, { code: "CLI_USAGE", message: /--note/ }],
  ["posture waive", { subject: "CP001", line: "S-TLS", until: "2030-01-01" }, { code: "CLI_USAGE", message: /reason/ }],
  ["posture waive", { subject: "CP001", line: "S-TLS", reason: "r" }, { code: "CLI_USAGE", message: /last day/ }],
  ["posture waive", { subject: "CP001", line: "S-TLS", reason: "r", until: "soon" }, { code: "CLI_USAGE" }],
  ["posture waive", { subject: "CP001", line: "S-TLS", reason: "r", until: "1990-01-01" }, {
    code: "CLI_USAGE",
    message: /366 days/,
  }],
  ["posture waive", { subject: "CP001", line: "S-TLS", reason: "r", until: "2199-01-01" }, {
    code: "CLI_USAGE",
    message: /366 days/,
  }],
  ["posture unwaive", { subject: "CP001", line: "S-TLS" }, { code: "POSTURE_REFUSED", message: /not waived/ }],
  ["posture guides", { guide: "nist" }, { code: "CLI_USAGE", message: /"nist"/ }],
];
for (const [command, args, error] of REFUSALS) {
  Deno.test(
    `posture: refused with a reason: ${command} ${Object.values(args).join(" ")}`,
    withPosture(async (posture) => {
      await rejects(posture.command(command, args), error);
      deepEqual(posture.rig.audited, []);
    }),
  );
}

Deno.test(
  "posture: a text as long as the limit is kept, one longer is refused",
  withPosture(async (posture) => {
    const confirm = (length: number) =>
      posture.command("posture confirm", { subject: "CP001", line: "S-LOOK", note: "x".repeat(length) });
    await confirm(POSTURE_LIMITS.textChars);
    await rejects(confirm(POSTURE_LIMITS.textChars + 1), { code: "CLI_USAGE" });
  }),
);

Deno.test(
  "posture: the site is all of it together; a subject that nobody judged yet is said to be so",
  withPosture(async (posture) => {
    match((await posture.command("posture")).text, /gateway {2,}-.*not judged yet/);
    posture.lastBackupAt = posture.rig.time.now();
    await posture.look();
    const { text, data } = await posture.command("posture");
    match(text, /^The site stands at \d+ %: 3 lines met, 2 not met, \d+ not known/);
    match(text, /gateway +100 %/);
    match(text, /CP001 +0 % .*S-TLS/);
    equal((data as { subjects: unknown[] }).subjects.length, 4);
  }),
);

Deno.test(
  "posture: the site's score of each day is kept for its days",
  withPosture(async (posture) => {
    await posture.look();
    await posture.rig.time.advance(DAY);
    await posture.look();
    const days = async () => (await posture.command("posture", { trend: true })).data as unknown as { day: string }[];
    equal((await days()).length, 2);
    ok((await days())[0]!.day < (await days())[1]!.day);
    const { trend } = (await posture.command("posture")).data as unknown as { trend: unknown };
    deepEqual(trend, await days(), "the scorecard has it too");
  }),
);

Deno.test(
  "posture: the report names what could not be checked, and its signature is the audit key's",
  withPosture(async (posture) => {
    await posture.look();
    const { data } = await posture.command("posture report");
    const { report, keyId, signature } = data as { report: string; keyId: string; signature: string };
    const said = JSON.parse(report);
    deepEqual([said.site, said.by, said.subjects.length], ["lab", "eva", 4]);
    ok(
      said.notChecked.some(({ subject, line: id }: { subject: string; line: string }) =>
        subject === "CP001" && id === "S-PORT"
      ),
    );
    const { context } = posture.rig;
    const verify = await createVerifier((await openSigner(context.store, context.sealer)).publicPem);
    equal(await verify(keyId, REPORT_PREFIX + report, signature), true);
    equal(await verify(keyId, REPORT_PREFIX + report.replace("unknown", "met"), signature), false);
    equal(await verify(keyId, report, signature), false, "the bare text is not what was signed");
    equal(posture.rig.audited.at(-1)!.event, "posture.report.made");
  }),
);

Deno.test(
  "posture: guides are listed, and each line with how it is checked",
  withPosture(async (posture) => {
    match((await posture.command("posture guides")).text, /stations +station +4/);
    const { text } = await posture.command("posture guides", { guide: "stations" });
    match(text, /S-FREE +high .*OCPP FreeCharging or A\.FreeCharging/);
    match(text, /S-LOOK .*a person, every 30 days/);
    match(text, /S-PORT .*a look at ports 22/);
  }),
);

Deno.test("posture book: as many records as the limit, changed ones always, and days that are over go", async () => {
  await withInventory(async ({ store, time }) => {
    const book = await PostureBook.open(store, time);
    const waiver = { reason: "r", who: "eva", until: time.now() + DAY };
    await book.waive("CP001", "A-1", waiver);
    equal(await book.unwaive("CP001", "A-2"), false);
    await book.noteDay({ met: 1, failed: 0, unknown: 0, waived: 0, percent: 100 });
    await time.advance(POSTURE_LIMITS.trendDays * DAY);
    await book.noteDay({ met: 1, failed: 0, unknown: 0, waived: 0, percent: 100 });
    equal(book.trend().length, 2);
    await time.advance(DAY);
    await book.noteDay({ met: 1, failed: 0, unknown: 0, waived: 0, percent: 100 });
    equal(book.trend().length, 2, "the first day is too long ago");
    await book.keepOnly(new Set(["CP002"]));
    equal(book.waiver("CP001", "A-1"), undefined, "what is about stations that are no more goes with them");
  })();
});

Deno.test(
  "posture: a station that tells something new of itself is judged within seconds, without being asked",
  withPosture(async (posture) => {
    const { rig } = posture,
      lines = [line("S-FW", [{ by: "inventory", fact: "firmware", expect: { version: "5.33" } }])];
    const guide = { id: "fw", title: "Firmware", about: "a", applies: { to: "station" }, lines };
    posture.moreGuides = [readGuide("fw.yaml", JSON.stringify(guide))];
    await posture.restart();
    await rig.connect();
    await rig.feature.parts.facts.learn("CP001", { firmwareVersion: "5.40" });
    await rig.time.advance(POSTURE_LIMITS.changeMs);
    await waitFor("the first judgement", async () => (await standing(posture))?.includes("S-FW met"));
    await rig.feature.parts.facts.learn("CP001", { firmwareVersion: "5.22" });
    await rig.time.advance(POSTURE_LIMITS.changeMs);
    await waitFor("the alarm", () => rig.raised.some(({ subject }) => subject === "CP001 S-FW"));
    equal(posture.asked, 0);
  }),
);

/** How CP001 stood when it was last judged: reading it judges nothing. */
async function standing(posture: Parameters<Parameters<typeof withPosture>[0]>[0]): Promise<string[] | undefined> {
  const { subjects } = (await posture.command("posture")).data as unknown as {
    subjects: { subject: string; findings?: { line: string; outcome: string }[] }[];
  };
  return subjects.find(({ subject }) => subject === "CP001")?.findings?.map(({ line, outcome }) =>
    `${line} ${outcome}`
  );
}

Deno.test(
  "posture: the stations of one unit stand together in the scorecard",
  withPosture(async (posture) => {
    const { stations } = posture.rig.feature.parts;
    for (const id of ["CP001", "CP004"]) Object.assign(stations.get(id)!, { unit: "bay-07" });
    await posture.look();
    const { text, data } = await posture.command("posture");
    match(text, /bay-07 +CP001 CP004 +0 % +2/);
    const { units } = data as unknown as { units: { unit: string; score: { failed: number } }[] };
    deepEqual(units.map(({ unit, score }) => [unit, score.failed]), [["bay-07", 2]]);
  }),
);
