import { equal, ok, throws } from "node:assert/strict";
import { makeSecret, secretFault, SHORTEST_SECRET } from "./secret_text.ts";

/** Bytes that look random and are the same in every run (a linear congruential generator). */
function source(seed: number): (count: number) => Uint8Array {
  let state = seed >>> 0;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

const FORMS = [
  { length: SHORTEST_SECRET, specials: "" },
  { length: 20, specials: "-" },
  { length: 22, specials: "-.!" },
  { length: 31, specials: "-;,$&@.?!" },
  { length: 100, specials: "-.!" },
] as const;

for (const form of FORMS) {
  const { length, specials } = form;
  Deno.test(`secret text: ${length} characters with ${specials || "no specials"} fulfil the rule every time`, () => {
    const bytes = source(length), seen = new Set<string>();
    for (let at = 0; at < 500; at++) {
      const secret = makeSecret(form, bytes);
      equal(secret.length, length);
      ok(/^[A-Za-z]/.test(secret), "begins with a letter");
      for (const kind of [/[A-Z]/, /[a-z]/, /[0-9]/]) ok(kind.test(secret), `${kind}`);
      const others = secret.replace(/[A-Za-z0-9]/g, "");
      equal(others.length > 0, specials !== "");
      ok([...others].every((char) => specials.includes(char)));
      ok(!/[Il1O0]/.test(secret), "nothing that people mix up");
      seen.add(secret);
    }
    equal(seen.size, 500, "none came twice");
  });
}

Deno.test("secret text: every character is about as likely as any other", () => {
  const counts = new Map<string, number>(), bytes = source(7);
  for (let at = 0; at < 4_000; at++) {
    for (const char of makeSecret({ length: 24, specials: "" }, bytes).slice(1)) {
      counts.set(char, (counts.get(char) ?? 0) + 1);
    }
  }
  equal(counts.size, 57, "24 upper, 25 lower, 8 digits");
  const mean = 4_000 * 23 / 57;
  // modulo without throwing bytes away would make the first 28 characters a quarter more likely
  for (const [char, count] of counts) ok(Math.abs(count - mean) < mean * 0.12, `${char}: ${count} of ${mean}`);
});

Deno.test("secret text: bytes behind the last whole multiple are thrown away", () => {
  // 57 characters: 228 is the first byte that would come round once more; letters only at the first place: 49, 245
  const script = [250, 245, 0, 228, 255, 1, ...Array.from({ length: 40 }, (_, at) => at * 5)];
  let at = 0;
  const secret = makeSecret({ length: 18, specials: "" }, () => Uint8Array.of(script[at++]!));
  equal(secret.slice(0, 2), "AB");
});

Deno.test("secret text: a secret without every kind is thrown away as a whole", () => {
  // eighteen times "A", then one that has all
  const good = [0, 30, 55, ...Array.from({ length: 15 }, () => 1)];
  const script = [...Array.from({ length: 18 }, () => 0), ...good];
  let at = 0;
  const secret = makeSecret({ length: 18, specials: "" }, () => Uint8Array.of(script[at++]!));
  equal(at, 36);
  ok(/^A[a-z][0-9]/.test(secret), secret);
});

Deno.test("secret text: one that is too short to be a secret is not made", () => {
  for (const length of [SHORTEST_SECRET - 1, 0, -1, 18.5, NaN]) {
    throws(() => makeSecret({ length, specials: "" }, source(1)), /wanted 18 or more/);
  }
});

const FAULTS: readonly (readonly [string, string | undefined])[] = [
  ["Abcdef12", undefined],
  ["A".repeat(31), undefined],
  ["Abcdef1", "it has 7 characters, wanted 8 to 31"],
  ["A".repeat(32), "it has 32 characters, wanted 8 to 31"],
  ["", "it has 0 characters, wanted 8 to 31"],
  ["pass word with blanks", undefined],
  ["Zürich-2026", undefined],
  ["\u{1F511}".repeat(8), undefined],
  [" Abcdef12", "it begins or ends with a blank"],
  ["Abcdef12\n", "it has control characters, wanted letters, digits and signs in one line"],
  ["Abc\0def12", "it has control characters, wanted letters, digits and signs in one line"],
  ["Abcdef12\ud800", "it has control characters, wanted letters, digits and signs in one line"],
];

for (const [text, wanted] of FAULTS) {
  Deno.test(`secret text: ${JSON.stringify(text).slice(0, 24)} as the secret of a device: ${wanted ?? "good"}`, () => {
    const fault = secretFault(text, { min: 8, max: 31 });
    equal(fault, wanted);
    if (text.length > 3) ok(!fault?.includes(text), "the text is not repeated");
  });
}
