import { extract, type Header, pack } from "tar-stream";
import { Interruptible } from "../../core/interruptible.ts";

type Bytes = Uint8Array<ArrayBuffer>;
/** One file as tar-stream gives it; its contents are bytes. */
type Contents = AsyncIterable<unknown> & { readonly header: Header };

/** One file to pack. `read` gives exactly `bytes` bytes. */
export interface TarPart {
  readonly name: string;
  readonly bytes: number;
  read(): AsyncIterable<Uint8Array>;
}

/** What both ends of tar-stream have in common: a writable side with backpressure that may be destroyed. */
interface Sink {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  once(event: "drain" | "close", listener: () => void): unknown;
  end(data: unknown): unknown;
}

/** Packs files one after the other; a fault of a part, or a reader that stops, ends the other side as well. */
export async function* packTar(parts: AsyncIterable<TarPart>): AsyncGenerator<Bytes> {
  const packer = pack();
  const fault = new Fault();
  const feeding = feed().catch((error) => fault.keep(error, packer));
  try {
    for await (const chunk of packer) yield new Uint8Array(chunk as Uint8Array);
  } catch (error) {
    fault.keep(error, packer);
  } finally {
    packer.destroy();
    await feeding;
  }
  fault.rethrow();

  async function feed(): Promise<void> {
    for await (const part of parts) {
      const header = { name: part.name, size: part.bytes, mode: 0o600, mtime: new Date(0), type: "file" as const };
      const { promise, resolve } = Promise.withResolvers<void>();
      // A destroyed entry may never call back, but it always closes.
      const entry = packer.entry(header, () => resolve());
      entry.once("close", resolve);
      await pour(part.read(), entry);
      await promise;
      if (packer.destroyed) return;
    }
    packer.finalize();
  }
}

/** Gives each file's header and contents in order; each must be read to its end before the next comes. */
export async function* unpackTar(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly header: Header; readonly body: AsyncIterable<Uint8Array> }> {
  const unpacker = extract();
  const fault = new Fault<Contents>();
  const feeding = pour(source, unpacker).catch((error) => fault.keep(error, unpacker));
  try {
    // Destroyed while a file's contents were read, tar-stream never answers who asks for the next.
    for await (const entry of fault.endsWaiting(unpacker)) {
      yield { header: entry.header, body: entry as AsyncIterable<Uint8Array> };
    }
  } catch (error) {
    fault.keep(error, unpacker);
  } finally {
    unpacker.destroy();
    await feeding;
  }
  fault.rethrow();
}

/**
 * The first fault of either side. The stream is destroyed without it: tar-stream would emit it on a part that nobody
 * listens to, and end the isolate.
 */
class Fault<T = never> {
  readonly #waiting = new Interruptible<T>();
  #error: unknown;
  #isSet = false;

  /** The parts, until the first fault ends also who waits for one. */
  endsWaiting(parts: AsyncIterable<T>): AsyncIterable<T> {
    return this.#waiting.read(parts);
  }

  keep(error: unknown, stream: { destroy(): unknown }): void {
    if (!this.#isSet) this.#error = error;
    this.#isSet = true;
    this.#waiting.interrupt(error);
    stream.destroy();
  }

  rethrow(): void {
    if (this.#isSet) throw this.#error;
  }
}

/** Writes all of `source` into `sink` at the sink's pace; stops when somebody destroyed it. */
async function pour(source: AsyncIterable<Uint8Array>, sink: Sink): Promise<void> {
  for await (const chunk of source) {
    if (sink.destroyed) return;
    if (sink.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      sink.once("drain", resolve);
      sink.once("close", resolve);
    });
  }
  if (!sink.destroyed) sink.end(null);
}
