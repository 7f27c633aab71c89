import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { existsSync } from "node:fs";
import { COMMANDS } from "../cli/command_table.ts";
import { sourceFiles } from "../../tests/architecture/tree.ts";
import { Guides, readGuide, shippedGuides } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";

const line = (id: string, more: object = {}) => ({
  ...{ id, title: "t", source: "s", severity: "low", remedy: { kind: "note", text: "r" } },
  checks: [{ by: "ports", closed: [22] }],
  ...more,
});
const guide = (lines: readonly object[], more: object = {}) =>
  JSON.stringify({ id: "g", title: "G", about: "a", applies: { to: "station" }, lines, ...more });

Deno.test("guides: those that are shipped are read, each line once, with something to check and a way to mend it", () => {
  const guides = shippedGuides();
  deepEqual(guides.all.map(({ id }) => id).sort(), [
    ...["bender-5.32", "etsi-en-303-645", "evlink-pro-dc", "iec-62443-4-2", "ocpp-security", "uk-2021-schedule-1"],
  ]);
  ok(guides.all.every(({ lines }) => lines.length >= 6));
});

Deno.test("guides: what a line says the tests of the product show, a test of that name shows", () => {
  const names = sourceFiles("_test.ts", "_test.tsx").flatMap(({ text }) =>
    [...text.matchAll(/Deno\.test\(\s*["`](.+?)["`],/g)].map(([, name]) => name!)
  );
  const promised = shippedGuides().all.flatMap(({ lines }) =>
    lines.flatMap(({ checks }) => checks.flatMap((check) => check.by === "product" ? [check.test] : []))
  );
  ok(promised.length > 5);
  deepEqual(promised.filter((test) => !names.some((name) => name.startsWith(test))), []);
});

Deno.test("guides: a command that a line names is one of this gateway, and a page of docs/ is there", () => {
  const words = shippedGuides().all.flatMap(({ lines }) => lines.map(({ id, remedy }) => ({ id, text: remedy.text })));
  const commands = COMMANDS.map(({ name }) => name);
  const first = new Set(commands.map((name) => name.split(" ")[0]));
  const wrong = words.flatMap(({ id, text }) =>
    [...text.matchAll(/`([a-z][a-z -]*[a-z])(?=[` ])/g)].flatMap(([, said]) =>
      first.has(said!.split(" ")[0]!) && !commands.some((name) => `${said} `.startsWith(`${name} `))
        ? [`${id}: ${said}`]
        : []
    )
  );
  deepEqual(wrong, []);
  const pages = words.flatMap(({ text }) => text.match(/docs\/[a-z-]+\.md/g) ?? []);
  ok(pages.length > 3);
  deepEqual(pages.filter((page) => !existsSync(new URL(`../../${page}`, import.meta.url))), []);
});

/** Lines that each document has, by its own numbers. */
const WHOLE: readonly (readonly [guide: string, ids: readonly string[]])[] = [
  ["bender-5.32", numbered("BC-", 15)],
  ["bender-5.32", numbered("BC-H", 21)],
  ["evlink-pro-dc", numbered("EV-", 33)],
  ["ocpp-security", numbered("OCPP-", 17)],
  ["etsi-en-303-645", Array.from({ length: 13 }, (_, at) => `ETSI-5.${at + 1}`)],
  [
    "etsi-en-303-645",
    [
      ...["5.1-3", "5.1-4", "5.1-5", "5.3-2", "5.3-7", "5.3-13", "5.4-3", "5.4-4", "5.5-5", "5.5-7", "5.5-8", "5.6-2"],
      ...["5.6-4", "6.1"],
    ].map((id) => `ETSI-${id}`),
  ],
  // of a component and of a network device at level 2
  ["iec-62443-4-2", [
    ...requirements(1, 14),
    ...requirements(2, 13, [2, 3, 7]), // wireless stands at 1.6; 2.3 asks nothing, 2.7 begins at level 3
    ...requirements(3, 14),
    ...requirements(4, 3),
    ...requirements(5, 3),
    ...requirements(6, 2),
    ...requirements(7, 8, [5]),
  ]],
];
for (const [guide, ids] of WHOLE) {
  Deno.test(`guides: ${guide} has every line from ${ids[0]} to ${ids.at(-1)}`, () => {
    const has = new Set(shippedGuides().all.find(({ id }) => id === guide)!.lines.map(({ id }) => id));
    deepEqual(ids.filter((id) => !has.has(id)), []);
  });
}

Deno.test("guides: each paragraph of Schedule 1 has one line that names it", () => {
  const { lines } = shippedGuides().all.find(({ id }) => id === "uk-2021-schedule-1")!;
  const named = lines.map(({ source }) => Number(/paragraph (\d+)/.exec(source)![1])).sort((a, b) => a - b);
  deepEqual(named, Array.from({ length: 11 }, (_, at) => at + 1));
});

/** BC-01, BC-02 ... */
function numbered(start: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${start}${String(at + 1).padStart(2, "0")}`);
}

/** CR-1.1, CR-1.2 ... */
function requirements(part: number, count: number, without: readonly number[] = []): string[] {
  const all = Array.from({ length: count }, (_, at) => at + 1);
  return all.filter((at) => !without.includes(at)).map((at) => `CR-${part}.${at}`);
}

Deno.test("guides: lines are those of the station's maker, and those for every station", () => {
  const ids = (vendor: string | undefined, hasOcpp: boolean) =>
    new Set(shippedGuides().forStation({ vendor, hasOcpp }).map(({ guide: { id } }) => id));
  deepEqual([...ids("bender", true)].sort(), ["bender-5.32", "ocpp-security", "uk-2021-schedule-1"]);
  deepEqual([...ids("schneider", true)].sort(), ["evlink-pro-dc", "ocpp-security", "uk-2021-schedule-1"]);
  deepEqual([...ids(undefined, false)], ["uk-2021-schedule-1"]);
  deepEqual([...ids("bend", true)].sort(), ["ocpp-security", "uk-2021-schedule-1"]);
  ok(shippedGuides().forGateway().every(({ guide: { applies } }) => applies.to === "gateway"));
});

const REFUSED: readonly (readonly [name: string, text: string, fault: RegExp])[] = [
  ["no YAML", "id: [", /g\.yaml is no YAML/],
  ["a key that nobody knows", guide([line("A-1")], { colour: "red" }), /Unrecognized key.*colour/],
  ["a line without a check", guide([line("A-1", { checks: [] })]), /lines\.0\.checks/],
  ["a check of an unknown kind", guide([line("A-1", { checks: [{ by: "magic" }] })]), /lines\.0\.checks\.0/],
  [
    "an expectation of nothing",
    guide([line("A-1", { checks: [{ by: "inventory", fact: "x", expect: {} }] })]),
    /at least one part/,
  ],
  [
    "an OCPP check without a name",
    guide([line("A-1", { checks: [{ by: "ocpp", expect: { is: ["on"] } }] })]),
    /wants key or variable/,
  ],
  [
    "a password",
    guide([line("A-1", { checks: [{ by: "driver", setting: "OperatorPwdPlain_custom", expect: { isNot: [""] } }] })]),
    /lines\.0\.checks\.0/,
  ],
  [
    "an authorization key",
    guide([line("A-1", { checks: [{ by: "ocpp", key: "AuthorizationKey", expect: { isNot: ["x"] } }] })]),
    /no secret/,
  ],
  [
    "a last check that leaves it to the next",
    guide([line("A-1", { checks: [{ by: "inventory", fact: "x", expect: { is: ["on"] }, orNext: true }] })]),
    /orNext wants a check after it/,
  ],
  ["a port that is none", guide([line("A-1", { checks: [{ by: "ports", closed: [65_536] }] })]), /65535/],
  ["an id in lower case", guide([line("a-1")]), /lines\.0\.id/],
  ["no line", guide([]), /lines/],
];
for (const [name, text, fault] of REFUSED) {
  Deno.test(`guides: refused with file and place: ${name}`, () => {
    throws(() => readGuide("g.yaml", text), (error: Error & { code: string }) => {
      equal(error.code, "CFG_INVALID");
      match(error.message, /^g\.yaml/);
      match(error.message, fault);
      return true;
    });
  });
}

Deno.test("guides: as many lines as the limit, and not one more", () => {
  const lines = (count: number) => guide(Array.from({ length: count }, (_, at) => line(`A-${at}`)));
  equal(readGuide("g.yaml", lines(POSTURE_LIMITS.guideLines)).lines.length, POSTURE_LIMITS.guideLines);
  throws(() => readGuide("g.yaml", lines(POSTURE_LIMITS.guideLines + 1)), { code: "CFG_INVALID" });
});

Deno.test("guides: an id stands once over all guides", () => {
  const one = readGuide("a.yaml", guide([line("A-1")])), two = readGuide("b.yaml", guide([line("A-1")]));
  throws(() => new Guides([one, two]), /A-1/);
});
