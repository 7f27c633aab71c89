import type { SiteFiles } from "../core/conduit.ts";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ListenerSpec } from "./listener_specs.ts";
import {
  keepServerIdentities,
  loadServerIdentities,
  makeServerIdentity,
  renewalTime,
  type ServerCertificateParts,
} from "./server_certificates.ts";
import { presented } from "./presented_identities.ts";
import { checkClientCas, checkIdentity, earliestEnd, identityOf } from "./server_identity.ts";

interface Entry {
  readonly spec: ListenerSpec;
  identities: readonly ServerIdentity[];
  trust: ListenerTrust;
  /** In [0, 1): moves the renewals of listeners apart. */
  readonly jitter: number;
}

/** Where a listener's certificate comes from and when it ends, milliseconds since the epoch. */
export interface ListenerEnd {
  readonly listener: string;
  readonly notAfter: number;
  readonly isOwn: boolean;
  readonly source: "own" | "acme" | "site-ca";
  readonly names: readonly string[];
}

/** What changes in a listener's trust are told to. */
export type OnTrustChanged = (spec: ListenerSpec, trust: ListenerTrust) => void;

/** The trust of every listener of the site: made, kept, renewed and told when it changes. */
export class ListenerTrusts {
  readonly #entries = new Map<string, Entry>();
  readonly #parts: ServerCertificateParts;
  readonly #log: Logger;
  readonly #onChanged: OnTrustChanged;
  /** Certificates from elsewhere that a listener presents beside the site CA's. */
  readonly #beside = new Map<string, ServerIdentity>();
  #deniedSerials: readonly string[];
  #working: Promise<void> = Promise.resolve();

  constructor(
    parts: ServerCertificateParts,
    options: { readonly log: Logger; readonly deniedSerials: readonly string[]; readonly onChanged: OnTrustChanged },
  ) {
    this.#parts = parts;
    this.#log = options.log;
    this.#deniedSerials = options.deniedSerials;
    this.#onChanged = options.onChanged;
  }

