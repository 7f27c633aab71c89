import assert from "node:assert/strict";
import { CONFIG_LIMITS } from "./limits.ts";
import { parseYaml } from "./yaml_source.ts";

const faultsOf = (text: string) =>
  parseYaml(text).faults.map(({ place, wrong }) => `${place.line}:${place.column} ${wrong}`);

Deno.test("config yaml: knows the place of every value and key", () => {
  const source = parseYaml("a:\n  - b: 1\n    c: two\n  - { d: [x, y] }\n");
  assert.deepEqual(source.placeOf(["a", 0, "c"]), { line: 3, column: 8 });
  assert.deepEqual(source.placeOf(["a", 0, "c"], "key"), { line: 3, column: 5 });
  assert.deepEqual(source.placeOf(["a", 1, "d", 1]), { line: 4, column: 14 });
  assert.deepEqual(source.placeOf(["a", 0, "missing"]), { line: 2, column: 5 });
  assert.deepEqual(source.placeOf(["a", 9, "deep", "er"]), { line: 1, column: 1 });
  assert.deepEqual(parseYaml("").placeOf(["a"]), { line: 1, column: 1 });
});

Deno.test("config yaml: keeps a scalar as it was written", () => {
  const source = parseYaml("id: 012\nmap: { }\n");
  assert.equal(source.sourceOf(["id"]), "012");
  assert.equal(source.sourceOf(["map"]), undefined);
  assert.equal(source.sourceOf(["nothing"]), undefined);
});

Deno.test("config yaml: is YAML 1.2: no, on and 1:30 are text", () => {
  assert.deepEqual(parseYaml("a: no\nb: on\nc: 1:30\n").value, { a: "no", b: "on", c: "1:30" });
});

Deno.test("config yaml: a duplicate key is a fault and the rest is still judged", () => {
  assert.deepEqual(faultsOf("a: 1\nb: 2\na: 3\n"), ["3:1 a stands twice in the same map"]);
  assert.notEqual(parseYaml("a: 1\na: 2\n").value, undefined);
});

for (
  const [name, text, wanted] of [
    ["a tab", "a:\n\tb: 1\n", "2:1 a tab is used to indent"],
    ["two documents", "a: 1\n---\nb: 1\n", '2:1 the file holds more than one document ("---")'],
    ["a tag", "a: !secret x\n", "1:4 a tag (!...) is used"],
    ["YAML 1.1", "%YAML 1.1\n---\na: yes\n", "1:1 the file says %YAML 1.1"],
    ["an alias without anchor", "a: *b\n", "1:4 there is no anchor &b before this alias"],
  ] as const
) {
  Deno.test(`config yaml: ${name} is a fault with its place`, () => assert.ok(faultsOf(text).includes(wanted), text));
}

Deno.test("config yaml: deep nesting is one fault and no crash", () => {
  for (const open of ["[", "{a: ", "- "]) {
    const faults = faultsOf(open.repeat(100_000));
    assert.ok(faults.length > 0 && faults.length < 10, `${open}: ${faults.length}`);
  }
});

Deno.test("config yaml: aliases are followed up to the limit and refused one past it", () => {
  const text = (count: number) => `a: &x 1\nb: [${Array(count).fill("*x").join(", ")}]\n`;
  assert.deepEqual(faultsOf(text(CONFIG_LIMITS.yamlAliases - 1)), []);
  assert.deepEqual(faultsOf(text(CONFIG_LIMITS.yamlAliases)), ["1:1 aliases (*...) repeat too much"]);
});

Deno.test("config yaml: an alias bomb is refused without being built", () => {
  const names = "abcdefghi";
  const bomb = [...names].map((name, at) =>
    at === 0
      ? "a: &a [x, x, x, x, x, x, x, x, x]"
      : `${name}: &${name} [${Array(9).fill(`*${names[at - 1]}`).join(", ")}]`
  );
  assert.deepEqual(faultsOf(bomb.join("\n")), ["1:1 aliases (*...) repeat too much"]);
});

Deno.test("config yaml: no text makes it throw", () => {
  const base = 'version: 1\nsite: { id: "a", n: [1, 2] }\nx: &a |\n  text\ny: *a\n? k\n: v\n';
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  const alphabet = "\t\n :-{}[]&*!|>'\"%@`#?,ab1\0\u{1F600}";
  for (let round = 0; round < 2_000; round++) {
    const at = random(base.length);
    const text = base.slice(0, at) + [...alphabet][random([...alphabet].length)] + base.slice(at + random(4));
    const source = parseYaml(text);
    assert.ok(source.value !== undefined || source.faults.length > 0, `seed 7 round ${round}`);
    source.placeOf(["site", "n", 1]);
  }
});

Deno.test("config yaml: of a text that is not YAML only the first faults are told, one per line", () => {
  const broken = (lines: number) => "a: b: c\n".repeat(lines);
  const { syntaxFaults } = CONFIG_LIMITS;
  assert.equal(faultsOf(broken(syntaxFaults)).length, syntaxFaults);
  assert.equal(faultsOf(broken(syntaxFaults + 1)).length, syntaxFaults);
  assert.deepEqual(faultsOf(broken(3)).map((fault) => fault.split(":")[0]), ["1", "2", "3"]);
});
