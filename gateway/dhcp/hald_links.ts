import { openHaldPackets } from "../../hal/packet_client.ts";
import type { LinkEvent, PacketLink, PacketLinkRequest } from "../../hal/packet_link.ts";
import { describeError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { DHCP_LIMITS } from "./limits.ts";

/** Opens links; a parameter for tests. */
export type OpenLink = (request: PacketLinkRequest) => Promise<PacketLink>;

/** Opens links behind hald. */
export function haldLinks(socket: string): OpenLink {
  return (request) => openHaldPackets(socket, request);
}

/** What a steady link needs. */
export interface SteadyLinkOptions {
  readonly request: PacketLinkRequest;
  readonly open: OpenLink;
  readonly timers: Timers;
  readonly onEvent: (event: LinkEvent) => void;
  /** Told of every change: undefined is up, a text says why not. */
  readonly onState: (why: string | undefined) => void;
}

/** A link that comes back by itself: hald may be restarted, an interface may go and come. */
export class SteadyLink {
  readonly #options: SteadyLinkOptions;
  #link: PacketLink | undefined;
  #cancel: (() => void) | undefined;
  #delayMs: number = DHCP_LIMITS.retryFirstMs;
  #closed = false;

  constructor(options: SteadyLinkOptions) {
    this.#options = options;
  }

  /** Tries once and goes on trying; resolves after the first try, whatever came of it. */
  async start(): Promise<void> {
    await this.#open();
  }

  /** The open link; undefined while it is away. */
  get current(): PacketLink | undefined {
    return this.#link;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#link?.close();
    this.#link = undefined;
  }

  async #open(): Promise<void> {
    try {
      const link = await this.#options.open(this.#options.request);
      if (this.#closed) return link.close();
      this.#link = link;
      this.#delayMs = DHCP_LIMITS.retryFirstMs;
      link.listen(this.#options.onEvent, (why) => this.#lost(link, why));
      this.#options.onState(undefined);
    } catch (error) {
      this.#again(describeError(error));
    }
  }

  #lost(link: PacketLink, why = "the link was closed"): void {
    if (this.#closed || this.#link !== link) return;
    this.#link = undefined;
    this.#again(why);
  }

  #again(why: string): void {
    if (this.#closed) return;
    this.#options.onState(why);
    this.#cancel = this.#options.timers.after(this.#delayMs, () => void this.#open());
    this.#delayMs = Math.min(this.#delayMs * 2, DHCP_LIMITS.retryLongestMs);
  }
}
