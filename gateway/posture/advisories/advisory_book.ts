import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Advisory } from "../../../policies/advisory_types.ts";
import { GatewayError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { ADVISORY_LIMITS } from "./limits.ts";

/** An advisory with how it came here. */
export interface KeptAdvisory extends Advisory {
  readonly importedBy: string;
  readonly importedAt: number;
  /** Of the file, lower-case hex. */
  readonly sha256: string;
  /** It was compared with a sum of its publisher: "sha256", "sha512"; absent: with none. */
  readonly provenBy?: string;
  /** A person says that it does not count here. */
  readonly withdrawn?: { readonly who: string; readonly at: number; readonly reason: string };
}

/** The parts as they are stored: a value has a limit that an advisory may pass. */
interface Part {
  readonly bytes: string;
}

/** Advisories, over restarts; in memory whole, in the store packed and in parts, all of one in one commit. */
export class AdvisoryBook {
  readonly #advisories = new Map<string, KeptAdvisory>();
  readonly #parts = new Map<string, number>();

  private constructor(private readonly store: Store) {}

  static async open(store: Store): Promise<AdvisoryBook> {
    const book = new AdvisoryBook(store), parts = new Map<string, Part[]>();
    for await (const { key, value } of store.list<Part>(PREFIX, { limit: Infinity })) {
      const id = String(key.at(-2)), own = parts.get(id) ?? [];
      own[Number(key.at(-1))] = value;
      parts.set(id, own);
    }
    for (const [id, own] of parts) {
      book.#parts.set(id, own.length);
      const packed = Buffer.from(own.map(({ bytes }) => bytes).join(""), "base64");
      book.#advisories.set(id, JSON.parse(gunzipSync(packed).toString("utf8")) as KeptAdvisory);
    }
    return book;
  }

  get(id: string): KeptAdvisory | undefined {
    return this.#advisories.get(id);
  }

  /** The newest release first. */
  all(): readonly KeptAdvisory[] {
    return [...this.#advisories.values()].toSorted((a, b) => b.releasedAt - a.releasedAt || (a.id < b.id ? -1 : 1));
  }

  /** @throws GatewayError ADVISORY_INVALID when there are too many, or it is too large to be kept */
  async put(advisory: KeptAdvisory): Promise<void> {
    const { id } = advisory;
    if (!this.#advisories.has(id) && this.#advisories.size >= ADVISORY_LIMITS.kept) {
      throw new GatewayError("ADVISORY_INVALID", `${ADVISORY_LIMITS.kept} advisories are kept already`, {
        hint: "`posture advisory remove` takes one away",
      });
    }
    const packed = gzipSync(JSON.stringify(advisory)).toString("base64");
    const count = Math.ceil(packed.length / ADVISORY_LIMITS.partBytes);
    if (count > ADVISORY_LIMITS.parts) {
      throw new GatewayError("ADVISORY_INVALID", `"${id}" is too large to be kept`, {
        hint: "Ask its publisher for one advisory for each product",
      });
    }
    const sets = Array.from({ length: count }, (_, at): Mutation => {
      const bytes = packed.slice(at * ADVISORY_LIMITS.partBytes, (at + 1) * ADVISORY_LIMITS.partBytes);
      return { set: [...PREFIX, id, at], value: { bytes } };
    });
    await this.store.commit([...sets, ...this.#deletions(id, count)]);
    this.#parts.set(id, count);
    this.#advisories.set(id, advisory);
  }

  /** @returns whether there was one */
  async remove(id: string): Promise<boolean> {
    if (!this.#advisories.has(id)) return false;
    await this.store.commit(this.#deletions(id, 0));
    this.#parts.delete(id);
    return this.#advisories.delete(id);
  }

  #deletions(id: string, from: number): Mutation[] {
    const count = Math.max(0, (this.#parts.get(id) ?? 0) - from);
    return Array.from({ length: count }, (_, at): Mutation => ({ delete: [...PREFIX, id, from + at] }));
  }
}

const PREFIX = [...KEYS.posture, "advisory"] as const;
