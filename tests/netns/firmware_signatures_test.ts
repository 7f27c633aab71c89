import { equal } from "node:assert/strict";
import { checkSignature, readSigningKey } from "../../gateway/firmware/detached_signature.ts";
import { isMinisigned, minisignHash, readMinisign, readMinisignKey } from "../../gateway/firmware/minisign.ts";
import type { SignatureAlgorithm } from "../../gateway/firmware/signature_algorithms.ts";
import { runOk } from "../support/run_command.ts";

// Independent signers: openssl and minisign of Debian.

const IMAGE = new TextEncoder().encode("an image of some length, ".repeat(4_000));

const run = (cwd: string, ...command: [string, ...string[]]) => runOk(command, { cwd });

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/image`, IMAGE);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt"];
const SIGNERS: readonly (readonly [what: string, algorithm: SignatureAlgorithm, key: string[], sign: string[]])[] = [
  ["RSA-PSS, salt as the hash", "RSA-PSS-SHA256", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], [
    "-sha256",
    ...PSS,
    "rsa_pss_saltlen:32",
  ]],
  ["RSA-PSS, longest salt", "RSA-PSS-SHA256", ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"], [
    "-sha256",
    ...PSS,
    "rsa_pss_saltlen:max",
  ]],
  ["RSA-PSS, SHA-512", "RSA-PSS-SHA512", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], [
    "-sha512",
    ...PSS,
    "rsa_pss_saltlen:64",
  ]],
  ["RSA PKCS#1 v1.5", "RSA-PKCS1-SHA256", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["-sha256"]],
  ["P-256", "ECDSA-SHA256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-sha256"]],
  ["P-384", "ECDSA-SHA384", ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-sha384"]],
  ["P-521", "ECDSA-SHA512", ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], ["-sha512"]],
  ["P-521 with SHA-256", "ECDSA-SHA256", ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], ["-sha256"]],
  ["brainpoolP256r1", "ECDSA-SHA256", ["EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], ["-sha256"]],
  ["brainpoolP384r1", "ECDSA-SHA384", ["EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"], ["-sha384"]],
  ["brainpoolP512r1", "ECDSA-SHA512", ["EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"], ["-sha512"]],
];
for (const [what, algorithm, key, sign] of SIGNERS) {
  Deno.test(`firmware signature: openssl's ${what} counts, for this image alone`, () =>
    inFolder(async (folder) => {
      await run(folder, "openssl", "genpkey", "-algorithm", ...key, "-out", "key");
      await run(folder, "openssl", "pkey", "-in", "key", "-pubout", "-outform", "DER", "-out", "spki");
      await run(folder, "openssl", "dgst", ...sign, "-sign", "key", "-out", "signature", "image");
      const signing = readSigningKey(await Deno.readFile(`${folder}/spki`));
      if ("refused" in signing) throw new Error(signing.refused);
      const signature = await Deno.readFile(`${folder}/signature`);
      for (const [image, good] of [[IMAGE, true], [IMAGE.subarray(1), false]] as const) {
        const check = checkSignature(signing, algorithm, "any");
        check.update(image);
        equal(check.isGood(signature), good);
      }
    }));
}

Deno.test("firmware signature: a file of Debian's minisign counts, for this image and comment alone", () =>
  inFolder(async (folder) => {
    await run(folder, "minisign", "-G", "-W", "-p", "key.pub", "-s", "key");
    await run(folder, "minisign", "-S", "-H", "-s", "key", "-t", "version 5.33.11", "-m", "image");
    const key = readMinisignKey(await Deno.readTextFile(`${folder}/key.pub`))!;
    const text = await Deno.readTextFile(`${folder}/image.minisig`);
    const digest = (image: Uint8Array) => {
      const hash = minisignHash();
      hash.update(image);
      return hash.digest();
    };
    equal(isMinisigned(digest(IMAGE), readMinisign(text)!, key), true);
    equal(readMinisign(text)!.trustedComment, "version 5.33.11");
    equal(isMinisigned(digest(IMAGE.subarray(1)), readMinisign(text)!, key), false);
    equal(isMinisigned(digest(IMAGE), readMinisign(text.replace("5.33.11", "5.33.12"))!, key), false);
  }));
