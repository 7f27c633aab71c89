import { Buffer } from "node:buffer";
import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { readText, refused } from "./rotations.ts";

/** A reset card of a unit's controllers (BC-07): never its id, only what tells it from another, and who has it where. */
export interface ResetCard {
  readonly id: string;
  /** The unit that it opens. */
  readonly subject: string;
  /** HMAC-SHA-256 of the card's id under a key of this gateway, hex. */
  readonly hash: string;
  readonly custodian: string;
  readonly place: string;
  readonly by: string;
  readonly at: number;
}

/** The register of reset cards. */
export class ResetCards {
  readonly #context: Pick<ControlContext, "clock" | "random">;
  readonly #cards: RecordBook<ResetCard>;
  readonly #key: CryptoKey;

  private constructor(
    context: Pick<ControlContext, "clock" | "random">,
    cards: RecordBook<ResetCard>,
    key: CryptoKey,
  ) {
    this.#context = context;
    this.#cards = cards;
    this.#key = key;
  }

  static async open(
    context: Pick<ControlContext, "clock" | "random" | "sealer" | "store">,
  ): Promise<ResetCards> {
    const cards = await RecordBook.open<ResetCard>(context.store, [...KEYS.vault, "card"]);
    return new ResetCards(context, cards, await context.sealer.derive("vault.reset-card"));
  }

  all(): readonly ResetCard[] {
    return this.#cards.all();
  }

  /** Registers a card. @throws GatewayError SECRET_REFUSED */
  async add(
    subject: string,
    { uid, custodian, place, by }: {
      readonly uid: string;
      readonly custodian: unknown;
      readonly place: unknown;
      readonly by: string;
    },
  ): Promise<ResetCard> {
    const words = { custodian: readText(custodian, "A custodian"), place: readText(place, "A place") };
    const hash = await this.#hash(uid);
    const known = this.all().find((card) => card.subject === subject && card.hash === hash);
    if (known) {
      throw refused(`This card is registered for ${subject} already`, `It is card ${known.id}: \`secret cards\``);
    }
    if (this.#cards.size >= VAULT_LIMITS.cards) {
      throw refused(`${VAULT_LIMITS.cards} reset cards are registered already`, "Remove those that are destroyed");
    }
    const id = Buffer.from(this.#context.random.bytes(4)).toString("hex");
    const card: ResetCard = { id, subject, hash, ...words, by, at: this.#context.clock.now() };
    await this.#cards.put(id, card);
    return card;
  }

  /** @throws GatewayError SECRET_UNKNOWN */
  async remove(id: string): Promise<ResetCard> {
    const card = this.#cards.get(id);
    if (!card) {
      throw new GatewayError("SECRET_UNKNOWN", `No reset card is called "${id.slice(0, 20)}"`, {
        hint: "`secret cards`",
      });
    }
    await this.#cards.remove([id]);
    return card;
  }

  /** The registrations of a card that was seen somewhere, by its id. */
  async find(uid: string): Promise<readonly ResetCard[]> {
    const hash = await this.#hash(uid);
    return this.all().filter((card) => card.hash === hash);
  }

  /** Forgets the cards of a unit. @returns how many there were */
  async erase(subject: string): Promise<number> {
    const own = this.all().filter((card) => card.subject === subject).map(({ id }) => id);
    if (own.length > 0) await this.#cards.remove(own);
    return own.length;
  }

  /** Readers write an id in either case, with and without colons. */
  async #hash(uid: string): Promise<string> {
    const plain = uid.toLowerCase().replace(/[\s:-]+/g, "");
    if (!/^[0-9a-z]{4,40}$/.test(plain)) {
      throw refused(
        "This is no id of a card: wanted 4 to 40 letters and digits",
        "Hold it to a reader and write what it says into a file",
      );
    }
    const bytes = await crypto.subtle.sign("HMAC", this.#key, new TextEncoder().encode(plain));
    return Buffer.from(bytes).toString("hex");
  }
}
