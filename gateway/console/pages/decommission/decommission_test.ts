import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { LEAVING } from "../../../../tests/support/console_decommission_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { DECOMMISSION_STEPS } from "../../../../policies/decommission.ts";
import { GatewayError } from "../../../core/errors.ts";

function rig(answers: Record<string, unknown> = {}, more: { readonly may?: readonly string[] } = {}) {
  return new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...more });
}
const READING = ["command decommission list", "command decommission show"];

Deno.test("decommissioning page: who leaves with what it waits for, who has left with a certificate", async () => {
  const page = await rig().text("/decommissioning");
  match(
    page,
    /href="\/decommissioning\/CP005"[\s\S]*dec-7: sold[\s\S]*Reset to the factory(?:'|&#39;)s state[\s\S]*has to be reset/,
  );
  match(page, /CP009[\s\S]*Others agree[\s\S]*1 more must approve it/);
  match(page, /CP012[\s\S]*href="\/decommissioning\/certificates\/dec-4"/);
  match(page, /action="\/decommissioning"[\s\S]*Id of the station/);
});

Deno.test("decommissioning page: without any it says so and how one begins", async () => {
  const page = await rig({ "command decommission list": { running: [], over: [] } }).text("/decommissioning");
  match(page, /No station is leaving/);
  ok(!page.includes("Certificate of erasure"));
});

Deno.test("decommissioning page: who may only look gets no form, and who may not has no page", async () => {
  for (const path of ["/decommissioning", "/decommissioning/CP005", "/decommissioning/CP009"]) {
    ok(!/action="\/decommissioning/.test(await rig({}, { may: READING }).text(path)), path);
  }
  equal((await rig({}, { may: [] }).get("/decommissioning")).status, 403);
});

Deno.test("leaving station: each step with who and what, what the station said, files that are still to be deleted", async () => {
  const page = await rig().text("/decommissioning/CP005");
  match(page, /Asked for by anna: sold to a scrap dealer[\s\S]*Agreed: olga/);
  match(page, /Nothing charges any more[\s\S]*done[\s\S]*its CSMS has all its messages/);
  match(page, /Cleared at the station[\s\S]*passed over[\s\S]*eva[\s\S]*its SIM card is gone/);
  match(page, /badge cache[\s\S]*cleared[\s\S]*Accepted[\s\S]*customer information[\s\S]*refused[\s\S]*Invalid/);
  match(page, /secrets\/CP005\.page/);
});

const formsOf = (page: string) =>
  [...page.matchAll(/action="\/decommissioning\/CP\d+\/([a-z]+)"/g)].map(([, at]) => at);

Deno.test("leaving station: only what is its turn has a form, and nothing is called off from the erasing on", async () => {
  deepEqual(formsOf(await rig().text("/decommissioning/CP005")), ["prove", "skip", "cancel"]);
  deepEqual(formsOf(await rig().text("/decommissioning/CP009")), ["approve", "cancel"]);
  const end = { state: "done", at: 1, by: "gateway", note: "" };
  const erasing = {
    ...{ ...LEAVING.CP005, next: "erase", phase: "erasing" },
    steps: Object.fromEntries(DECOMMISSION_STEPS.slice(0, 5).map((step) => [step, end])),
  };
  const page = await rig({ "command decommission show": erasing }).text("/decommissioning/CP005");
  deepEqual(formsOf(page), []);
  ok(!page.includes("secrets/CP005"), "the files are gone");
});

Deno.test("leaving station: in German its own words are German, what control says stays English and says so", async () => {
  const page = await rig().text("/decommissioning/CP005", { "accept-language": "de" });
  match(page, /Auf Werkszustand gesetzt/);
  match(page, /<[^>]*lang="en"[^>]*>its controller has to be reset/);
});

Deno.test("certificate of erasure: comes as a file, to the byte as control gave it", async () => {
  const answer = await rig().get("/decommissioning/certificates/dec-4");
  equal(answer.headers.get("content-disposition"), 'attachment; filename="dec-4-CP012.erased.json"');
  equal(await answer.text(), '{\n  "form": "bulkhead-erasure-1"\n}\n');
});

const ACTS:
  readonly (readonly [path: string, fields: Record<string, string>, command: string, args: object, to: string])[] = [
    ["", { station: "CP009", reason: "sold" }, "station decommission", { station: "CP009", reason: "sold" }, "/CP009"],
    ["/CP009/approve", {}, "decommission approve", { station: "CP009" }, "/CP005"],
    ["/CP005/prove", { proof: "seen", person: "", note: "asks for the wizard", photo: "" }, "decommission prove", {
      ...{ station: "CP005", proof: "seen", note: "asks for the wizard" },
    }, "/CP005"],
    ["/CP005/prove", { proof: "photo", person: "Anna Berg", note: "its label", photo: "ab" }, "decommission prove", {
      ...{ "station": "CP005", "proof": "photo", "person": "Anna Berg", "note": "its label", "photo-sha256": "ab" },
    }, "/CP005"],
    ["/CP005/skip", { step: "reset", because: "stolen" }, "decommission skip", {
      ...{ station: "CP005", step: "reset", because: "stolen" },
    }, "/CP005"],
    ["/CP009/cancel", {}, "decommission cancel", { station: "CP009" }, ""],
    ["/CP012/readmit", { reason: "new one" }, "decommission readmit", { station: "CP012", reason: "new one" }, ""],
  ];
for (const [path, fields, command, args, to] of ACTS) {
  Deno.test(`decommissioning page: ${path || "begin"} with ${JSON.stringify(fields)} runs ${command}`, async () => {
    const own = rig(), answer = await own.post(`/decommissioning${path}`, fields);
    equal(answer.status, 303);
    equal(answer.headers.get("location"), `/decommissioning${to}`);
    deepEqual(own.askedOf(`command ${command}`)[0].args, args);
  });
}

/** Words that are not asked of control. */
const REFUSED: readonly (readonly [path: string, fields: Record<string, string>])[] = [
  ["", { station: "", reason: "sold" }],
  ["", { station: "CP009", reason: "" }],
  ["/CP005/prove", { proof: "hearsay" }],
  ["/CP005/skip", { step: "paint", because: "why" }],
  ["/CP005/skip", { step: "reset", because: "x".repeat(301) }],
];
for (const [path, fields] of REFUSED) {
  Deno.test(`decommissioning page: ${path || "begin"} with ${JSON.stringify(fields).slice(0, 60)} is refused before control is asked`, async () => {
    const own = rig();
    equal((await own.post(`/decommissioning${path}`, fields)).status, 422);
    equal(own.askedOf(/^command (station decommission|decommission (?!list|show))/ as never).length, 0);
  });
}

Deno.test("decommissioning page: what control refuses is shown with what to do", async () => {
  const own = rig({
    "command decommission approve": () => {
      throw new GatewayError("DECOMMISSION_REFUSED", "anna asked for it and cannot approve it", {
        hint: "Another person has to approve it",
      });
    },
  });
  match(await (await own.post("/decommissioning/CP009/approve", {})).text(), /cannot approve it[\s\S]*Another person/);
});
