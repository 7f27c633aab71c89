import { deepEqual, equal, ok } from "node:assert/strict";
import {
  describeRules,
  EVLINK_SPECIAL,
  judgePassword,
  minLengthOf,
  type PasswordFacts,
  type PasswordPreset,
  PRESET_RULES,
} from "./password_rules.ts";
import { REFUSED_WORDS } from "../profiles/refused_words.ts";

function faults(password: string, preset: PasswordPreset, more: Partial<PasswordFacts> = {}): string[] {
  const facts = { password, preset, hasSecondFactor: false, ownWords: [], refusedWords: REFUSED_WORDS, ...more };
  return judgePassword(facts).map(({ rule }) => rule);
}

for (
  const [password, wanted] of [
    ["Kranich7-", "ok"],
    ["Kranic7", "password.too-short"],
    ["Kranich7-".padEnd(31, "u"), "ok"],
    ["Kranich7-".padEnd(32, "u"), "password.too-long"],
    ["Kranich--", "password.no-digit"],
    ["kranich7-", "password.no-upper"],
    ["KRANICH7-", "password.no-lower"],
    ["Kranich77", "password.no-special"],
    ["Kranich7#", "password.no-special"],
    ["Kranich7\\", "password.no-special"],
  ] as const
) {
  Deno.test(`EV-13: "${password}" with evlink-pro-dc: ${wanted}`, () => {
    const shorter = password.length < 8 ? ["password.no-special"] : [];
    const expected: readonly string[] = wanted === "ok" ? [] : [wanted, ...shorter];
    deepEqual(faults(password, "evlink-pro-dc"), expected);
  });
}

Deno.test("EV-13: each special character of the guide does, and no other one is needed", () => {
  for (const special of EVLINK_SPECIAL) deepEqual(faults(`Kranich7${special}`, "evlink-pro-dc"), [], special);
});

Deno.test("password: lengths count code points, not UTF-16 units", () => {
  const four = "🦩🦩🦩🦩"; // eight units
  ok(faults(`Aa1-${four}`.slice(0, 10), "evlink-pro-dc").includes("password.too-short"));
  deepEqual(faults(`Aa1-${four}`, "evlink-pro-dc"), []);
});

Deno.test("nist-63b: fifteen characters alone, eight with a second factor, up to 128, and no composition", () => {
  deepEqual(faults("correct horse battery staple", "nist-63b"), []);
  deepEqual(faults("kranichzugvogel", "nist-63b"), []);
  deepEqual(faults("kranichzugvoge", "nist-63b"), ["password.too-short"]);
  deepEqual(faults("kranichz", "nist-63b", { hasSecondFactor: true }), []);
  deepEqual(faults("kranich", "nist-63b", { hasSecondFactor: true }), ["password.too-short"]);
  deepEqual(faults("kranich und reiher ".repeat(7).slice(0, 128), "nist-63b"), []);
  deepEqual(faults("kranich und reiher ".repeat(7).slice(0, 129), "nist-63b"), ["password.too-long"]);
});

Deno.test("nist-63b: a password of few different characters is refused", () => {
  deepEqual(faults("aaaaaaaaaaaaaaaaaaa", "nist-63b"), ["password.repetition"]);
  deepEqual(faults("abababababababcd", "nist-63b"), ["password.repetition"]);
});

Deno.test("BC-05: bender-strong: any special character does; the manual names no length, ours begins at eight", () => {
  deepEqual(faults("Kranich7#", "bender-strong"), []);
  deepEqual(faults("Kranich7\\", "bender-strong"), []);
  deepEqual(faults("Kranich77", "bender-strong"), ["password.no-special"]);
  deepEqual(faults("Kran 777", "bender-strong"), ["password.no-special"]);
});

for (const password of ["Schneider1$", "Password1!", "Summer2025!", "P@ssw0rd1-", "Bender-2026", "EVlink1234."]) {
  Deno.test(`password: "${password}" fulfils the vendor's rule and is refused as a known word`, () => {
    for (const preset of ["evlink-pro-dc", "bender-strong"] as const) {
      deepEqual(faults(password, preset), ["password.refused-word"]);
    }
  });
}

Deno.test("password: words of the site count, in any case and with signs for letters", () => {
  const refusedWords = ["mainstreet"];
  deepEqual(faults("M4inStr33t-7x", "evlink-pro-dc", { refusedWords }), ["password.refused-word"]);
  deepEqual(faults("Mainstreet-Kranich7", "evlink-pro-dc", { refusedWords }), []);
});

Deno.test("password: the own name is refused, short parts of it are not", () => {
  deepEqual(faults("Annabella-77x", "evlink-pro-dc", { ownWords: ["annabella"] }), ["password.own-word"]);
  deepEqual(faults("Kranich-ann7", "evlink-pro-dc", { ownWords: ["ann"] }), []);
});

Deno.test("password: every fault is listed at once, and none holds the password", () => {
  const found = judgePassword({
    password: "xyzzy",
    preset: "evlink-pro-dc",
    hasSecondFactor: false,
    ownWords: [],
    refusedWords: [],
  });
  deepEqual(found.map(({ rule }) => rule), [
    "password.too-short",
    "password.no-digit",
    "password.no-upper",
    "password.no-special",
  ]);
  equal(found.some(({ says }) => says.includes("xyzzy")), false);
});

Deno.test("password: the rules as sentences name what the preset asks for", () => {
  deepEqual(describeRules(PRESET_RULES["evlink-pro-dc"], true).slice(0, 5), [
    "8 to 31 characters",
    "a digit",
    "an upper-case letter",
    "a lower-case letter",
    "one of - ; , $ & @ . ? !",
  ]);
  equal(describeRules(PRESET_RULES["nist-63b"], false)[0], "15 to 128 characters");
  equal(minLengthOf(PRESET_RULES["nist-63b"], true), 8);
});

Deno.test("password: the list of refused words is in lower case and holds no word twice", () => {
  deepEqual(REFUSED_WORDS.filter((word) => word !== word.toLowerCase()), []);
  equal(new Set(REFUSED_WORDS).size, REFUSED_WORDS.length);
});
