import { concatBytes } from "../gateway/core/concat_bytes.ts";
import { HardwareError, ProtocolError } from "../gateway/core/errors.ts";
import { HAL_LIMITS } from "./limits.ts";
import { encodePacket, PacketReader } from "./packet_codec.ts";
import type { LinkEvent, PacketLink } from "./packet_link.ts";
import type { ByteConnection } from "./verb.ts";

/**
 * Carries a link over a connection until one of the two ends. A caller that does not read loses packets, as a slow
 * server on a network would; nothing else waits for it.
 * @throws HardwareError HAL_PACKET when the link has ended, ProtocolError HAL_FRAME when the caller sent nonsense
 */
export async function carryPackets(link: PacketLink, connection: ByteConnection): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const writer = new BoundedWriter(connection, (error) => ended.reject(error));
  link.listen((event: LinkEvent) => writer.add(encodePacket(event)), (why) => {
    if (why === undefined) ended.resolve();
    else ended.reject(new HardwareError("HAL_PACKET", `The packets of the interface have ended: ${why}`));
  });
  await Promise.race([ended.promise, obey(link, connection)]);
}

async function obey(link: PacketLink, connection: ByteConnection): Promise<void> {
  const reader = new PacketReader();
  const buffer = new Uint8Array(64 * 1024);
  for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
    for (const record of reader.push(buffer.subarray(0, read))) {
      if (record.kind === "send") link.send(record.datagram);
      else if (record.kind === "probe") link.probe(record.address);
      else throw new ProtocolError("HAL_FRAME", `A caller may not send records of kind "${record.kind}"`);
    }
  }
}

/** Writes in order, several records at once when they have piled up, and drops what is beyond the limit. */
export class BoundedWriter {
  readonly #connection: ByteConnection;
  readonly #onFault: (error: unknown) => void;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #running = false;
  /** Records dropped because the other side did not read. */
  dropped = 0;

  constructor(connection: ByteConnection, onFault: (error: unknown) => void) {
    this.#connection = connection;
    this.#onFault = onFault;
  }

  /** Takes one record. */
  add(bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > HAL_LIMITS.packetBacklogBytes) {
      this.dropped++;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#running) return;
    this.#running = true;
    this.#run().catch(this.#onFault);
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // What comes in the same turn goes out together.
    while (this.#waiting.length > 0) {
      const batch = concatBytes(this.#waiting);
      this.#waiting = [];
      for (let at = 0; at < batch.length;) at += await this.#connection.write(batch.subarray(at));
      this.#bytes = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    }
    this.#running = false;
  }
}
