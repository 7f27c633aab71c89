import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const PATH = "/stations/CP001/device";
const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const READS = ["capabilities", "jobs"].map((name) => `command device ${name}`);

Deno.test("device page: what the driver does and as whom, the steps of a person for the rest, what is under way, files", async () => {
  const page = await rig().text(PATH);
  match(page, /Driver: charx/);
  match(page, /Bring firmware[\s\S]*by itself, as manufacturer/);
  match(page, /sse-connect="\/live\/device-work\/CP001"/);
  match(
    page,
    /Under way[\s\S]*24 % of 48\.2 MB[\s\S]*Done[\s\S]*kept sealed as f1[\s\S]*Failed[\s\S]*jonas has the controller/,
  );
  match(page, /href="\/stations\/CP001\/device\/files\/f1"[\s\S]*1\.20 MB/);
  equal(page.includes("CP005.json"), false, "files of this controller alone");
  const guided = {
    "command device capabilities": {
      ...{ driver: "guided", prove: false, can: [], needs: {}, passwords: [] },
      steps: { firmware: { en: "Use the maker's program.", de: "Nutzen Sie das Programm des Herstellers." } },
    },
  };
  const german = await (await rig(guided).get(PATH, { "accept-language": "de" })).text();
  match(german, /Nutzen Sie das Programm des Herstellers/);
  match(await (await rig().get(PATH, { "accept-language": "de" })).text(), /von selbst, als Betreiber/);
  equal(/action="\/stations\/CP001\/device\/(?:firmware|import|password|reboot)"/.test(german), false);
});

Deno.test("device page: who only reads sees no form; a station without a controller says what to do", async () => {
  const page = await rig({}, READS).text(PATH);
  equal(/action="\/stations\/CP001\/device/.test(page), false);
  const none = { "command device capabilities": () => Promise.reject(new GatewayError("UI_NO_PAGES", "none")) };
  const answer = await rig(none).get(PATH);
  deepEqual([answer.status, (await answer.text()).includes("Add `ui` with a driver")], [404, true]);
  equal((await rig({}, []).get(PATH)).status, 403);
});

const BEGUN: readonly [verb: string, fields: Record<string, string>, args: Record<string, unknown>][] = [
  ["firmware", { image: "a".repeat(64), because: "advisory 7" }, { image: "a".repeat(64), because: "advisory 7" }],
  ["import", { file: "limit=16", role: "", because: "" }, { file: "limit=16" }],
  ["download", { what: "logs" }, { what: "logs" }],
];
for (const [verb, fields, args] of BEGUN) {
  Deno.test(`device page: ${verb} is begun and not waited for; how far it is stands on the page`, async () => {
    const console = rig(), answer = await console.post(`${PATH}/${verb}`, fields);
    deepEqual([answer.status, answer.headers.get("location")], [303, PATH]);
    deepEqual(console.askedOf(`command device ${verb}`)[0].args, { station: "CP001", ...args, later: true });
  });
}

Deno.test("device page: version, password, restart and proof are answered over the page, with what was said", async () => {
  const console = rig();
  const said: readonly [verb: string, fields: Record<string, string>, args: Record<string, unknown>][] = [
    ["version", {}, {}],
    ["prove", { role: "operator" }, { role: "operator" }],
    ["reboot", { sure: "yes", because: "hangs" }, { because: "hangs" }],
    ["password", { role: "operator", old: "a", new: "b", because: "" }, { role: "operator", old: "a", new: "b" }],
  ];
  for (const [verb, fields, args] of said) {
    const answer = await console.post(`${PATH}/${verb}`, fields);
    deepEqual([answer.status, answer.headers.get("location")], [303, PATH], verb);
    deepEqual(console.askedOf(`command device ${verb}`)[0].args, { station: "CP001", ...args });
  }
});

Deno.test("device page: settings are shown as a table; a factory password that works is said in red words", async () => {
  const console = rig();
  match(await (await console.post(`${PATH}/settings`, { keys: "" })).text(), /OperatorCurrentLimit_vehicleif[\s\S]*16/);
  deepEqual(console.askedOf("command device settings")[0].args, { station: "CP001" });
  match(await (await console.post(`${PATH}/check`, {})).text(), /A password of the factory still works[\s\S]*operator/);
});

Deno.test("device page: a wish that waits for another person says so, with what to do", async () => {
  const refused = new GatewayError("ACCESS_REFUSED", "Another person has to approve it: request r7 waits for that", {
    hint: "Do it once more when it is approved",
  });
  const answer = await rig({ "command device firmware": () => Promise.reject(refused) }).post(`${PATH}/firmware`, {
    image: "a".repeat(64),
  });
  equal(answer.status, 403);
  match(await answer.text(), /request r7 waits[\s\S]*once more when it is approved/);
});

Deno.test("device file: taken out whole, piece by piece, under a plain name; not by who may not", async () => {
  const text = "the zip", pieces = ["the", " zi", "p"];
  const file = (asked: { args: { from: string } }) => {
    const from = Number(asked.args.from);
    const piece = pieces.find((_, at) => pieces.slice(0, at).join("").length === from) ?? "";
    return { id: "f1", fileName: 'logs "1".zip', bytes: text.length, from, piece: btoa(piece) };
  };
  const console = rig({ "command device file": file });
  const answer = await console.get(`${PATH}/files/f1`);
  equal(await answer.text(), text);
  deepEqual([answer.headers.get("content-length"), answer.headers.get("content-disposition")], [
    ...["7", 'attachment; filename="logs__1_.zip"'],
  ]);
  deepEqual(console.askedOf("command device file").map(({ args }: { args: { from: string } }) => args.from), [
    "0",
    "3",
    "6",
  ]);
  equal((await rig({}, READS).get(`${PATH}/files/f1`)).status, 403);
});
