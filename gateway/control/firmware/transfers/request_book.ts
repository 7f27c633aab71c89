import type { UpdateRequest } from "../../../../policies/firmware_request_types.ts";
import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import { SealedBook } from "./sealed_book.ts";
import type { UpdateAsk } from "./update_message.ts";

/** A request with all that is needed to go on with it after a restart. */
export interface StoredRequest {
  readonly request: UpdateRequest;
  readonly ask: UpdateAsk;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Id of the grant that the station was given last. */
  readonly grant?: string;
}

/** Requests of CSMSs, sealed: URLs may hold a login. */
export class RequestBook {
  private constructor(private readonly book: SealedBook<StoredRequest>) {}

  static async open(context: Pick<ControlContext, "sealer" | "store">): Promise<RequestBook> {
    return new RequestBook(await SealedBook.open(context, KEYS.firmwareRequest));
  }

  get(id: string): StoredRequest | undefined {
    return this.book.get(id);
  }

  /** Newest first. */
  all(): readonly StoredRequest[] {
    return this.book.all().toSorted((a, b) => b.startedAt - a.startedAt);
  }

  /** The one of a station that is under way. */
  activeOf(stationId: string): StoredRequest | undefined {
    return this.all().find(({ request }) => request.stationId === stationId && request.state !== "ended");
  }

  active(): readonly StoredRequest[] {
    return this.all().filter(({ request }) => request.state !== "ended");
  }

  async put(stored: StoredRequest): Promise<void> {
    const ended = this.all().filter(({ request }) => request.state === "ended" && request.telling.length === 0);
    const old = ended.slice(TRANSFER_LIMITS.endedRequests).map(({ request }) => request.id);
    await this.book.put(stored.request.id, stored, old);
  }
}
