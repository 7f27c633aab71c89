import { deepEqual, equal, match } from "node:assert/strict";
import { devicePasswordFaults, type DevicePasswordRule } from "./device_password.ts";

const RULE: DevicePasswordRule = {
  minLength: 8,
  maxLength: 31,
  digit: true,
  upper: true,
  lower: true,
  special: "-;,$&@.?!",
  source: "EV-13",
};

for (
  const good of [
    "Abcdef1-",
    "Abcdef1!Abcdef1!Abcdef1!Abcdef1",
    "aA1;,$&@.?!-",
    "Schneider1$",
  ]
) {
  Deno.test(`EV-13: a controller may get a password of ${good.length} characters that keeps the rule`, () =>
    deepEqual(devicePasswordFaults(good, RULE), []));
}

const BAD: readonly [what: string, password: string, says: RegExp][] = [
  ["nothing", "", /0 characters, wanted at least 8/],
  ["seven characters", "Abcde1-", /7 characters, wanted at least 8/],
  ["32 characters", "Abcdef1!Abcdef1!Abcdef1!Abcdef1!", /32 characters, wanted at most 31/],
  ["no digit", "Abcdefg-", /no digit/],
  ["no upper case", "abcdef1-", /no upper-case/],
  ["no lower case", "ABCDEF1-", /no lower-case/],
  ["no special character", "Abcdefg1", /none of - ;/],
  ["a backslash, which the guide escapes and does not list", "Abcdef1-\\", /neither letter nor digit/],
  ["a blank", "Abcdef 1-", /neither letter nor digit/],
  ["a letter beyond ASCII", "Äbcdef1-", /neither letter nor digit/],
  ["a line break", "Abcdef1-\n", /neither letter nor digit/],
  ["a character of two units", "Abcdef1-😀", /neither letter nor digit/],
  ["an upper case letter beyond ASCII alone", "äÖbcdef1-", /no upper-case letter/],
];
for (const [what, password, says] of BAD) {
  Deno.test(`EV-13: a controller gets no password with ${what}`, () => {
    const faults = devicePasswordFaults(password, RULE);
    match(faults.join("; "), says);
    if (password !== "") equal(faults.join("; ").includes(password), false, "it is in no text");
  });
}

Deno.test("EV-13: every rule that is broken is told at once", () => {
  equal(devicePasswordFaults("   ", RULE).length, 6);
});

Deno.test("EV-01: neither the password before nor a documented one is a new one", () => {
  const never = ["Abcdef1-", "yellow_zone"];
  match(devicePasswordFaults("Abcdef1-", RULE, never).join(), /one before/);
  deepEqual(devicePasswordFaults("Abcdef1!", RULE, never), []);
});

Deno.test("a rule that asks for less takes more", () => {
  const loose = { ...RULE, digit: false, upper: false, lower: false, minLength: 1, special: "_" };
  deepEqual(devicePasswordFaults("a_", loose), []);
  deepEqual(devicePasswordFaults("_", loose), []);
  match(devicePasswordFaults("a", loose).join(), /none of _/);
});
