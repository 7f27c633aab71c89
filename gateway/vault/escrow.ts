import { createHash } from "node:crypto";
import type { ControlContext } from "../control/contract.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { Turns } from "../core/turns.ts";
import { KEYS } from "../store/keys.ts";
import type { StoreKey } from "../store/store.ts";
import { type EscrowedSecret, type EscrowFile, sealEscrow } from "./escrow_file.ts";
import { VAULT_LIMITS } from "./limits.ts";
import type { SecretBook } from "./secret_book.ts";
import { type SecretRecord, valueOf } from "./secret_record.ts";

const STATE: StoreKey = [...KEYS.vault, "escrow"];
const SITE = "site";

/** An escrow that was made. */
export interface MadeEscrow {
  readonly sha256: string;
  /** Every value up to this number is in it. */
  readonly upTo: number;
  readonly at: number;
  /** Digest of the recipients, in any order. */
  readonly recipients: string;
  readonly by: string;
}

/** An escrow that is known to be kept elsewhere. */
export interface AckedEscrow extends MadeEscrow {
  readonly ackedAt: number;
  /** Who says so: a person, or the place that took it. */
  readonly ackedBy: string;
}

interface EscrowState {
  readonly acked?: AckedEscrow;
  readonly open: readonly MadeEscrow[];
}

/** Where escrows go, and whether there have to be any. */
export interface EscrowNeeds {
  /** Public keys in force. @throws ConfigError when one cannot be used */
  recipients(): readonly string[];
  isWaived(): boolean;
  /** Brings a file to a place off this box and names it; undefined: people do. Rejects when no place took it. */
  deliver(): ((name: string, text: string) => Promise<string>) | undefined;
}

/**
 * Copies of all secrets that only the offline keys open (invariant 16). A value is covered when an escrow that holds it,
 * for the recipients of today, is known to be kept elsewhere.
 */
export class Escrow {
  readonly #context: ControlContext;
  readonly #book: SecretBook;
  readonly #needs: EscrowNeeds;
  #state: EscrowState;
  /** Changes of the state, one after the other: an escrow of a person and one of the gateway may end at the same moment. */
  readonly #turns = new Turns();
  #delivering: Promise<void> | undefined;
  #failedAt: number | undefined;

  private constructor(context: ControlContext, book: SecretBook, needs: EscrowNeeds, state: EscrowState) {
    this.#context = context;
    this.#book = book;
    this.#needs = needs;
    this.#state = state;
  }

  static async open(context: ControlContext, book: SecretBook, needs: EscrowNeeds): Promise<Escrow> {
    const state = (await context.store.get<EscrowState>(STATE))?.value ?? { open: [] };
    return new Escrow(context, book, needs, state);
  }

  /** The newest one that is known to be kept elsewhere. */
  get acked(): AckedEscrow | undefined {
    return this.#state.acked;
  }

  /** Those that wait to be acknowledged. */
  get open(): readonly MadeEscrow[] {
    return this.#state.open;
  }

  /** The gateway brings escrows away by itself. */
  get isDelivered(): boolean {
    return this.#needs.deliver() !== undefined;
  }

  get isWaived(): boolean {
    return this.#needs.isWaived();
  }

  /** Whether a value is kept elsewhere, or need not be. */
  covers(number: number): boolean {
    return this.isWaived || this.isKept(number);
  }

