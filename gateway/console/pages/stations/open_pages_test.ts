import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_NOW } from "../../../../tests/support/console_rig.ts";
import { GatewayError, IdentityError } from "../../../core/errors.ts";
import { chanceOf } from "./open_pages.tsx";

const rig = (answers: Record<string, unknown> = {}) => new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers } });
const FIELDS = { deviceRole: "installer", capability: "edit", reason: "meter replaced", minutes: "30" };
const REQUEST = {
  ...{ id: "r9", person: "anna", station: "CP001", deviceRole: "installer", capability: "edit", grant: "g1" },
  ...{ reason: "meter", minutes: 60, createdAt: RIG_NOW - 60_000 },
};

for (
  const [decision, chance] of [
    [{ effect: "allow" }, "mayNow"],
    [{ effect: "deny" }, "mayNot"],
    [{ effect: "deny", next: { kind: "request", grant: "g1" } }, "mayAsk"],
    [{ effect: "deny", next: { kind: "second-factor", grant: "g1" } }, "mayFactor"],
    [{ effect: "deny", next: { kind: "something-new" } }, "mayNot"],
  ] as const
) {
  Deno.test(`station pages: ${JSON.stringify(decision)} means ${chance}`, () => equal(chanceOf(decision), chance));
}

Deno.test("station pages: a station with pages shows what each account may now, and the form offers the strongest first", async () => {
  const page = await rig().text("/stations/CP001");
  match(page, /Bender charge controllers\. They open behind this login/);
  match(page, /not encrypted to the device/);
  match(page, /user: look, now/);
  match(page, /installer: change settings, now/);
  match(page, /manufacturer: change settings, after approval/);
  match(page, /<option value="operator" selected/); // the first that may change something at once
  match(page, /<button type="submit" class="button">Open the pages<\/button>/);
  match(page, /formaction="\/stations\/CP001\/ask"/);
  equal((await rig().text("/stations/CP002")).includes("Its own pages"), false);
});

