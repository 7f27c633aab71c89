import type { ControlContext } from "../control/contract.ts";
import type { ProviderTokens } from "../core/identity_api.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, putSealed } from "../store/sealer.ts";

/** Tokens of the identity provider, sealed, one entry per session (["people", "provider", session id]). */
export class ProviderTokenBook {
  readonly #context: Pick<ControlContext, "sealer" | "store">;

  constructor(context: Pick<ControlContext, "sealer" | "store">) {
    this.#context = context;
  }

  async put(session: string, tokens: ProviderTokens): Promise<void> {
    const { store, sealer } = this.#context;
    await putSealed(store, sealer, keyOf(session), new TextEncoder().encode(JSON.stringify(tokens)));
  }

  async get(session: string): Promise<ProviderTokens | undefined> {
    const bytes = await getSealed(this.#context.store, this.#context.sealer, keyOf(session));
    return bytes && JSON.parse(new TextDecoder().decode(bytes)) as ProviderTokens;
  }

  async remove(session: string): Promise<void> {
    await this.#context.store.commit([{ delete: keyOf(session) }]);
  }

  /** Removes what belongs to no living session: a crash may have left it. */
  async keepOnly(sessions: ReadonlySet<string>): Promise<void> {
    for await (const { key } of this.#context.store.list([...KEYS.people, "provider"], { limit: Infinity })) {
      if (!sessions.has(String(key.at(-1)))) await this.#context.store.commit([{ delete: key }]);
    }
  }
}

function keyOf(session: string) {
  return [...KEYS.people, "provider", session] as const;
}
