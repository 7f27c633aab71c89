import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { GatewayError } from "../../core/errors.ts";

/** The public half of a key of the repository, as its .pub file holds it and as TUF metadata names it. */
export interface RepositoryKey {
  readonly keyid: string;
  readonly keytype: "ed25519";
  readonly scheme: "ed25519";
  readonly keyval: { readonly public: string };
}

/** A private key that was opened. */
export interface OpenKey {
  readonly key: RepositoryKey;
  sign(bytes: Uint8Array): string;
}

const CIPHER = "aes-256-cbc";

/** Makes a key pair: the private half as PEM, sealed by the passphrase where there is one, and the public half. */
export function makeRepositoryKey(passphrase?: string): { readonly pem: string; readonly key: RepositoryKey } {
  const { privateKey } = generateKeyPairSync("ed25519");
  const sealed = passphrase === undefined ? {} : { cipher: CIPHER, passphrase };
  const pem = privateKey.export({ format: "pem", type: "pkcs8", ...sealed }) as string;
  return { pem, key: publicOf(privateKey) };
}

/** Opens a private key. @throws GatewayError FIRMWARE_ROOT_INVALID */
export function openRepositoryKey(pem: string, name: string, passphrase?: string): OpenKey {
  let secret: KeyObject;
  try {
    secret = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    throw invalid(
      `The key "${name}" cannot be opened`,
      "Is it the private file, and --passphrase the right one?",
      cause,
    );
  }
  if (secret.asymmetricKeyType !== "ed25519") {
    throw invalid(`The key "${name}" is ${secret.asymmetricKeyType}: wanted one of \`firmware root key\``);
  }
  return { key: publicOf(secret), sign: (bytes) => sign(null, bytes, secret).toString("hex") };
}

/** Reads a .pub file. @throws GatewayError FIRMWARE_ROOT_INVALID */
export function readRepositoryKey(text: string, name: string): RepositoryKey {
  try {
    const { keytype, scheme, keyval } = JSON.parse(text) as RepositoryKey;
    if (keytype === "ed25519" && scheme === "ed25519" && /^[0-9a-f]{64}$/.test(keyval.public)) {
      return keyOf(keyval.public);
    }
  } catch (cause) {
    throw invalid(`"${name}" is no public key`, "Name the .pub files that `firmware root key` wrote", cause);
  }
  throw invalid(`"${name}" is no Ed25519 public key`, "Name the .pub files that `firmware root key` wrote");
}

/** A mistake in a root, key or repository. */
export function invalid(message: string, hint?: string, cause?: unknown): GatewayError {
  return new GatewayError("FIRMWARE_ROOT_INVALID", message, { cause, ...(hint === undefined ? {} : { hint }) });
}

function publicOf(secret: KeyObject): RepositoryKey {
  const { x } = secret.export({ format: "jwk" }) as { x: string };
  return keyOf(Buffer.from(x, "base64url").toString("hex"));
}

function keyOf(hex: string): RepositoryKey {
  const keyid = createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");
  return { keyid, keytype: "ed25519", scheme: "ed25519", keyval: { public: hex } };
}
