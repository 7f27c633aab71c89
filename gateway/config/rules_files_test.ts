import assert from "node:assert/strict";
import { loadSite } from "./load.ts";
import { rulesFileFaults } from "./rules_files.ts";

const SITE = (ocpp: string) =>
  `version: 1
site: { id: g }
ocpp:
  listeners: [{ listen: "127.0.0.1:8444", tls: {} }]
  csms: [{ id: main, url: "wss://csms.example/ocpp" }]
${ocpp}`;

function load(files: Record<string, string>, ocpp = "  rules: rules/ocpp.yaml\n") {
  return loadSite("/x/site.yaml", {
    readFile(path) {
      const text = { "/x/site.yaml": SITE(ocpp), ...files }[path];
      if (text === undefined) return Promise.reject(new Error("no such file"));
      return Promise.resolve(new TextEncoder().encode(text));
    },
  });
}

Deno.test("rules files: ocpp.rules is read with the site and enforced by default", async () => {
  const { site, materials } = await load({ "/x/rules/ocpp.yaml": "- { id: a, effect: allow, because: x }\n" });
  assert.deepEqual([site.ocpp?.rules, site.ocpp?.mode], ["rules/ocpp.yaml", "enforce"]);
  assert.ok(materials.has("rules/ocpp.yaml"));
});

Deno.test("rules files: a fault in the rules makes the whole configuration bad, named by its own file and line", async () => {
  await assert.rejects(
    load({ "/x/rules/ocpp.yaml": "- { id: a, effect: allow }\n" }),
    (error: { faults: string[] }) => {
      assert.equal(error.faults.length, 1);
      assert.match(error.faults[0]!, /^rules\/ocpp\.yaml:1:3 \[0\]\.because: is missing/);
      return true;
    },
  );
});

Deno.test("rules files: faults of site.yaml and of the rules come together", async () => {
  const bad = load({ "/x/rules/ocpp.yaml": "7\n" }, "  rules: rules/ocpp.yaml\n  mode: watch\n");
  await assert.rejects(bad, (error: { faults: string[]; message: string }) => {
    assert.match(error.message, /has 2 faults/);
    assert.match(error.faults[0]!, /^\/x\/site\.yaml:7:9 ocpp\.mode: "watch" is not allowed/);
    assert.match(error.faults[1]!, /^rules\/ocpp\.yaml:1:1 rules: it is no list/);
    return true;
  });
});

Deno.test("rules files: a file that is missing is one fault, in site.yaml", async () => {
  await assert.rejects(load({}), (error: { faults: string[] }) => {
    assert.equal(error.faults.length, 1);
    assert.match(error.faults[0]!, /site\.yaml:6:10 ocpp\.rules: the file "\/x\/rules\/ocpp\.yaml" cannot be read/);
    return true;
  });
});

Deno.test("rules files: text that is not UTF-8 is a fault of the file", () => {
  const faults = rulesFileFaults({ ocpp: { rules: "r" } }, new Map([["r", new Uint8Array([0x2d, 0x20, 0xff])]]));
  assert.deepEqual(faults, ["r:1:1 rules: the text is not UTF-8, wanted a file saved as UTF-8"]);
  assert.deepEqual(rulesFileFaults({ ocpp: { rules: 7 } }, new Map()), []);
  assert.deepEqual(rulesFileFaults(null, new Map()), []);
});
