import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_TOKEN } from "../../../../tests/support/console_rig.ts";
import { planPicture } from "../../../../tests/support/plan_picture.ts";
import { GatewayError } from "../../../core/errors.ts";
import { CONSOLE_LIMITS } from "../../limits.ts";

const ORIGIN = "https://gw.garage-12.example";
const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const shown = GARAGE_ANSWERS["command commissioning show"] as Record<string, unknown>;
const withState = (state: string) => rig({ "command commissioning show": { ...shown, state, faults: [] } });

/** Posts a photo, as a browser without script does. */
async function postPhoto(own: ConsoleRig, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ _token: RIG_TOKEN, step: "identity.photo-label" })) {
    body.append(name, value);
  }
  body.append("photo", new Blob([bytes]), "photo.jpg");
  return await own.app.request(`${ORIGIN}/commissioning/7/steps`, {
    method: "POST",
    body,
    headers: {
      ...{ host: "gw.garage-12.example", accept: "text/html", origin: ORIGIN },
      cookie: `__Host-bulkhead-form=${RIG_TOKEN}; __Host-bulkhead-session=s`,
    },
  });
}

Deno.test("commissioning pages: the list shows how far each bay is, what holds it up, and which bays have none", async () => {
  const own = rig();
  const text = await own.text("/commissioning");
  match(text, /<a href="\/commissioning\/7">bay-07<\/a>/);
  match(text, /<progress class="steps" max="\d+" value="6" aria-label="6 of \d+ steps"/);
  match(text, /EV-01/);
  ok(!text.includes('action="/commissioning/CP008/start"'), "a bay that has a protocol is not offered again");
  const answer = await own.post("/commissioning/CP001/start", {});
  deepEqual([answer.status, answer.headers.get("location")], [303, "/commissioning/7"]);
  deepEqual(own.askedOf("command commissioning start")[0].args, { bay: "CP001" });
});

Deno.test("commissioning pages: the protocol names what keeps the bay from being handed over, by the maker's lines", async () => {
  const text = await rig().text("/commissioning/7");
  match(text, /Cannot be handed over: EV-01/);
  match(text, /a password of the factory works: installer/);
  match(text, /at most 300 ms/);
  match(text, /src="\/commissioning\/7\/photos\/identity\.photo-label\?v=4f4f4f4f"/);
});

Deno.test("commissioning pages: an automatic step has no field to enter, and one that must be met no exception", async () => {
  const text = await rig().text("/commissioning/7");
  const stepOf = (key: string) => text.slice(text.indexOf(`id="step-${key}"`)).split('<li class="bay-step"')[0]!;
  ok(!stepOf("ocpp_connected_CP007").includes("<form"));
  ok(!stepOf("device_password_CP007").includes("<form"));
  match(stepOf("network_mac_CP007"), /action="\/commissioning\/7\/exceptions\/take-back"/);
  match(stepOf("electrical_insulation"), /name="value" value="250"[^>]* inputmode="decimal"/);
  match(stepOf("identity_photo-cable"), /type="file"[^>]* capture="environment"/);
});

