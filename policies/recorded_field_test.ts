import { deepEqual, equal } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import { MASK, recordFields } from "./recorded_field.ts";

const one = (name: string, value: string, isSecret?: boolean) =>
  recordFields([{ name, value, ...isSecret === undefined ? {} : { isSecret } }])[0]!.value;

for (
  const name of [
    ...["password", "Password", "UserPassword_ocpp", "new-password", "passwd", "pwd", "passphrase", "passcode"],
    ...["pin", "simPin", "sim_pin", "pin_code", "puk", "PUK1", "secret", "clientSecret", "token", "csrf_token"],
    ...["apiKey", "api_key", "access-key", "wpaKey", "sshKey", "privateKey", "key", "keyFile", "psk", "WifiPSK"],
    ...["Authorization", "authKey", "AuthorizationKey", "cookie", "sessionId", "credential", "otp", "nonce"],
    ...["rfid", "RFIDTag", "badge", "uid", "idTag", "vin", "users[0].password", "code"],
  ]
) {
  Deno.test(`recorded field: the value of "${name}" is masked`, () => equal(one(name, "hunter2"), MASK));
}

for (
  const name of [
    ...["CurrentLimit", "operatorCurrentLimit", "hostname", "CsmsUrl", "language", "shipping", "spinner", "monkey"],
    ...["compass", "keyboardLayout", "MaxPower", "opinion", "decoder", "bypass"],
  ]
) {
  Deno.test(`recorded field: the value of "${name}" is kept`, () => equal(one(name, "32"), "32"));
}

for (
  const [what, value] of [
    ["a PEM block", "-----BEGIN PRIVATE KEY-----\nMIIE"],
    ["a JSON Web Token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig"],
    ["Basic credentials", "Basic dXNlcjpwYXNz"],
    ["a bearer token", "Bearer abc"],
    ["40 random characters", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kM9n"],
    ["32 hex digits", "77aa0fa1c9d24b7fa6db40e2c2b8a911"],
    ["with blanks around", "  77aa0fa1c9d24b7fa6db40e2c2b8a911 "],
  ] as const
) {
  Deno.test(`recorded field: ${what} is masked under any name`, () => equal(one("note", value), MASK));
}

for (
  const [what, value] of [
    ["a URL", "wss://csms.example/ocpp"],
    ["a sentence that is long", "this is a note of some forty characters and more"],
    ["31 hex digits", "77aa0fa1c9d24b7fa6db40e2c2b8a91"],
    ["39 letters", "z".repeat(39)],
    ["nothing", ""],
  ] as const
) {
  Deno.test(`recorded field: ${what} is kept`, () => equal(one("note", value), value));
}

Deno.test("recorded field: what the driver's table calls a secret is masked, and an empty one shows that it is empty", () => {
  equal(one("Value_7", "1234", true), MASK);
  equal(one("Value_7", "", true), "");
  equal(one("password", ""), "");
  equal(one("Value_7", "1234", false), "1234");
});

Deno.test("recorded field: nothing of a secret is left, not even its length", () => {
  equal(one("password", "x"), one("password", "x".repeat(5_000)));
});

Deno.test("recorded field: texts and lists up to their limits, and one past them", () => {
  const { recordedValue, recordedName, recordedFields } = POLICY_LIMITS;
  const words = (count: number) => "word ".repeat(count).slice(0, count);
  equal(one("note", words(recordedValue)), words(recordedValue));
  equal(one("note", words(recordedValue + 1)), `${words(recordedValue)}…`);
  const longName = words(recordedName + 1);
  equal(recordFields([{ name: longName, value: "1" }])[0]!.name, `${longName.slice(0, recordedName)}…`);
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `f${at}`, value: "1" }));
  equal(recordFields(many(recordedFields)).length, recordedFields);
  const cut = recordFields(many(recordedFields + 2));
  deepEqual([cut.length, cut.at(-1)], [recordedFields, { name: "…", value: "3 more" }]);
  deepEqual(recordFields(cut), cut);
});

Deno.test("recorded field: masking what is masked changes nothing", () => {
  const once = recordFields([{ name: "password", value: "hunter2" }, { name: "CurrentLimit", value: "32" }]);
  deepEqual(recordFields(once), once);
});
