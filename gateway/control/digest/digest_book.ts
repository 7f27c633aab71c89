import type { Mutation, Store } from "../../store/store.ts";
import { KEYS } from "../../store/keys.ts";
import { RecordBook } from "../../people/record_book.ts";
import { DIGEST_LIMITS } from "./limits.ts";

/** Where the last digest ended. */
export interface DigestState {
  /** Wall milliseconds; of the start of this gateway's life, before the first digest. */
  readonly at: number;
  /** The last audit record that it counted. */
  readonly sequence: number;
}

/** A person consulted the audit chain (EV-27). */
export interface Review {
  readonly who: string;
  readonly at: number;
  /** The last record that there was. */
  readonly sequence: number;
  readonly note?: string;
}

/** Digests and reviews, over restarts. */
export class DigestBook {
  private constructor(
    private readonly store: Store,
    private readonly reviews: RecordBook<Review>,
    /** Where the last digest ended. */
    public last: DigestState,
    /** Since when reviews are waited for, wall milliseconds. */
    readonly since: number,
  ) {}

  /** The first opening is where the first digest begins. */
  static async open(store: Store, now: DigestState): Promise<DigestBook> {
    const reviews = await RecordBook.open<Review>(store, [...KEYS.auditReview, "review"]);
    const last = (await store.get<DigestState>(LAST))?.value, since = (await store.get<number>(SINCE))?.value;
    if (last === undefined || since === undefined) {
      await store.commit([{ set: LAST, value: last ?? now }, { set: SINCE, value: since ?? now.at }]);
    }
    return new DigestBook(store, reviews, last ?? now, since ?? now.at);
  }

  /** What has to be stored with a digest that is sent. */
  sent(state: DigestState): Mutation {
    return { set: LAST, value: state };
  }

  /** The newest first. */
  allReviews(): readonly Review[] {
    return this.reviews.all().toSorted((a, b) => b.at - a.at);
  }

  async addReview(review: Review): Promise<void> {
    await this.reviews.put(String(review.at).padStart(15, "0"), review);
    const over = this.reviews.entries().map(([id]) => id).toSorted().slice(0, -DIGEST_LIMITS.reviews);
    if (over.length > 0) await this.reviews.remove(over);
  }
}

const LAST = [...KEYS.auditReview, "digest"];
const SINCE = [...KEYS.auditReview, "since"];
