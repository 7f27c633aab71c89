import assert from "node:assert/strict";
import { WRONG_WORDS, wrongWords } from "./glossary_rules.ts";
import { ROOT, sourceFiles } from "./tree.ts";

const said = (text: string, path = "gateway/pki/a.ts"): number => wrongWords({ path, text }).length;

Deno.test("glossary: the same thing has the same word everywhere", () => {
  const files = sourceFiles(".ts", ".tsx", ".md", ".yaml", ".yml", ".service", ".nft", "Dockerfile");
  assert.deepEqual(files.flatMap((file) => wrongWords(file)), []);
});

const WRONG = [
  "const chargerId = 1;",
  "the chargers",
  "CHARGER_ID",
  "a wall box",
  "chargePoint",
  "charge point",
  "centralSystem",
  "Central System",
  "isMaster",
  "slave",
  "whitelist",
  "black_list",
  "superuser",
];
for (const text of WRONG) {
  Deno.test(`glossary: "${text}" is found in identifiers and prose`, () => assert.equal(said(text), 1));
}

const RIGHT = [
  "charging",
  "recharge",
  "station",
  "chargePointVendor",
  "OCPP 1.6 calls it Charge Point",
  "InvalidCentralSystemCertificate",
  "mastered",
  "remaster",
  "EVlink Wallbox",
];
for (const text of RIGHT) {
  Deno.test(`glossary: "${text}" is left alone`, () => assert.equal(said(text), 0));
}

Deno.test("glossary: OCPP's own words may stand where OCPP is spoken", () => {
  assert.equal(said("chargePoint", "gateway/ocpp/v16.ts"), 0);
  assert.equal(said("the charger", "gateway/ocpp/v16.ts"), 1);
});

Deno.test("glossary: the page explains every word that is not used", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/glossary.md`);
  assert.deepEqual(WRONG_WORDS.filter(({ wrong }) => !page.match(wrong)).map(({ wrong }) => String(wrong)), []);
});
