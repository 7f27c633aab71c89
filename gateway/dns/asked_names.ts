import type { AskedName } from "../core/dns_api.ts";
import { DNS_LIMITS } from "./limits.ts";

/** The last question of each client, in memory and bounded: the client that asked longest ago makes room. */
export class AskedNames {
  readonly #last = new Map<string, AskedName>();

  note(source: string, asked: AskedName): void {
    this.#last.delete(source);
    this.#last.set(source, asked);
    if (this.#last.size > DNS_LIMITS.askedClients) this.#last.delete(this.#last.keys().next().value!);
  }

  of(source: string): { readonly asked?: AskedName } {
    const asked = this.#last.get(source);
    return asked ? { asked } : {};
  }
}
