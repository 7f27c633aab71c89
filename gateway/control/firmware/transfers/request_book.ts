import type { UpdateRequest } from "../../../../policies/firmware_request_types.ts";
import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
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
  readonly #byId = new Map<string, StoredRequest>();

  private constructor(private readonly context: Pick<ControlContext, "sealer" | "store">) {}

  static async open(context: Pick<ControlContext, "sealer" | "store">): Promise<RequestBook> {
    const book = new RequestBook(context);
    for await (const { key, value } of context.store.list<Uint8Array>(KEYS.firmwareRequest, { limit: Infinity })) {
      const id = String(key[1]);
      const plain = await context.sealer.unseal(value, contextOf(id));
      book.#byId.set(id, JSON.parse(new TextDecoder().decode(plain)));
    }
    return book;
  }

  get(id: string): StoredRequest | undefined {
    return this.#byId.get(id);
  }

  /** Newest first. */
  all(): readonly StoredRequest[] {
    return [...this.#byId.values()].sort((a, b) => b.startedAt - a.startedAt);
  }

  /** The one of a station that is under way. */
  activeOf(stationId: string): StoredRequest | undefined {
    return this.all().find(({ request }) => request.stationId === stationId && request.state !== "ended");
  }

  active(): readonly StoredRequest[] {
    return this.all().filter(({ request }) => request.state !== "ended");
  }

  async put(stored: StoredRequest): Promise<void> {
    const { id } = stored.request;
    const plain = new TextEncoder().encode(JSON.stringify(stored));
    const value = await this.context.sealer.seal(plain, contextOf(id));
    const ended = this.all().filter(({ request }) => request.state === "ended" && request.telling.length === 0);
    const old = ended.slice(TRANSFER_LIMITS.endedRequests);
    await this.context.store.commit([
      { set: [...KEYS.firmwareRequest, id], value },
      ...old.map(({ request }) => ({ delete: [...KEYS.firmwareRequest, request.id] })),
    ]);
    this.#byId.set(id, stored);
    for (const { request } of old) this.#byId.delete(request.id);
  }
}

const contextOf = (id: string): string => `firmware request ${id}`;
