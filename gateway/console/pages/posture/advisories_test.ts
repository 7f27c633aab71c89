import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_TOKEN } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";
import { CONSOLE_LIMITS } from "../../limits.ts";

const rig = (more: ConstructorParameters<typeof ConsoleRig>[0] = {}) =>
  new ConsoleRig({ answers: GARAGE_ANSWERS, ...more });
const ORIGIN = "https://gw.garage-12.example";

/** Brings an advisory as a browser does. */
async function bring(own: ConsoleRig, bytes: string, fields: Record<string, string> = {}): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ _token: RIG_TOKEN, ...fields })) body.append(name, value);
  body.append("file", new Blob([bytes], { type: "application/json" }), "advisory.json");
  return await own.app.request(`${ORIGIN}/advisories`, {
    method: "POST",
    body,
    headers: {
      ...{ host: "gw.garage-12.example", accept: "text/html", origin: ORIGIN },
      cookie: `__Host-bulkhead-form=${RIG_TOKEN}; __Host-bulkhead-session=s`,
    },
  });
}
const PATH = "/advisories/VDE-2026-031";

Deno.test("EV-32: the page of advisories lists each with its bays, and brings one by a form with a file", async () => {
  const page = await rig().text("/advisories");
  match(page, /href="\/advisories\/VDE-2026-031"[\s\S]*CP001/);
  match(page, /enctype="multipart\/form-data"/);
  match(page, /name="file"[\s\S]*name="sha256"/);
  const mayNot = await rig({ may: ["command posture advisory list"] }).text("/advisories");
  equal(mayNot.includes('name="file"'), false);
});

Deno.test("advisories page: the verdict says whom it is about, how it was proven and what to do", async () => {
  const own = rig(), sum = `${"ab".repeat(32)}  vde-2026-031.json`;
  const page = await (await bring(own, '{"document":{}}', { sha256: sum })).text();
  const { args } = own.askedOf("command posture advisory import")[0];
  deepEqual(args, { file: btoa('{"document":{}}'), sha256: sum });
  match(page, /sha256 of its publisher matches[\s\S]*CP001[\s\S]*Affected[\s\S]*CP014[\s\S]*Possibly affected/);
  match(
    page,
    /CVE-2026-8979[\s\S]*9\.8[\s\S]*Update to 5\.34\.0[\s\S]*CVE-2026-8980[\s\S]*Its publisher names nothing/,
  );
});

Deno.test("advisories page: a file that is none, or whose sum is another one, says why and is not shown as taken", async () => {
  for (const what of ["The file has not the sha256 sum of its publisher", "The file is not UTF-8"]) {
    const fault = new GatewayError("ADVISORY_INVALID", what, { hint: "Get file and sum anew; nothing was imported" });
    const answers = { ...GARAGE_ANSWERS, "command posture advisory import": () => Promise.reject(fault) };
    const answer = await bring(rig({ answers }), "x");
    const page = await answer.text();
    ok(answer.status >= 400, String(answer.status));
    match(page, new RegExp(what));
    equal(page.includes("What it means here"), false);
  }
});

Deno.test("advisories page: a file may be as large as an advisory, which is more than a form, and no larger than a picture", async () => {
  const own = rig();
  const post = (bytes: number) => bring(own, "x".repeat(bytes));
  equal((await post(2_000_000)).status, 200);
  equal((await post(CONSOLE_LIMITS.planBodyBytes)).status, 413);
});

Deno.test("advisories page: one that does not count here is withdrawn with a reason, or forgotten; then it offers neither", async () => {
  const own = rig(), page = await own.text(PATH);
  match(page, /action="\/advisories\/VDE-2026-031\/withdraw"[\s\S]*action="\/advisories\/VDE-2026-031\/remove"/);
  const gone = await own.post(`${PATH}/withdraw`, { reason: "replaced" });
  deepEqual([gone.status, gone.headers.get("location")], [303, PATH]);
  deepEqual(own.askedOf("command posture advisory withdraw")[0].args, { id: "VDE-2026-031", reason: "replaced" });
  equal((await own.post(`${PATH}/withdraw`, {})).status, 422, "a reason is needed");
  equal((await own.post(`${PATH}/remove`, {})).headers.get("location"), "/advisories");
  const verdict = GARAGE_ANSWERS["command posture advisory show"] as object;
  const withdrawn = { ...verdict, withdrawn: { who: "ida", at: 1, reason: "replaced by 040" } };
  const answers = { ...GARAGE_ANSWERS, "command posture advisory show": withdrawn };
  const after = await rig({ answers }).text(PATH);
  match(after, /Withdrawn by ida: replaced by 040/);
  equal(after.includes("/withdraw"), false);
});

Deno.test("advisories page: what a maker writes is text, never markup", async () => {
  const verdict = GARAGE_ANSWERS["command posture advisory show"] as { weaknesses: object[] };
  const evil = { ...verdict, title: "<script>alert(1)</script>", publisher: '"><img src=x>' };
  const page = await rig({ answers: { ...GARAGE_ANSWERS, "command posture advisory show": evil } }).text(PATH);
  equal(/<script>alert|<img src=x/.test(page), false);
});