for (
  const [fields, args] of [
    [{ step: "electrical.rcd-time", value: "24,5" }, { step: "electrical.rcd-time", value: "24,5" }],
    [
      { step: "identity.label", station: "CP007", serial: "SN-1", mac: "", model: "CC613" },
      { step: "identity.label", station: "CP007", serial: "SN-1", model: "CC613" },
    ],
    [{ step: "ocpp.charged", station: "CP007", seen: "so", note: "4.2 kWh" }, {
      ...{ step: "ocpp.charged", station: "CP007", so: true, note: "4.2 kWh" },
    }],
    [{ step: "ocpp.charged", station: "CP007", seen: "not-so" }, {
      step: "ocpp.charged",
      station: "CP007",
      "not-so": true,
    }],
  ] as const
) {
  Deno.test(`commissioning pages: a form with ${JSON.stringify(fields)} becomes one command, and leads back to its step`, async () => {
    const own = rig();
    const answer = await own.post("/commissioning/7/steps", { ...fields });
    equal(answer.status, 303);
    match(answer.headers.get("location")!, /^\/commissioning\/7#step-/);
    deepEqual(own.askedOf("command commissioning enter")[0].args, { bay: "7", ...args });
  });
}

Deno.test("commissioning pages: a photo goes to control whole, larger than any other form; one past the limit is refused", async () => {
  const own = rig(), picture = planPicture(60, 40);
  const padded = new Uint8Array(CONSOLE_LIMITS.bodyBytes * 2);
  padded.set(picture);
  equal((await postPhoto(own, padded)).status, 303);
  const [{ args }] = own.askedOf("command commissioning enter");
  equal(args.file, padded.toBase64());
  equal((await postPhoto(own, new Uint8Array(CONSOLE_LIMITS.planBodyBytes + 1))).status, 413);
});

Deno.test("commissioning pages: looking, answering, taking back, reopening, closing and removing are one post each", async () => {
  const own = rig();
  const posts: readonly [string, Record<string, string>, string, object][] = [
    ["check", {}, "check", {}],
    ["exceptions", { step: "network.mac", station: "CP007", reason: "no hald" }, "except", {
      ...{ step: "network.mac", station: "CP007", reason: "no hald" },
    }],
    ["exceptions/take-back", { step: "network.mac", station: "CP007" }, "except", {
      ...{ step: "network.mac", station: "CP007", "take-back": true },
    }],
    ["sign", { name: "Ida Kern", drawing: "M1 1 L2 2" }, "sign", { name: "Ida Kern", drawing: "M1 1 L2 2" }],
    ["counter-sign", { name: "Olga" }, "counter-sign", { name: "Olga" }],
    ["reopen", { reason: "wrong" }, "reopen", { reason: "wrong" }],
    ["close", {}, "close", {}],
    ["drop", {}, "drop", {}],
  ];
  for (const [path, fields, command, args] of posts) {
    equal((await own.post(`/commissioning/7/${path}`, fields)).status, 303, path);
    deepEqual(own.askedOf(`command commissioning ${command}`).at(-1).args, { bay: "7", ...args });
  }
});

Deno.test("commissioning pages: a signature asks for a fresh second factor when control does, and keeps the name meanwhile", async () => {
  const own = rig({
    "command commissioning sign": () => {
      throw new GatewayError("STEP_UP_NEEDED", "A protocol is signed after a second factor only");
    },
  });
  const answer = await own.post("/commissioning/7/sign", { name: "Ida Kern" });
  equal(answer.status, 422);
  const text = await answer.text();
  match(text, /type="hidden" name="name" value="Ida Kern"/);
});

Deno.test("commissioning pages: a refusal by EV-01 says its rule and what to do", async () => {
  const own = rig({
    "command commissioning close": () => {
      throw new GatewayError("COMMISSIONING_REFUSED", "a password of the factory works (rule EV-01)", {
        hint: "change it",
      });
    },
  });
  const answer = await own.post("/commissioning/7/close", {});
  ok(answer.status >= 400);
  const text = await answer.text();
  match(text, /rule EV-01/);
  match(text, /change it/);
});

Deno.test("commissioning pages: each state offers what comes next and nothing else", async () => {
  const offers = async (state: string) => {
    const text = await withState(state).text("/commissioning/7");
    const paths = [...text.matchAll(/action="\/commissioning\/7\/([\w-]+)"/g)].map(([, path]) => path!);
    return [...new Set(paths)].filter((path) => !["steps", "exceptions"].includes(path));
  };
  deepEqual(await offers("in-progress"), ["check", "drop"]);
  deepEqual(await offers("ready"), ["check", "sign", "drop"]);
  deepEqual(await offers("signed"), ["counter-sign", "reopen"]);
  deepEqual(await offers("counter-signed"), ["close", "reopen"]);
  deepEqual(await offers("closed"), []);
});

Deno.test("commissioning pages: an auditor reads, and is offered no form", async () => {
  const text = await rig({}, ["command commissioning list", "command commissioning show"]).text("/commissioning/7");
  ok(!text.includes('action="/commissioning/'));
  ok(!text.includes('href="/commissioning/7/paper"'));
});

Deno.test("commissioning pages: the paper is a file to keep, in the language of the reader; photos are pictures", async () => {
  const own = rig();
  const paper = await own.get("/commissioning/7/paper", { "accept-language": "de" });
  equal(paper.headers.get("content-type"), "application/pdf");
  equal(paper.headers.get("content-disposition"), 'attachment; filename="commissioning-7-bay-07.pdf"');
  equal(await paper.text(), "%PDF-1.7");
  deepEqual(own.askedOf("command commissioning pdf")[0].args, { bay: "7", language: "de" });
  const photo = await own.get("/commissioning/7/photos/identity.photo-label");
  equal(photo.headers.get("content-type"), "image/png");
  deepEqual(own.askedOf("command commissioning photo")[0].args, { bay: "7", step: "identity.photo-label" });
});

Deno.test("posture report page: what could not be checked stands first; PDF and HTML are files of the same report", async () => {
  const own = rig();
  const text = await own.text("/reports/posture");
  ok(text.indexOf("What could not be checked") < text.indexOf("BC-H02"));
  match(text, /nobody has confirmed it yet/);
  match(text, /Not judged yet|waits/);
  for (const format of ["pdf", "html"]) {
    const file = await own.post("/reports/posture/files", { format });
    equal(file.status, 200);
    match(file.headers.get("content-disposition")!, new RegExp(`filename="posture.${format}"`));
    deepEqual(own.askedOf("command posture report").at(-1).args, { format });
  }
});
