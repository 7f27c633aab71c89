import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });
const HELD = `/firmware/images/${"b".repeat(64)}`;

Deno.test("images page: images with state and proofs, room, repositories with what is wrong", async () => {
  const page = await rig().text("/firmware/images");
  match(page, /bender 5\.33\.2[\s\S]*Verified[\s\S]*CC613[\s\S]*tuf \+ ocpp-signature[\s\S]*48\.2 MB/);
  match(page, /schneider 3\.4\.0\.2[\s\S]*Waits for two persons[\s\S]*All models[\s\S]*Nothing/);
  match(page, /5\.32\.0[\s\S]*Withdrawn/);
  match(page, /144\.7 of 8192\.0 MB used/);
  match(page, /hq[\s\S]*Proves itself[\s\S]*1 of them are not here/);
  match(page, /old[\s\S]*Does not answer as it should[\s\S]*timestamp\.json is expired/);
});

Deno.test("images page: the offers of a repository; what is refused cannot be taken", async () => {
  const console = rig();
  const page = await console.text("/firmware/images?source=hq");
  deepEqual(console.askedOf("command firmware offers")[0].args, { source: "hq" });
  match(page, /ebee_firmware_5\.34\.0\.deb[\s\S]*Not here[\s\S]*value="bender\/CC613\/ebee_firmware_5\.34\.0\.deb"/);
  match(page, /old\.deb[\s\S]*Refused[\s\S]*below the floor 5\.20\.2/);
  equal(page.includes('value="bender/CC613/old.deb"'), false);
  const answer = await console.post("/firmware/images/take", {
    source: "hq",
    target: "bender/CC613/ebee_firmware_5.34.0.deb",
  });
  deepEqual([answer.status, answer.headers.get("location")], [303, `/firmware/images/${"d".repeat(64)}`]);
});

Deno.test("images page: the verdict about a URL is shown before anything is stored, and taken by the same form", async () => {
  const console = rig();
  const fields = { url: "https://files.vendor.example/a.deb", vendor: "bender", version: "5.33.2", sha256: "ab" };
  const page = await (await console.post("/firmware/images/fetch", fields)).text();
  match(page, /Nothing was stored/);
  match(page, /Vendor&#39;s signature covers the whole file|Vendor's signature covers the whole file/);
  match(page, /name="accept" value="yes"/);
  match(page, /name="url" value="https:\/\/files\.vendor\.example\/a\.deb"/);
  deepEqual(console.askedOf("command firmware fetch")[0].args, { ...fields, accept: false });
  await console.post("/firmware/images/fetch", { ...fields, accept: "yes" });
  deepEqual(console.askedOf("command firmware fetch")[1].args, { ...fields, accept: true });
});

Deno.test("image page: the chain link by link, facts, notes, SBOM, who vouched", async () => {
  const page = await rig().text(HELD);
  match(page, /Vendor is known[\s\S]*Size is within[\s\S]*What proves it is enough[\s\S]*1 of 2 persons have vouched/);
  match(page, /Waits for two persons/);
  match(page, /Vouched for by[\s\S]*anna/);
  match(page, /Fixes the charging of long cars\./);
  match(page, /SPDX-2\.3/);
});

Deno.test("image page: vouching, withdrawing, reading anew and removing are forms", async () => {
  const console = rig();
  for (
    const [what, fields] of [
      ["release", { hash: "ab".repeat(32), because: "vendor mail" }],
      ["withdraw", { because: "advisory" }],
      ["verify", {}],
      ["remove", {}],
    ] as const
  ) {
    const answer = await console.post(`${HELD}/${what}`, fields);
    equal(answer.status, 303, what);
    deepEqual(console.askedOf(`command firmware ${what}`)[0].args, { image: "b".repeat(64), ...fields });
  }
});

Deno.test("image page: a release without hash or reason asks control nothing", async () => {
  const console = rig();
  equal((await console.post(`${HELD}/release`, { hash: "", because: "x" })).status, 422);
  equal((await console.post(`${HELD}/release`, { hash: "ab", because: "" })).status, 422);
  deepEqual(console.askedOf("command firmware release"), []);
});

Deno.test("images page: who may only look sees no form; an empty vault says what to do", async () => {
  const reader = rig({}, ["command firmware list", "command firmware show"]);
  ok(!(await reader.text("/firmware/images")).includes("/firmware/images/fetch"));
  ok(!(await reader.text(HELD)).includes('<form method="post" action="/firmware'));
  const empty = { images: [], usedBytes: 0, quotaBytes: 1_000_000, sources: [] };
  const page = await rig({ "command firmware list": empty }).text("/firmware/images");
  match(page, /No image yet[\s\S]*or bring a file/);
  match(page, /Write one under firmware\.sources/);
});

Deno.test("images page: what a repository or vendor writes is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const shown = {
    image: {
      ...{ sha256: "b".repeat(64), sizeBytes: 1, vendor: evil, models: [evil], version: evil, fileName: evil },
      ...{
        state: "held",
        evidence: [],
        hasSbom: true,
        addedAt: 0,
        source: evil,
        who: evil,
        why: evil,
        releasedBy: [evil],
      },
    },
    papers: { verdict: { outcome: "held", rule: evil, why: evil, evidence: [], steps: [] }, sbom: evil, notes: evil },
  };
  equal((await rig({ "command firmware show": shown }).text(HELD)).includes(evil), false);
});

Deno.test("images page: what CSMSs had published, where each stands and what was told; not to who may not see it", async () => {
  const page = await rig().text("/firmware/images");
  match(page, /Published for a CSMS[\s\S]*href="\/firmware\/images\/a{64}"[\s\S]*published[\s\S]*Published/);
  match(
    page,
    /MD5 e4d909c290d0fb1ca068ffaddf22cbd0[\s\S]*refused[\s\S]*the MD5 is not that of the file[\s\S]*InvalidChecksum/,
  );
  match(
    await rig({ "command firmware publications": [] }).text("/firmware/images"),
    /No CSMS has had an image published/,
  );
  equal((await rig({}, ["command firmware list"]).text("/firmware/images")).includes("Published for a CSMS"), false);
});
