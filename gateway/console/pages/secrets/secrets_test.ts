import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { SECRETS_ANSWERS } from "../../../../tests/support/console_secrets_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";

const LIST = SECRETS_ANSWERS["command secret list"] as Record<"escrow" | "recovery" | "secrets", object>;

function rig(answers: Record<string, unknown> = {}, more: { readonly may?: readonly string[] } = {}) {
  return new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...more });
}

/** A rig whose command remembers what it was given. */
function listening(command: string): { own: ConsoleRig; given(): unknown } {
  let args: unknown;
  const answer = (GARAGE_ANSWERS as Record<string, unknown>)[`command ${command}`];
  const own = rig({
    [`command ${command}`]: (asked: unknown) => {
      ({ args } = asked as { args: unknown });
      return answer;
    },
  });
  return { own, given: () => args };
}

const GERMAN = { "accept-language": "de" };

Deno.test("secrets page: how each stands in words, which half has which, who knows it, and the copies", async () => {
  const page = await rig().text("/secrets");
  match(page, /CP001[\s\S]*Operator[\s\S]*Settled[\s\S]*by age[\s\S]*anna/);
  match(
    page,
    /Halves differ[\s\S]*CP007 has the new one[\s\S]*CP007-S not known which[\s\S]*No route to the controller/,
  );
  match(page, /Refused: look at it[\s\S]*it refuses both secrets/);
  match(page, /The last change came to nothing[\s\S]*the controller was away/);
  match(page, /The last one is kept: backup\.example:\/garage-12/);
  match(page, /3f5a9c0d3f5a9c0d/);
  match(page, /Anna Berg[\s\S]*safe, office 2/);
});

Deno.test("BC-08: the page and REST show every way in of each controller with its date, those without any first", async () => {
  const page = await rig().text("/secrets");
  const card = page.slice(page.indexOf("Ways in if a password is lost"));
  match(
    card,
    /CP005[\s\S]*?None[\s\S]*?CP001[\s\S]*?Copy off the box: Operator[\s\S]*?<time[^>]*2026[\s\S]*?CP007[\s\S]*?Recovery code[\s\S]*?Reset card[\s\S]*?1f0c9a2b/,
  );
  match(await rig().text("/secrets", GERMAN), /Wege hinein[\s\S]*?Keiner[\s\S]*?Rücksetzkarte/);
  const told = await (await rig().get("/api/v1/secrets")).json();
  deepEqual(told.recovery, LIST.recovery);
  const none = { ...LIST, recovery: [] };
  match(await rig({ "command secret list": none }).text("/secrets"), /No controller is looked after yet/);
});

Deno.test("secrets page: in German too; what control says stays English and says so", async () => {
  const page = await rig().text("/secrets", GERMAN);
  match(page, /Hälften verschieden[\s\S]*CP007 hat das neue/);
  match(page, /<span[^>]*lang="en"[^>]*>: it refuses both secrets/);
});

Deno.test("secrets page: without secrets it says what to do; a waiver and a missing key are seen", async () => {
  const empty = await rig({ "command secret list": { ...LIST, secrets: [], escrow: { ...LIST.escrow, open: [] } } })
    .text(
      "/secrets",
    );
  match(empty, /No secret yet[\s\S]*choose a unit below/);
  ok(!empty.includes('action="/secrets/escrow-ack"'), "nothing to acknowledge");
  const waived = { ...LIST, escrow: { isWaived: true, isDelivered: false, open: [] } };
  match(await rig({ "command secret list": waived }).text("/secrets"), /these secrets exist on this box alone/);
  const keyless = {
    ...LIST,
    escrow: { isWaived: false, isDelivered: false, open: [], impediment: "site.yaml names no key" },
  };
  const page = await rig({ "command secret list": keyless }).text("/secrets");
  match(page, /site\.yaml names no key/);
  ok(!page.includes('action="/secrets/escrow"'));
});

Deno.test("secrets page: who may only look gets no form that changes or shows anything", async () => {
  const page = await rig({}, { may: ["command secret list"] }).text("/secrets");
  for (const act of ["rotate", "reveal", "import", "retry", "confirm", "escrow", "left", "cards", "begin"]) {
    ok(!new RegExp(`action="/secrets/[^"]*${act}`).test(page), act);
  }
  ok(!page.includes("safe, office 2"), "nor the register of cards");
  equal((await rig({}, { may: ["command status"] }).text("/")).includes('href="/secrets"'), false);
});

Deno.test("secrets page: each state offers what helps, and nothing else", async () => {
  const page = await rig().text("/secrets");
  const actions = [...page.matchAll(/action="(\/secrets\/[^"]+)"/g)].map(([, path]) => path!);
  ok(actions.includes("/secrets/CP005/operator/retry") && actions.includes("/secrets/CP007-S/operator/retry"));
  ok(!actions.includes("/secrets/CP007/operator/retry"), "the half that is done is left alone");
  ok(actions.includes("/secrets/CP008/operator/confirm") || actions.includes("/secrets/CP008-S/operator/confirm"));
  ok(actions.includes("/secrets/CP001/operator/rotate") && !actions.includes("/secrets/CP005/operator/rotate"));
  ok(!actions.includes("/secrets/CP003/installer/reveal"), "one of a file is not the vault's to show");
  ok(!actions.includes("/secrets/CP010/puk/import"), "not while its copy is waited for");
});

