import { deepEqual, equal } from "node:assert/strict";
import type { Conversation, DeviceRequest, DeviceResponse, LoginOutcome } from "./driver.ts";
import { type FormMacro, formMacroDriver } from "./form_macro.ts";
import { findForm } from "./html_form.ts";

const MACRO: FormMacro = {
  id: "site-made",
  title: "A device of this site",
  formPath: "/login/page",
  nameField: "user",
  passwordField: "pass",
  fields: { lang: "en" },
  success: { status: [302], cookie: "SID", location: "/home" },
  loggedOutLocation: "/login",
  accounts: { installer: "admin" },
};
const FORM = `<html><form action="/search"><input name="q"></form>
  <FORM ACTION='check?step=1' method=post><input type=hidden name=csrf value="a&amp;b"><input name=user>
  <input type="password" name=pass><input type=hidden name=csrf2></form>`;

/** Plays the device with these answers in turn. */
function login(macro: FormMacro, ...answers: readonly Partial<DeviceResponse>[]) {
  const conversation: Conversation<LoginOutcome> = formMacroDriver(macro).login({
    role: "installer",
    name: "admin",
    password: "p&q",
  });
  const asked: DeviceRequest[] = [];
  let step = conversation.next();
  for (const answer of answers) {
    if (step.done) break;
    asked.push(step.value);
    step = conversation.next({ status: 200, headers: new Map(), body: "", ...answer });
  }
  if (!step.done) throw new Error(`still asks for ${step.value.target}`);
  return { asked, end: step.value };
}

const welcome = (changes: Readonly<Record<string, readonly string[]>> = {}, status = 302) => ({
  status,
  headers: new Map(Object.entries({ "set-cookie": ["SID=1"], location: ["/home/start"], ...changes })),
});

Deno.test("form macro: fills in the form with its hidden fields and goes where it leads", () => {
  const { asked, end } = login(MACRO, { body: FORM }, welcome());
  deepEqual(asked.map(({ method, target }) => `${method} ${target}`), ["GET /login/page", "POST /login/check?step=1"]);
  deepEqual(Object.fromEntries(new URLSearchParams(asked[1]!.body)), {
    csrf: "a&b",
    csrf2: "",
    lang: "en",
    user: "admin",
    pass: "p&q",
  });
  equal(end.outcome, "in");
});

Deno.test("form macro: every sign of success that is named must be there", () => {
  for (
    const answer of [welcome({}, 200), welcome({ "set-cookie": ["XSID=1"] }), welcome({ location: ["/login?bad"] })]
  ) {
    equal(login(MACRO, { body: FORM }, answer).end.outcome, "refused");
  }
  equal(login({ ...MACRO, success: { cookie: "SID" } }, { body: FORM }, welcome({}, 200)).end.outcome, "in");
  equal(login(MACRO, { body: FORM }, { status: 503 }).end.outcome, "strange");
});

Deno.test("form macro: a password goes to the device alone, and nowhere without its form", () => {
  const foreign = FORM.replace("check?step=1", "https://elsewhere.example/collect");
  deepEqual(login(MACRO, { body: foreign }).end, { outcome: "strange", why: "the form leads to another host" });
  equal(login({ ...MACRO, postPath: "/check" }, { body: foreign }, welcome()).asked[1]!.target, "/check");
  equal(login(MACRO, { body: "<form><input name=q></form>" }).end.outcome, "strange");
  equal(login(MACRO, { status: 404, body: FORM }).end.outcome, "strange");
});

Deno.test("form macro: finds a form that is never closed, and none where there is none", () => {
  deepEqual(findForm("<form action=x><input name=pass><input type=hidden name=t value=1>", "pass")?.hidden, [[
    "t",
    "1",
  ]]);
  for (const html of ["", "<input name=pass>", "<form></form><input name=pass>", "<form><input name=PASS></form>"]) {
    equal(findForm(html, "pass"), undefined, html);
  }
});

Deno.test("form macro: a way back to the login page says that the device ended the login", () => {
  const { isLoggedOut } = formMacroDriver(MACRO);
  const answer = (status: number, location?: string) =>
    isLoggedOut({ status, headers: new Map(location === undefined ? [] : [["location", [location]]]) });
  equal(answer(302, "/login/page?expired"), true);
  equal(answer(401), true);
  equal(answer(302, "/home"), false);
  equal(answer(200, "/login/page"), false);
});
