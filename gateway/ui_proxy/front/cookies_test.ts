import { equal } from "node:assert/strict";
import { cookieOf, dropCookie, setCookie } from "./cookies.ts";

const NAME = "__Host-bulkhead-device";

const FIELDS: readonly [name: string, field: string | undefined, wanted: string | undefined][] = [
  ["alone", `${NAME}=abc-DEF_1`, "abc-DEF_1"],
  ["among others", `a=b; ${NAME}=abc; c=d`, "abc"],
  ["without blanks", `a=b;${NAME}=abc;c=d`, "abc"],
  ["no field", undefined, undefined],
  ["an empty field", "", undefined],
  ["another's", "a=b", undefined],
  ["twice: one is somebody else's doing", `${NAME}=abc; ${NAME}=def`, undefined],
  ["a longer name", `${NAME}-9401=abc`, undefined],
  ["a shorter name", "__Host-bulkhead=abc", undefined],
  ["another case: cookie names are exact", `${NAME.toUpperCase()}=abc`, undefined],
  ["quotes", `${NAME}="abc"`, undefined],
  ["characters that no token has", `${NAME}=a.b`, undefined],
  ["nothing", `${NAME}=`, undefined],
  ["the longest token", `${NAME}=${"a".repeat(128)}`, "a".repeat(128)],
  ["one longer", `${NAME}=${"a".repeat(129)}`, undefined],
  ["no equals sign", NAME, undefined],
  ["an equals sign in the value", `${NAME}=a=b`, undefined],
];

for (const [name, field, wanted] of FIELDS) {
  Deno.test(`device cookie: ${name}`, () => equal(cookieOf(field, NAME), wanted));
}

Deno.test("device cookie: for this host alone, unseen by scripts, and gone when dropped", () => {
  equal(setCookie(NAME, "abc"), `${NAME}=abc; Path=/; Secure; HttpOnly; SameSite=Strict`);
  equal(dropCookie(NAME), `${NAME}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`);
});
