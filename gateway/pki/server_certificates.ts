import { generateKeyPair, type KeyObject } from "node:crypto";
import type { Sealer } from "../control/contract.ts";
import type { Clock } from "../core/clock.ts";
import type { ServerIdentity } from "../core/control_api.ts";
import type { Random } from "../core/timers.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, putSealed } from "../store/sealer.ts";
import type { Store, StoreKey } from "../store/store.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { readPem } from "./pem.ts";
import { namesOf } from "./server_identity.ts";
import type { SiteCa } from "./site_ca.ts";

const HOUR_MS = 3_600_000;

/** How server certificates of the site CA are made. */
export interface ServerCertificateRules {
  readonly validHours: number;
  readonly backdateHours: number;
}

/** What the makers need. */
export interface ServerCertificateParts {
  readonly ca: SiteCa;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly rules: ServerCertificateRules;
  readonly makeKeys: MakeKeys;
}

type KeyType = ServerIdentity["keyType"];

/** Makes a fresh key pair: randomness as a parameter, since RSA takes 200 ms of a core. */
export type MakeKeys = (keyType: KeyType) => Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }>;

/** The kept identities of a listener; missing, outdated or damaged ones are left out. */
export async function loadServerIdentities(
  listener: string,
  names: readonly string[],
  { ca, store, sealer, clock, rules }: ServerCertificateParts,
): Promise<readonly ServerIdentity[]> {
  const bytes = await getSealed(store, sealer, keyOf(listener));
  if (!bytes) return [];
  const kept = JSON.parse(new TextDecoder().decode(bytes)) as readonly ServerIdentity[];
  const wanted = sorted(names);
  return kept.filter(({ certPem }) => {
    const leaf = leafOf(certPem);
    // A clock before its start is wrong, not the certificate: another one would end in the past for everybody else.
    return clock.now() <= leaf.notAfter && sorted(namesOf(leaf)) === wanted && ca.hasIssued(leaf) &&
      !isTooLong(leaf, rules);
  });
}

/** Keeps the identities of a listener, sealed. */
export async function keepServerIdentities(
  listener: string,
  identities: readonly ServerIdentity[],
  { store, sealer }: ServerCertificateParts,
): Promise<void> {
  await putSealed(store, sealer, keyOf(listener), new TextEncoder().encode(JSON.stringify(identities)));
}

/**
 * A fresh key and certificate. RSA-2048 takes some hundred milliseconds, off the event loop: never wait for it before a
 * listener opens, clients that need it are rare.
 */
export async function makeServerIdentity(
  keyType: KeyType,
  names: readonly string[],
  { ca, clock, rules, makeKeys }: ServerCertificateParts,
): Promise<ServerIdentity> {
  const { privateKey, publicKey } = await makeKeys(keyType);
  const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
  const now = clock.now();
  const validity = { notBefore: now - rules.backdateHours * HOUR_MS, notAfter: now + rules.validHours * HOUR_MS };
  const certPem = ca.issueServer(names, spki, validity);
  return { keyType, names, certPem, keyPem: privateKey.export({ format: "pem", type: "pkcs8" }) as string };
}

/**
 * When an identity should be renewed: after two thirds of its life, up to a twentieth of it earlier, so that the
 * listeners of a site do not all do so at once. `jitter` is in [0, 1).
 */
export function renewalTime(identity: ServerIdentity, { validHours }: ServerCertificateRules, jitter: number): number {
  const life = validHours * HOUR_MS;
  return leafOf(identity.certPem).notAfter - life / 3 - jitter * life / 20;
}

/** Kept under rules that allowed longer ones. */
function isTooLong(
  { notBefore, notAfter }: Certificate,
  { validHours, backdateHours }: ServerCertificateRules,
): boolean {
  return notAfter - notBefore > (validHours + backdateHours) * HOUR_MS + 1_000;
}

/** P-256 or RSA-2048, off the event loop. */
export const generateKeys: MakeKeys = (keyType) =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) =>
      error ? reject(error) : resolve({ privateKey, publicKey });
    if (keyType === "ec") generateKeyPair("ec", { namedCurve: "P-256" }, done);
    else generateKeyPair("rsa", { modulusLength: 2_048 }, done);
  });

const keyOf = (listener: string): StoreKey => [...KEYS.serverCertificate, listener];
const leafOf = (certPem: string): Certificate => readCertificate(readPem(certPem, "CERTIFICATE")[0]!);
const sorted = (names: readonly string[]): string => names.map((name) => name.toLowerCase()).toSorted().join(" ");