Deno.test("station pages: opening asks for the way and then for the ticket by the name that the console was reached by", async () => {
  const own = rig();
  const answer = await own.post("/stations/CP001/pages", FIELDS, { host: "gw.garage-12.example" });
  equal(answer.status, 200);
  const url = "https://cp001.gw.garage-12.example:8447/.gw/open?ticket=abc";
  equal(answer.headers.get("refresh"), `0;url=${url}`);
  equal(answer.headers.get("cache-control"), "no-store");
  match(await answer.text(), /<a class="button" href="https:\/\/cp001\.gw/);
  const { by: _, ...wish } = own.askedOf("people.access.open")[0];
  deepEqual(wish, {
    wish: { station: "CP001", deviceRole: "installer", capability: "edit" },
    reason: "meter replaced",
    minutes: 30,
  });
  const { by: __, ...open } = own.askedOf("device.open")[0];
  deepEqual(open, { lease: "l1", host: "gw.garage-12.example" });
});

Deno.test("station pages: request, approval, page: three clicks, each a form of its own", async () => {
  // 1: the technician asks
  const technician = rig({ "people.request.add": { ...REQUEST, state: "pending" } });
  const asked = await technician.post("/stations/CP001/ask", { ...FIELDS, deviceRole: "manufacturer" });
  equal(asked.headers.get("location"), "/stations/CP001");
  equal(technician.askedOf("people.request.add")[0].wish.deviceRole, "manufacturer");
  technician.answers["people.request.list"] = [{ ...REQUEST, state: "pending" }];
  match(await technician.text("/stations/CP001"), /Your request waits for somebody to approve it/);
  // 2: the operator approves
  const approved = { ...REQUEST, state: "approved", decidedBy: "olga", decidedAt: RIG_NOW, until: RIG_NOW + 3_600_000 };
  const operator = rig({ "people.request.decide": approved });
  equal((await operator.post("/access/requests/r9/decision", { decision: "approve" })).status, 303);
  // 3: the technician opens
  technician.answers["people.request.list"] = [approved];
  match(await technician.text("/stations/CP001"), /Approved by olga/);
  match((await technician.post("/stations/CP001/pages", FIELDS)).headers.get("refresh") ?? "", /ticket=abc/);
});

Deno.test("station pages: an approval that is over, or of somebody else, is not shown as one", async () => {
  const over = { ...REQUEST, state: "approved", decidedBy: "olga", until: RIG_NOW };
  const other = { ...REQUEST, person: "mira", state: "approved", decidedBy: "olga", until: RIG_NOW + 9_000 };
  const page = await rig({ "people.request.list": [over, other] }).text("/stations/CP001");
  equal(page.includes("Approved by"), false);
});

Deno.test("station pages: a way that is open leads back to the page, one of somebody else or for a tunnel alone does not", async () => {
  const lease = (change: object) => ({
    ...{ id: "l1", person: "anna", station: "CP001", deviceRole: "installer", capabilities: ["view"], grant: "g1" },
    ...{ reason: "meter", since: RIG_NOW, until: RIG_NOW + 60_000, ...change },
  });
  const own = rig({ "people.access.list": [lease({}), lease({ id: "l2", person: "mira" })] });
  const page = await own.text("/stations/CP001");
  match(page, /action="\/access\/open\/l1\/pages"/);
  equal(page.includes("/access/open/l2/pages"), false);
  match((await own.post("/access/open/l1/pages", {})).headers.get("refresh") ?? "", /^0;url=https:\/\/cp001/);
  const tunnel = rig({ "people.access.list": [lease({ capabilities: ["tunnel"] })] });
  equal((await tunnel.text("/stations/CP001")).includes("/access/open/l1/pages"), false);
});

Deno.test("station pages: who may nothing is told whom to ask, and has no form", async () => {
  const none = { "people.access.explain": { decision: { effect: "deny", rule: "access.no-grant" }, text: "" } };
  const page = await rig(none).text("/stations/CP001");
  match(page, /Nothing here is open to you/);
  equal(page.includes('action="/stations/CP001/pages"'), false);
});

for (
  const [what, error, status, says] of [
    [
      "a grant that is missing",
      new IdentityError("ACCESS_REFUSED", "No grant gives it", { hint: "Ask" }),
      403,
      /No grant/,
    ],
    ["a second factor that is too old", new IdentityError("STEP_UP_NEEDED", "Prove it"), 422, /name="deviceRole"/],
    ["a reason that is too short", new GatewayError("PERSON_INVALID", "A reason of 3 to 200"), 422, /A reason of 3/],
  ] as const
) {
  Deno.test(`station pages: ${what} opens nothing and is said`, async () => {
    const own = rig({
      "people.access.open": () => {
        throw error;
      },
    });
    const answer = await own.post("/stations/CP001/pages", FIELDS);
    equal(answer.status, status);
    match(await answer.text(), says);
    deepEqual(own.askedOf("device.open"), []);
  });
}

Deno.test("station pages: a site without pages says so with the code of the registry", async () => {
  const own = rig({
    "device.open": () => {
      throw new GatewayError("UI_NO_PAGES", "Station CP001 has no pages", { hint: "Add `ui` to the station" });
    },
  });
  const answer = await own.post("/stations/CP001/pages", FIELDS);
  equal(answer.status, 404);
  match(await answer.text(), /Add `ui` to the station/);
});

Deno.test("station pages: the key switch at the box says why nothing opens", async () => {
  const shut = { effect: "deny", rule: "access.key-switch", reason: "Remote access is closed at the box: key off" };
  const page = await rig({ "people.access.explain": { decision: shut, text: "" } }).text("/stations/CP001");
  match(page, /Remote access is closed at the box: key off/);
  equal(page.includes('action="/stations/CP001/pages"'), false);
});
