import type { StepEntry } from "../../policies/commissioning_types.ts";
import { GatewayError } from "../core/errors.ts";
import type { Picture } from "../inventory/plan/picture.ts";
import { Turns } from "../core/turns.ts";
import { RecordBook } from "../people/record_book.ts";
import { PhotoStore, type PictureRecord } from "../photos/photo_store.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";
import type { Protocol } from "./protocol.ts";

/** Protocols and their photos. A change counts from when it is stored; changes of all protocols run one after the other. */
export class ProtocolBook {
  readonly #turns = new Turns();
  readonly #photos: PhotoStore;

  private constructor(store: Store, private readonly book: RecordBook<Protocol>) {
    const isNamed = (sha256: string) => this.all().some(({ photos }) => photos[sha256] !== undefined);
    this.#photos = new PhotoStore(store, [...KEYS.commissioning, "part"], isNamed);
  }

  /** Reads all; photos that no protocol names, left by a crash, are removed. */
  static async open(store: Store): Promise<ProtocolBook> {
    const book = await RecordBook.open<Protocol>(store, [...KEYS.commissioning, "protocol"]);
    const opened = new ProtocolBook(store, book);
    await opened.#photos.sweep();
    return opened;
  }

  /** The newest first. */
  all(): readonly Protocol[] {
    return this.book.all().toSorted((a, b) => b.id - a.id);
  }

  /** By its number, or the newest of a bay; undefined when there is none. */
  find(name: string): Protocol | undefined {
    const id = /^\d{1,9}$/.test(name) ? Number(name) : undefined;
    return this.all().find((one) => one.bay === name) ?? this.all().find((one) => one.id === id);
  }

  /** @throws GatewayError COMMISSIONING_UNKNOWN */
  need(name: string): Protocol {
    const found = this.find(name);
    if (found) return found;
    throw new GatewayError("COMMISSIONING_UNKNOWN", `"${name.slice(0, 64)}" has no commissioning protocol`, {
      hint: "`commissioning list` shows all; `commissioning start BAY` begins one",
    });
  }

  /** Begins a protocol. @throws GatewayError COMMISSIONING_REFUSED */
  async start(given: Omit<Protocol, "id">): Promise<Protocol> {
    return await this.#turns.run(ALL, async () => {
      const running = this.all().find(({ bay, state }) => bay === given.bay && state !== "closed");
      if (running) {
        throw refused(
          `Protocol ${running.id} of ${given.bay} is not closed`,
          "Go on with it, or `commissioning drop` it",
        );
      }
      const { protocols } = COMMISSIONING_LIMITS;
      if (this.book.size >= protocols) throw refused(`A site keeps at most ${protocols} protocols`, FULL);
      const protocol = { id: (this.all()[0]?.id ?? 0) + 1, ...given };
      await this.book.put(keyOf(protocol.id), protocol);
      return protocol;
    });
  }

  /** Changes a protocol as it is now. `change` may refuse by throwing. */
  async change(id: number, change: (protocol: Protocol) => Promise<Protocol>): Promise<Protocol> {
    return await this.#turns.run(ALL, async () => await this.#put(await change(this.need(String(id)))));
  }

  /** Puts a photo in its step's place; the one before is forgotten. `change` may refuse by throwing, before anything is kept. */
  async addPhoto(
    id: number,
    picture: Picture,
    change: (protocol: Protocol, kept: string) => Protocol,
    key: string,
  ): Promise<Protocol> {
    return await this.#turns.run(ALL, async () => {
      const protocol = this.need(String(id));
      change(protocol, "");
      const used = this.all().flatMap(({ photos }) => Object.values(photos)).reduce((sum, { bytes }) => sum + bytes, 0);
      if (used + picture.bytes.length > COMMISSIONING_LIMITS.photoBytes) {
        throw refused(
          `The photos of all protocols have ${used} bytes, at most ${COMMISSIONING_LIMITS.photoBytes} are kept`,
          FULL,
        );
      }
      const kept = await this.#photos.keep(picture), changed = change(protocol, kept.sha256);
      const stored = await this.#put({
        ...changed,
        photos: namedOf({ ...changed.photos, [kept.sha256]: kept }, changed.entries),
      });
      const before = protocol.entries[key];
      if (before?.kind === "photo") await this.#photos.forget(before.sha256);
      return stored;
    });
  }

  /** Removes a protocol with its photos. */
  async drop(id: number, decide: (protocol: Protocol) => Promise<void>): Promise<void> {
    await this.#turns.run(ALL, async () => {
      const protocol = this.need(String(id));
      await decide(protocol);
      await this.book.remove([keyOf(id)]);
      for (const sha256 of Object.keys(protocol.photos)) await this.#photos.forget(sha256);
    });
  }

  /** @throws IntegrityError PLAN_PICTURE_INVALID */
  async photo(record: PictureRecord, what: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#photos.read(record, what);
  }

  async #put(protocol: Protocol): Promise<Protocol> {
    await this.book.put(keyOf(protocol.id), protocol);
    return protocol;
  }
}

/** Photos share parts, and the number of a protocol is its own: one change after the other. */
const ALL = ["protocols"];
const FULL = "Keep the papers of old ones (`commissioning pdf`) and `commissioning drop` what was never closed";
const keyOf = (id: number): string => String(id).padStart(9, "0");

function namedOf(
  photos: Readonly<Record<string, PictureRecord>>,
  entries: Readonly<Record<string, StepEntry>>,
): Readonly<Record<string, PictureRecord>> {
  const named = new Set(Object.values(entries).flatMap((entry) => entry.kind === "photo" ? [entry.sha256] : []));
  return Object.fromEntries(Object.entries(photos).filter(([sha256]) => named.has(sha256)));
}

const refused = (what: string, hint: string): GatewayError => new GatewayError("COMMISSIONING_REFUSED", what, { hint });