  /** Whether a value is kept elsewhere, for the keys of today; a site without a usable key has none. */
  isKept(number: number): boolean {
    const { acked } = this.#state;
    if (acked === undefined || number > acked.upTo || this.impediment !== undefined) return false;
    return acked.recipients === digestOf(this.#recipients());
  }

  /** Why no escrow can be made; undefined when one can. */
  get impediment(): string | undefined {
    try {
      if (this.#recipients().length > 0) return undefined;
    } catch (error) {
      return describeError(error);
    }
    return "site.yaml names no key for it: vault.escrow.recipients, or backup.recoveryKeyFile";
  }

  /** Makes an escrow of everything that the vault holds now. @throws GatewayError SECRET_ESCROW_INVALID */
  async make(who: string): Promise<{ readonly made: MadeEscrow; readonly file: EscrowFile; readonly name: string }> {
    const why = this.impediment;
    if (why !== undefined) {
      throw new GatewayError("SECRET_ESCROW_INVALID", `Cannot make an escrow: ${why}`, {
        hint: "Make a key with `backup key FILE` and name FILE.pub under vault.escrow.recipients",
      });
    }
    const { clock, site, audit } = this.#context, at = clock.now(), recipients = this.#recipients();
    const upTo = this.#book.settledUpTo, secrets = await this.#secrets(upTo);
    const madeAt = new Date(at).toISOString();
    const content = { form: "bulkhead-escrow-1", site: site.site.id, madeAt, upTo, secrets } as const;
    const file = await sealEscrow(content, recipients);
    const made: MadeEscrow = { sha256: file.sha256, upTo, at, recipients: digestOf(recipients), by: who };
    await audit.record({
      event: "secret.escrow.made",
      class: "security",
      who,
      target: made.sha256,
      outcome: "ok",
      detail: { secrets: secrets.length, recipients: recipients.length },
    });
    await this.#change(({ open, ...rest }) => ({ ...rest, open: [...open, made].slice(-VAULT_LIMITS.openEscrows) }));
    const stamp = madeAt.replace(/[-:]|\.\d+/g, "");
    return { made, file, name: `bulkhead-${site.site.id}-${stamp}.escrow.age` };
  }

  /**
   * Somebody has the escrow with this hash off this box. A part of the hash is enough, from the front.
   * @throws GatewayError SECRET_ESCROW_INVALID
   */
  async acknowledge(hash: string, who: string): Promise<AckedEscrow> {
    const wanted = hash.trim().toLowerCase();
    if (!/^[0-9a-f]{16,64}$/.test(wanted)) {
      throw new GatewayError("SECRET_ESCROW_INVALID", "This is no hash: wanted 16 to 64 hex digits", {
        hint: "Run `sha256sum FILE` where the file is kept, not on this box, and pass what it prints",
      });
    }
    const made = this.#state.open.find(({ sha256 }) => sha256.startsWith(wanted));
    if (!made) {
      throw new GatewayError("SECRET_ESCROW_INVALID", `No escrow with the hash ${wanted.slice(0, 16)} waits`, {
        hint: "The file is cut off or changed, or too old: make a new one with `secret escrow`",
      });
    }
    return await this.#keep(made, who);
  }

  /** Brings an escrow away when one is needed and the site lets the gateway do so; else the alarm tells people to. */
  async cover(number: number): Promise<void> {
    const { alarms, clock } = this.#context;
    if (this.covers(number)) return void await alarms.clear("secret.escrow.waiting", SITE);
    const deliver = this.#needs.deliver();
    if (!deliver || this.impediment !== undefined) {
      const detail = this.impediment ?? "`secret escrow FILE`, carry FILE away, `secret escrow-ack HASH`";
      return await alarms.raise({ kind: "secret.escrow.waiting", subject: SITE, detail });
    }
    const now = clock.now();
    if (this.#failedAt !== undefined && now - this.#failedAt < VAULT_LIMITS.deliverAgainMs) return;
    this.#delivering ??= this.#deliver(deliver).finally(() => this.#delivering = undefined);
    await this.#delivering;
  }

  async #deliver(deliver: (name: string, text: string) => Promise<string>): Promise<void> {
    const { alarms, clock } = this.#context;
    const { made, file, name } = await this.make("gateway");
    try {
      const place = await deliver(name, file.text);
      await this.#keep(made, place);
      this.#failedAt = undefined;
    } catch (error) {
      this.#failedAt = clock.now();
      await alarms.raise({ kind: "secret.escrow.waiting", subject: SITE, detail: describeError(error) });
    }
  }

  async #keep(made: MadeEscrow, ackedBy: string): Promise<AckedEscrow> {
    const { clock, audit, alarms } = this.#context;
    const acked: AckedEscrow = { ...made, ackedAt: clock.now(), ackedBy };
    await audit.record({
      event: "secret.escrow.acknowledged",
      class: "security",
      who: ackedBy,
      target: made.sha256,
      outcome: "ok",
    });
    await this.#change(({ acked: before, open }) => {
      const newer = before && before.upTo > acked.upTo ? before : acked;
      return { acked: newer, open: open.filter(({ upTo }) => upTo > newer.upTo) };
    });
    await alarms.clear("secret.escrow.waiting", SITE);
    return acked;
  }

  async #change(how: (state: EscrowState) => EscrowState): Promise<void> {
    await this.#turns.run([SITE], async () => {
      const state = how(this.#state);
      await this.#context.store.commit([{ set: STATE, value: state }]);
      this.#state = state;
    });
  }

  async #secrets(upTo: number): Promise<EscrowedSecret[]> {
    const all = this.#book.all().flatMap((record) => record.values.map((value) => ({ record, value })));
    const wanted = all.filter(({ value }) => value.number <= upTo);
    return await Promise.all(wanted.map(async ({ record, value: { number, at } }) => ({
      subject: record.subject,
      slot: record.slot,
      stations: stationsWith(record, number),
      number,
      state: stateOf(record, number),
      at: new Date(at).toISOString(),
      text: await this.#book.text(record, number),
    })));
  }

  #recipients(): readonly string[] {
    return this.#needs.recipients();
  }
}

function stationsWith(record: SecretRecord, number: number): string[] {
  return Object.keys(record.has).filter((station) => valueOf(record, station) === number);
}

function stateOf(record: SecretRecord, number: number): EscrowedSecret["state"] {
  if (record.rotation?.candidate === number) return "next";
  return stationsWith(record, number).length > 0 ? "in-force" : "before";
}

const digestOf = (recipients: readonly string[]): string =>
  createHash("sha256").update([...recipients].sort().join("\n")).digest("hex");
