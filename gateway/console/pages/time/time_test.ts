import { equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";

const page = (answer?: unknown, may?: readonly string[]) =>
  new ConsoleRig({
    answers: { ...GARAGE_ANSWERS, ...answer === undefined ? {} : { "command time status": answer } },
    ...may ? { may } : {},
  }).text("/time");

Deno.test("time page: what is followed, what is proven, and the worst station first", async () => {
  const text = await page();
  match(text, /Follows a server/);
  match(text, /0\.4 ms/);
  match(text, /NTS, 8 cookies/);
  match(text, /NTS fails<[\s\S]*4 tries in vain/);
  match(text, /Nothing proves it/);
  ok(text.indexOf("CP003") < text.indexOf("CP002"));
  match(text, /20454 d\s+behind/);
  match(text, /95 s ahead/);
  match(text, /Will refuse the certificate/);
});

for (
  const [state, words] of [["own", /Its own time/], ["lost", /Follows nobody/], [
    "unknown",
    /Nothing is known/,
  ]] as const
) {
  Deno.test(`time page: a box whose clock is "${state}" says why`, async () => {
    const text = await page({ box: { state, why: "because of <this>" }, stations: [] });
    match(text, words);
    match(text, /because of &lt;this&gt;/);
    match(text, /No server/);
  });
}

Deno.test("time page: a site without time is told what to write", async () => {
  const text = await page({ box: null, stations: [] });
  match(text, /Write the section time into site\.yaml/);
  match(text, /No station has shown its clock yet/);
  equal(text.includes("Servers</h2>"), false);
});

Deno.test("time page: who may not see it is not shown the way", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS, may: ["command status"] });
  equal((await rig.text("/")).includes('href="/time"'), false);
});
