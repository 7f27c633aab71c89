import { equal } from "node:assert/strict";
import { isMachineSecret, makeVerifier, provesSecret } from "./station_verifier.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const hasher = {
  hash: (password: string) => Promise.resolve(`slow:${password}`),
  verify: (password: string, hash: string) => Promise.resolve(hash === `slow:${password}`),
};

async function tools() {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return { key, hasher, randomBytes: (length: number) => new Uint8Array(length).fill(7) };
}

const SECRETS: readonly { name: string; secret: Uint8Array; machine: boolean }[] = [
  { name: "40 hex digits", secret: bytes("5f3a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c"), machine: true },
  { name: "31 hex digits (124 bits)", secret: bytes("5f3a9c0d1e7b284655aa90fe31c4d7b"), machine: false },
  {
    name: "18 random bytes",
    secret: bytes("\x00\xff:\x91\x02\x7f\xc8\x11\x5a\xee\x33\xd4\x68\x09\xb7\x42\xfa\x1d"),
    machine: true,
  },
  {
    name: "15 random bytes",
    secret: bytes("\x00\xff:\x91\x02\x7f\xc8\x11\x5a\xee\x33\xd4\x68\x09\xb7"),
    machine: false,
  },
  { name: "a long password of few letters", secret: bytes("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), machine: false },
  { name: "a short human password", secret: bytes("Summer2026!Garage"), machine: false },
];
for (const { name, secret, machine } of SECRETS) {
  Deno.test(`station verifier: ${name} is ${machine ? "" : "not "}a machine secret`, () => {
    equal(isMachineSecret(secret), machine);
  });
}

for (const { name, secret } of SECRETS) {
  Deno.test(`station verifier: ${name} proves itself and nothing else does`, async () => {
    const kit = await tools();
    const right = new Uint8Array(secret);
    const verifier = await makeVerifier(right, kit);
    equal(await provesSecret(right, verifier, kit), true);
    const wrong = new Uint8Array(right);
    wrong[wrong.length - 1]! ^= 1;
    equal(await provesSecret(wrong, verifier, kit), false);
    equal(await provesSecret(right.slice(0, -1), verifier, kit), false);
    equal(JSON.stringify(verifier).includes(String.fromCharCode(...right)), false);
  });
}
