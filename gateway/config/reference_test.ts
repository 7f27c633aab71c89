import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { starterSite } from "../cli/starter_site.ts";
import { siteJsonSchema } from "./json_schema.ts";
import { configurationReference, typeText } from "./reference.ts";
import { Site } from "./schema.ts";

Deno.test("config reference: has a section for every top-level key, in the order of the schema", () => {
  const headings = [...configurationReference().matchAll(/^## (\w+)$/gm)].map((match) => match[1]);
  assert.deepEqual(headings, Object.keys(Site.shape));
});

Deno.test("config reference: a row says key, kind, default and meaning", () => {
  const lines = configurationReference().split("\n");
  const row = (key: string) => lines.find((line) => line.startsWith(`| \`${key}\` |`));
  assert.equal(
    row("stations[].part"),
    "| `stations[].part` | one of `single`, `primary`, `secondary`, `cabinet`, `dispenser` | `single` | What this controller is in its unit |",
  );
  assert.match(row("ocpp.csms[].graceSeconds") ?? "", /whole number, 0 to 3600 \| `10` \|/);
  assert.match(row("console.listen") ?? "", /\| text \| \*required\* \|/);
  assert.match(row("stations[].ocpp.protocols") ?? "", /list of `ocpp1.6`/);
});

Deno.test("config reference: no row breaks its table", () => {
  for (const line of configurationReference().split("\n").filter((line) => line.startsWith("|"))) {
    assert.equal(line.replaceAll("\\|", "").split("|").length, 6, line);
  }
});

Deno.test("config reference: kinds are said in words", () => {
  assert.equal(typeText({ type: "array", items: { type: "object" } }), "list of maps");
  assert.equal(typeText({ const: "isolated-segment" }), "`isolated-segment`");
  assert.equal(typeText({ type: "boolean" }), "true or false");
});

Deno.test("config json schema: refuses unknown keys and asks only for what has no default", () => {
  const schema = JSON.parse(siteJsonSchema());
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(schema.required, ["version", "site"]);
  assert.equal(schema.properties.ocpp.properties.csms.items.properties.url.type, "string");
});

Deno.test("config json schema: the committed file is current", async () => {
  const committed = await Deno.readTextFile(new URL("../../schema/site.schema.json", import.meta.url));
  assert.equal(committed, siteJsonSchema(), "schema/site.schema.json is stale: run `deno task docs` and commit it");
});

Deno.test("config json schema: an independent validator takes the example and the starter and refuses a slip", async () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(siteJsonSchema()));
  const garage: Record<string, unknown> = parse(
    await Deno.readTextFile(new URL("../../examples/garage/site.yaml", import.meta.url)),
  );
  assert.ok(validate(garage), JSON.stringify(validate.errors));
  assert.ok(validate(parse(starterSite("a"))), JSON.stringify(validate.errors));
  for (const slip of [{ ...garage, sites: {} }, { ...garage, site: { id: 12 } }, { ...garage, version: 2 }]) {
    assert.ok(!validate(slip));
  }
});
