import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_TOKEN } from "../../../../tests/support/console_rig.ts";
import { planPicture } from "../../../../tests/support/plan_picture.ts";
import { INSPECTION_TEMPLATES } from "../../../../profiles/inspection_templates.ts";
import { GatewayError } from "../../../core/errors.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const ORIGIN = "https://gw.garage-12.example";
const HOUSING = INSPECTION_TEMPLATES.find(({ id }) => id === "housing")!;

/** Posts a form as a phone's browser does, with a photo if there is one. */
async function post(own: ConsoleRig, path: string, fields: readonly (readonly [string, string])[], photo?: Blob) {
  const body = new FormData();
  body.append("_token", RIG_TOKEN);
  for (const [name, value] of fields) body.append(name, value);
  body.append("photo", photo ?? new Blob([]), photo ? "seal.png" : "");
  return await own.app.request(`${ORIGIN}${path}`, {
    method: "POST",
    body,
    headers: {
      ...{ host: "gw.garage-12.example", accept: "text/html", origin: ORIGIN },
      cookie: `__Host-bulkhead-form=${RIG_TOKEN}; __Host-bulkhead-session=s`,
    },
  });
}

Deno.test("checklists page: what is due with its state in words, and what was found", async () => {
  const page = await rig().text("/inspections");
  match(page, /CP001[\s\S]*Payment terminal[\s\S]*Overdue[\s\S]*href="\/inspections\/fill\/payment-terminal\/CP001"/);
  match(page, /CP002[\s\S]*Housing and place[\s\S]*Due[\s\S]*Never/);
  match(page, /The site[\s\S]*Qualified people[\s\S]*Soon/);
  match(page, /C-12: Housing and place[\s\S]*Not in order/);
});

Deno.test("checklists page: who may only look has no form and no way to fill", async () => {
  const page = await rig({}, ["command inspection due"]).text("/inspections");
  for (const no of ["/inspections/fill", 'action="/inspections']) ok(!page.includes(no), no);
  equal((await rig({}, []).get("/inspections")).status, 403);
  equal((await rig({}, ["command inspection due"]).get("/inspections/fill/housing/CP001")).status, 403);
});

Deno.test("checklists page: without any assigned it says what to do", async () => {
  const page = await rig({ "command inspection due": { due: [], templates: INSPECTION_TEMPLATES, stations: [] } })
    .text("/inspections");
  match(page, /No list is assigned yet[\s\S]*Assign one below/);
});

Deno.test("checklist form: every item with its three answers and a note, and the photo that a list wants", async () => {
  const page = await rig().text("/inspections/fill/housing/CP001");
  for (const { id, en } of HOUSING.items) {
    ok(page.includes(en), en);
    for (const result of ["ok", "not-ok", "not-applicable"]) {
      ok(page.includes(`value="${id}=${result}"`), `${id} ${result}`);
    }
    ok(page.includes(`name="note-${id}"`), id);
  }
  ok(!/name="photo"[^>]*required/.test(page));
  match(await rig().text("/inspections/fill/payment-terminal/CP001"), /<input[^>]*name="photo"[^>]*required/);
  match(await rig().text("/inspections/fill/housing/CP001", { "accept-language": "de" }), /Siegel: ganz, mit der/);
});

Deno.test("EV-23: a checklist that was filled on a phone goes to control whole, with notes and photo", async () => {
  const own = rig(), bytes = planPicture(60, 40);
  const results = HOUSING.items.map(({ id }) => ["results", `${id}=${id === "seal" ? "not-ok" : "ok"}`] as const);
  const notes = [["note-seal", "4711 is\r\nbroken; badly"], ["note-lock", " "], ["person", "B. Meier"]] as const;
  const answer = await post(own, "/inspections/fill/housing/CP001", [...results, ...notes], new Blob([bytes]));
  equal(answer.status, 303);
  equal(answer.headers.get("location"), "/inspections/C-12");
  const [{ args }] = own.askedOf("command inspection fill");
  deepEqual({ ...args, file: "" }, {
    ...{ list: "housing", subject: "CP001", person: "B. Meier", file: "" },
    ...{ results: results.map(([, value]) => value).join(" "), notes: "seal: 4711 is broken badly" },
  });
  deepEqual(Uint8Array.fromBase64(args.file), bytes);
});

Deno.test("checklist form: what control says of a half-filled list is shown with what to do", async () => {
  const own = rig({
    "command inspection fill": () => {
      throw new GatewayError("INCIDENT_REFUSED", "Nothing is said of lock", { hint: "The items are housing, lock" });
    },
  });
  const answer = await post(own, "/inspections/fill/housing/CP001", [["results", ""]]);
  match(await answer.text(), /Nothing is said of lock[\s\S]*The items are/);
});

Deno.test("checklist form: a list that is none is named", async () => {
  match(await (await rig().get("/inspections/fill/paint/CP001")).text(), /no list &quot;paint&quot;|no list "paint"/);
});

Deno.test("filled checklist: each item with its note, its photos, and a form for one more", async () => {
  const own = rig(), page = await own.text("/inspections/C-12");
  match(page, /Seals: whole[\s\S]*Not in order[\s\S]*4711 is broken/);
  match(page, /<img[^>]*src="\/inspections\/C-12\/photos\/1\/picture"[^>]*alt="Photo 1: Seals: whole/);
  const answer = await post(own, "/inspections/C-12/photos", [["item", "lock"]], new Blob([planPicture(60, 40)]));
  equal(answer.headers.get("location"), "/inspections/C-12");
  equal(own.askedOf("command inspection photo").at(-1)!.args["item"], "lock");
});

Deno.test("filled checklist: a photo comes with its own type, and to nobody who may not see it", async () => {
  const first = await rig().get("/inspections/C-12/photos/1/picture");
  equal(first.headers.get("content-type"), "image/png");
  equal(first.headers.get("x-content-type-options"), "nosniff");
  deepEqual(new Uint8Array(await first.arrayBuffer()), planPicture());
  equal((await rig({}, ["command inspection show"]).get("/inspections/C-12/photos/1/picture")).status, 403);
});

Deno.test("checklists page: a list is assigned to a station, to all, with another interval", async () => {
  const own = rig();
  const answer = await own.post("/inspections/assign", { list: "housing", subject: "all", every: "60" });
  equal(answer.headers.get("location"), "/inspections");
  deepEqual(own.askedOf("command inspection assign")[0].args, { list: "housing", subject: "all", every: "60" });
});
