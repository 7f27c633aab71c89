import type {
  Ipv4,
  LinkEvent,
  Outgoing,
  PacketLink,
  PacketLinkRequest,
  PacketLinks,
  SourceMeter,
} from "./packet_link.ts";

/** A link that a test plays the network of. */
export class FakePacketLink implements PacketLink {
  readonly mac = "02:00:00:00:00:01";
  readonly sent: Outgoing[] = [];
  readonly probed: Ipv4[] = [];
  isClosed = false;
  #onEvent: ((event: LinkEvent) => void) | undefined;
  #onEnd: ((why?: string) => void) | undefined;

  constructor(readonly request: PacketLinkRequest) {}

  listen(onEvent: (event: LinkEvent) => void, onEnd: (why?: string) => void): void {
    this.#onEvent = onEvent;
    this.#onEnd = onEnd;
  }

  /** Somebody is listening. */
  get isHeard(): boolean {
    return this.#onEvent !== undefined;
  }

  send(datagram: Outgoing): void {
    this.sent.push(datagram);
  }

  probe(address: Ipv4): void {
    this.probed.push(address);
  }

  close(): void {
    this.end();
  }

  /** The network says something. */
  hear(event: LinkEvent): void {
    this.#onEvent?.(event);
  }

  /** The interface goes away. */
  end(why?: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#onEnd?.(why);
  }
}

/** Links that are what a test says. */
export class FakePacketLinks implements PacketLinks {
  readonly opened: FakePacketLink[] = [];
  readonly meters: SourceMeter[] = [];
  /** Thrown by the next `open` or `meter`. */
  refuse: Error | undefined;

  open(request: PacketLinkRequest): Promise<PacketLink> {
    if (this.refuse) return Promise.reject(this.refuse);
    const link = new FakePacketLink(request);
    this.opened.push(link);
    return Promise.resolve(link);
  }

  meter(meter: SourceMeter): Promise<void> {
    if (this.refuse) return Promise.reject(this.refuse);
    this.meters.push(meter);
    return Promise.resolve();
  }
}