  /**
   * Makes the trust of these listeners; all or none (invariant 4). RSA certificates follow by `completeAll`.
   * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE, ConfigError CFG_UNREADABLE
   */
  async configure(specs: readonly ListenerSpec[], files: SiteFiles): Promise<void> {
    const made: (readonly ServerIdentity[])[] = [];
    for (const spec of specs) {
      made.push(spec.own.length > 0 ? this.#ownIdentities(spec, files) : await this.#siteIdentities(spec));
    }
    // From here in one turn: what is revoked while keys are made must not be left out.
    const next = new Map(specs.map((spec, at): [string, Entry] => {
      const identities = made[at]!, trust = this.#trustOf(spec, identities, files);
      return [spec.id, { spec, identities, trust, jitter: this.#parts.random.fraction() }];
    }));
    const before = new Map(this.#entries);
    this.#entries.clear();
    for (const [id, entry] of next) {
      this.#entries.set(id, entry);
      const old = before.get(id)?.trust;
      if (old && JSON.stringify(old) !== JSON.stringify(entry.trust)) this.#onChanged(entry.spec, entry.trust);
    }
  }

  /** @throws GatewayError PKI_NOT_FOUND when the site has no such TLS listener */
  get(listener: string): ListenerTrust {
    const entry = this.#entries.get(listener) ??
      [...this.#entries.values()].find(({ spec }) => spec.aliases.includes(listener));
    if (entry) return entry.trust;
    throw new GatewayError("PKI_NOT_FOUND", `The site has no TLS listener "${listener}"`, {
      hint: `It has: ${[...this.#entries.keys()].join(", ") || "none"}`,
    });
  }

  /** PEM texts of all certificates that the listeners show. */
  presented(): readonly string[] {
    return [...this.#entries.values()].flatMap(({ trust }) => trust.identities.map(({ certPem }) => certPem));
  }

  /**
   * A certificate from elsewhere for some names of a listener, already judged; undefined takes it away. The site CA's
   * stays for all other names and addresses.
   */
  presentBeside(listener: string, identity: ServerIdentity | undefined): void {
    if (this.#beside.get(listener)?.certPem === identity?.certPem) return;
    if (identity) this.#beside.set(listener, identity);
    else this.#beside.delete(listener);
    const entry = this.#entries.get(listener);
    if (!entry) return;
    entry.trust = { ...entry.trust, identities: this.#presented(entry.spec, entry.identities) };
    this.#onChanged(entry.spec, entry.trust);
  }

  /**
   * Serial numbers to be refused by every listener that asks for certificates, beside those before: nothing is ever
   * unrevoked, and of two lists that were read at one moment the shorter may come last.
   */
  deny(more: readonly string[]): void {
    const serials = this.#deniedSerials = [...new Set([...this.#deniedSerials, ...more])];
    for (const entry of this.#entries.values()) {
      if (!entry.spec.clients) continue;
      entry.trust = { ...entry.trust, denied: { fingerprints: [], serials } };
      this.#onChanged(entry.spec, entry.trust);
    }
  }

  /** Renews what is due and makes RSA certificates that are missing. One call at a time; a fault leaves the old. */
  completeAll(): Promise<void> {
    return this.#working = this.#working.then(async () => {
      for (const entry of [...this.#entries.values()]) {
        if (entry.spec.own.length === 0) await this.#complete(entry);
      }
    });
  }

  /** Waits for what is under way; starts nothing. */
  settled(): Promise<void> {
    return this.#working;
  }

  /** Listeners with the end of their certificates, milliseconds since the epoch. */
  ends(): readonly ListenerEnd[] {
    return [...this.#entries.values()].map(({ spec, trust, identities }) => {
      const beside = spec.own.length > 0 ? undefined : this.#beside.get(spec.id);
      return {
        listener: spec.id,
        notAfter: earliestEnd(beside ? { identities: [beside] } : trust) ?? 0,
        isOwn: spec.own.length > 0,
        source: spec.own.length > 0 ? "own" : beside ? "acme" : "site-ca",
        names: (beside ?? identities[0])?.names ?? [],
      };
    });
  }

  #presented({ id, own }: ListenerSpec, identities: readonly ServerIdentity[]): readonly ServerIdentity[] {
    return own.length > 0 ? identities : presented(identities, this.#beside.get(id));
  }

  async #complete(entry: Entry): Promise<void> {
    const now = this.#parts.clock.now();
    const made: ServerIdentity[] = [];
    try {
      for (const keyType of ["ec", "rsa"] as const) {
        const current = entry.identities.find((identity) => identity.keyType === keyType);
        const isDue = !current || now >= renewalTime(current, this.#parts.rules, entry.jitter);
        made.push(isDue ? await makeServerIdentity(keyType, entry.spec.names, this.#parts) : current);
      }
      if (made.every((identity) => entry.identities.includes(identity))) return;
      for (const identity of made) checkIdentity(identity, now);
      await keepServerIdentities(entry.spec.id, made, this.#parts);
    } catch (error) {
      this.#log.error("pki.server_certificate.failed", { listener: entry.spec.id, msg: describeError(error) });
      return;
    }
    if (this.#entries.get(entry.spec.id) !== entry) return; // configured anew meanwhile
    entry.identities = made;
    entry.trust = { ...entry.trust, identities: this.#presented(entry.spec, made) };
    this.#log.info("pki.server_certificate.renewed", { listener: entry.spec.id });
    this.#onChanged(entry.spec, entry.trust);
  }

  #ownIdentities({ own }: ListenerSpec, files: SiteFiles): readonly ServerIdentity[] {
    return own.map(({ certFile, keyFile }) => {
      const identity = identityOf(files.text(certFile), files.text(keyFile));
      checkIdentity(identity, this.#parts.clock.now());
      return identity;
    });
  }

  async #siteIdentities({ id, names }: ListenerSpec): Promise<readonly ServerIdentity[]> {
    const kept = await loadServerIdentities(id, names, this.#parts);
    if (kept.some(({ keyType }) => keyType === "ec")) return kept;
    const made = [await makeServerIdentity("ec", names, this.#parts), ...kept];
    await keepServerIdentities(id, made, this.#parts);
    return made;
  }

  #trustOf(spec: ListenerSpec, identities: readonly ServerIdentity[], files: SiteFiles): ListenerTrust {
    const { clients } = spec;
    const clientCas = !clients ? [] : [clients.caFile === undefined ? this.#parts.ca.pem : files.text(clients.caFile)];
    checkClientCas(clientCas);
    return {
      identities: this.#presented(spec, identities),
      clientCas,
      denied: { fingerprints: [], serials: clients ? this.#deniedSerials : [] },
      organizations: clients?.organizations ?? [],
    };
  }
}