const ACTS: readonly (readonly [path: string, fields: Record<string, string>, command: string, args: object])[] = [
  ["/secrets/CP001/operator/rotate", {}, "secret rotate", { unit: "CP001", slot: "operator" }],
  ["/secrets/begin", { unit: "all", slot: "puk" }, "secret rotate", { unit: "all", slot: "puk" }],
  ["/secrets/CP008-S/operator/confirm", { done: "yes", reason: "" }, "secret confirm", {
    station: "CP008-S",
    slot: "operator",
  }],
  ["/secrets/CP008-S/operator/confirm", { done: "no", reason: "no cable" }, "secret confirm", {
    ...{ station: "CP008-S", slot: "operator", failed: true, reason: "no cable" },
  }],
  ["/secrets/CP005/operator/retry", {}, "secret retry", { station: "CP005", slot: "operator" }],
  ["/secrets/CP005/operator/import", { secret: "Set-By-Hand.1" }, "secret import", {
    ...{ station: "CP005", slot: "operator", file: "Set-By-Hand.1" },
  }],
  ["/secrets/escrow-ack", { hash: "9f86d081884c7d65" }, "secret escrow-ack", { hash: "9f86d081884c7d65" }],
  ["/secrets/left", { person: "anna" }, "secret left", { person: "anna" }],
  ["/secrets/cards", { unit: "CP001", card: "04A1B2C3", custodian: "Anna", place: "safe" }, "secret card-add", {
    ...{ unit: "CP001", file: "04A1B2C3", custodian: "Anna", place: "safe" },
  }],
  ["/secrets/cards/1f0c9a2b/remove", {}, "secret card-remove", { card: "1f0c9a2b" }],
];
for (const [path, fields, command, args] of ACTS) {
  Deno.test(`secrets page: ${path} ${JSON.stringify(fields)} runs ${command} and goes back`, async () => {
    const { own, given } = listening(command), answer = await own.post(path, fields);
    deepEqual([answer.status, answer.headers.get("location")], [303, "/secrets"]);
    deepEqual(given(), args);
  });
}

Deno.test("secrets page: a secret is shown as the answer to a post alone, and stands in no address and no flash", async () => {
  const { own, given } = listening("secret reveal");
  const answer = await own.post("/secrets/CP001/operator/reveal", { reason: "maker on site" });
  equal(answer.status, 200);
  match(await answer.text(), /It is shown now and never again[\s\S]*CP001 has {2}Example-Secret\.42/);
  match(answer.headers.get("cache-control")!, /no-store/);
  ok(!JSON.stringify([...answer.headers]).includes("Example-Secret"));
  deepEqual(given(), { unit: "CP001", slot: "operator", reason: "maker on site" });
});

Deno.test("secrets page: one that nobody has approved yet shows nothing and says who has to act", async () => {
  const asked = { subject: "CP001", slot: "operator", state: "asked", request: "R1", requests: ["R1", "R2"] };
  const answer = await rig({ "command secret reveal": asked }).post("/secrets/CP001/operator/reveal", {
    reason: "why",
  });
  equal(answer.headers.get("location"), "/secrets");
});

Deno.test("secrets page: what a person sets by hand is shown with the steps in the language of the page", async () => {
  const byHand = {
    ...{ subject: "CP001", slot: "operator", state: "shown", steps: { en: "Open SYSTEM.", de: "SYSTEM öffnen." } },
    secrets: [{ station: "CP001", what: "now", text: "Old.1" }, { station: "CP001", what: "next", text: "New.1" }],
  };
  const answer = await rig({ "command secret reveal": byHand }).post("/secrets/CP001/operator/reveal", {
    reason: "von Hand",
  }, GERMAN);
  match(await answer.text(), /CP001 hat {2}Old\.1\nCP001 soll bekommen {2}New\.1\n\nSYSTEM öffnen\./);
});

Deno.test("secrets page: a copy is shown to be saved, with its name", async () => {
  const text = await (await rig().post("/secrets/escrow", {})).text();
  match(text, /bulkhead-g12-20261121T100000Z\.escrow\.age[\s\S]*-----BEGIN AGE ENCRYPTED FILE-----/);
});

Deno.test("secrets page: a unit that cannot begin says why; a fresh proof is asked for where control wants one", async () => {
  const not = { slot: "operator", begun: [], not: [{ subject: "CP001", why: "no key for escrows" }] };
  equal(
    (await rig({ "command secret rotate": not }).post("/secrets/begin", { unit: "CP001", slot: "operator" })).status,
    303,
  );
  const refused = () => {
    throw new GatewayError("STEP_UP_NEEDED", "a fresh proof is needed");
  };
  const answer = await rig({ "command secret reveal": refused }).post("/secrets/CP001/operator/reveal", {
    reason: "why",
  });
  ok(answer.status !== 303 && /proof|Prove/i.test(await answer.text()));
});
