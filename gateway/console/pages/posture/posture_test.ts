import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";
import { toneOfScore } from "./posture.tsx";
import { pointsOf } from "./trend_card.tsx";

/** A console whose answers are those of a garage in use; `ran` are the commands with what they were given. */
function rig(answers: Record<string, unknown> = {}, more: { readonly may?: readonly string[] } = {}) {
  return new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...more });
}

Deno.test("posture page: the score of the site and of each subject, the worst lines named, the rest counted", async () => {
  const page = await rig().text("/posture");
  match(page, /71 %/);
  match(page, /href="\/posture\/gateway"[^>]*>This gateway[\s\S]*78 %[\s\S]*CR-7\.3 ETSI-5\.9/);
  match(page, /OCPP-02 EV-08 EV-25 UK-3[\s\S]*and 2 more/);
  match(page, /CP014[\s\S]*Not judged yet/);
});

Deno.test("posture page: the trend is a line by days and a sentence; one day is none yet", async () => {
  const page = await rig().text("/posture");
  match(page, /<h2[^>]*>Trend[\s\S]*From 52 % on 2026-09-22 to 71 % on 2026-11-07; lowest on 2026-10-06 with 44 %/);
  match(page, /<svg class="trend"[^>]*role="img" aria-label="From 52 %[^"]*"[\s\S]*<polyline points="0\.0,48\.1 /);
  const answer = GARAGE_ANSWERS["command posture"] as { trend: object[] };
  for (const trend of [[], answer.trend.slice(-1), undefined]) {
    match(await rig({ "command posture": { ...answer, trend } }).text("/posture"), /One day is not a trend/);
  }
});

const LINES:
  readonly (readonly [what: string, days: readonly (readonly [day: string, percent: number])[], points: string])[] = [
    ["from none to all", [["2026-01-01", 0], ["2026-01-02", 100]], "0.0,97.0 600.0,3.0"],
    [
      "days without the gateway are a gap",
      [["2026-01-01", 50], ["2026-01-02", 50], ["2026-01-05", 50]],
      "0.0,50.0 150.0,50.0 600.0,50.0",
    ],
    [
      "over a change of the clock",
      [["2026-03-28", 50], ["2026-03-29", 50], ["2026-03-30", 50]],
      "0.0,50.0 300.0,50.0 600.0,50.0",
    ],
  ];
for (const [what, days, points] of LINES) {
  Deno.test(`posture trend: ${what}`, () => equal(pointsOf(days.map(([day, percent]) => ({ day, percent }))), points));
}

Deno.test("EV-32: the posture page names the bays that an advisory affects, and those that it may affect", async () => {
  const page = await rig().text("/posture");
  match(
    page,
    /VDE-2026-031[\s\S]*2 affected[\s\S]*href="\/posture\/CP001"[^>]*>CP001[\s\S]*bay-01[\s\S]*1 possibly[\s\S]*CP014/,
  );
  match(page, /SEVD-2026-102-01[\s\S]*None affected/);
  const withdrawn = [{
    ...{ id: "A", title: "t", publisher: "p", version: "1", releasedAt: 0, cves: [], stations: [] },
    withdrawn: { who: "eva", at: 1, reason: "r" },
  }];
  match(await rig({ "command posture advisory list": withdrawn }).text("/posture"), /Withdrawn by eva/);
  match(
    await rig({ "command posture advisory list": [] }).text("/posture?lang=de"),
    /advisory import|Noch kein|No advisory/,
  );
});

Deno.test("posture page: colour never says it alone: what is not met, what is not known, and all of it", () => {
  deepEqual([{ failed: 0, percent: 100 }, { failed: 0, percent: 80 }, { failed: 1, percent: 99 }].map(toneOfScore), [
    ...["good", "warn", "bad"],
  ]);
});

Deno.test("posture of one station: what is open first, with why, what mends it, and what is met below", async () => {
  const page = await rig().text("/posture/CP005");
  match(page, /FreeCharging is true, wanted off[\s\S]*Authorization &gt; Free charging = Off/);
  match(page, /nothing added, opened or bent\?/);
  match(page, /eva answers for it: badges are replaced in March[\s\S]*Take the waiver back/);
  equal(page.indexOf("BC-H02") < page.indexOf("OCPP-02"), true);
});

Deno.test("posture of one station: in German the words of the page are, what control says stays English and says so", async () => {
  const page = await rig().text("/posture/CP005?lang=de");
  match(page, /<[^>]*lang="en"[^>]*>FreeCharging is true/);
});

Deno.test("posture of one station: who may only look gets no form that changes anything", async () => {
  const page = await rig({}, { may: ["command posture", "command posture show"] }).text("/posture/CP005");
  for (const act of ["confirm", "waive", "unwaive", "run"]) {
    equal(page.includes(`action="/posture/CP005/${act}`) || page.includes(`/${act}"`), false, act);
  }
  equal((await rig({}, { may: ["command status"] }).text("/")).includes('href="/posture"'), false);
});

const ACTS: readonly (readonly [path: string, fields: Record<string, string>, command: string, args: object])[] = [
  ["/posture/CP005/run", {}, "command posture run", { subject: "CP005" }],
  ["/posture/CP005/EV-23/confirm", { seen: "so", note: "seal 4711" }, "command posture confirm", {
    ...{ subject: "CP005", line: "EV-23", note: "seal 4711" },
  }],
  ["/posture/CP005/EV-23/confirm", { seen: "not-so", note: "" }, "command posture confirm", {
    ...{ subject: "CP005", line: "EV-23", "not-so": true },
  }],
  ["/posture/CP005/BC-H02/waive", { reason: "moves in May", until: "2027-05-31" }, "command posture waive", {
    ...{ subject: "CP005", line: "BC-H02", reason: "moves in May", until: "2027-05-31" },
  }],
  ["/posture/CP005/BC-H03/unwaive", {}, "command posture unwaive", { subject: "CP005", line: "BC-H03" }],
];
for (const [path, fields, command, args] of ACTS) {
  Deno.test(`posture of one station: the form ${path} runs ${command} ${JSON.stringify(args)} and comes back`, async () => {
    let given: unknown;
    const own = rig({
      [command]: (asked: unknown) => {
        given = (asked as { args: unknown }).args;
        return (GARAGE_ANSWERS as Record<string, unknown>)[command];
      },
    });
    const response = await own.post(path, fields);
    deepEqual([response.status, response.headers.get("location")], [303, "/posture/CP005"]);
    deepEqual(given, args);
  });
}

Deno.test("posture of one station: a refusal of control is shown with its words, and nothing pretends to be done", async () => {
  const refuse = () => {
    throw new GatewayError("CLI_USAGE", "--until 2099-01-01 is not within the next 366 days", {
      hint: "Choose a nearer day",
    });
  };
  const response = await rig({ "command posture waive": refuse }).post("/posture/CP005/BC-H02/waive", {
    ...{ reason: "never", until: "2099-01-01" },
  });
  equal(response.status >= 400, true);
  match(await response.text(), /not within the next 366 days/);
});

Deno.test("posture pages: what a device says is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const subject = {
    ...{ subject: evil, score: { met: 0, failed: 1, unknown: 0, waived: 0, percent: 0 } },
    findings: [{ line: "A-1", outcome: "failed", why: evil, title: evil, ask: evil, source: evil }],
  };
  equal((await rig({ "command posture show": subject }).text("/posture/CP005")).includes(evil), false);
  const all = { site: subject.score, subjects: [subject] };
  equal((await rig({ "command posture": all }).text("/posture")).includes(evil), false);
});

Deno.test("posture page: the report is shown once, as it was signed", async () => {
  const response = await rig().post("/posture/report", {});
  const page = await response.text();
  match(page, /c2lnbmVk/);
  match(page, /0123456789abcdef/);
});

Deno.test("posture page: the stations of a unit stand together with one score, and no table without a unit", async () => {
  const page = await rig().text("/posture");
  match(page, /bay-05[\s\S]*href="\/posture\/CP005"[\s\S]*href="\/posture\/CP006"[\s\S]*42 %/);
  const none = {
    "command posture": { site: { met: 1, failed: 0, unknown: 0, waived: 0, percent: 100 }, subjects: [] },
  };
  equal((await rig(none).text("/posture")).includes("Units"), false);
});
