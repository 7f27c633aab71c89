import { join } from "node:path";
import type { Sealer } from "../../control/contract.ts";
import type { DeviceRequestRecord } from "../../core/device_api.ts";
import { describeError, GatewayError, StorageError } from "../../core/errors.ts";
import { DEVICE_LIMITS } from "./limits.ts";

/**
 * One sealed file per recorded session: a line per batch of requests, sealed under the recording's id and the line's number,
 * so that a line that was changed, moved or taken from another recording does not open.
 */
export class RecordingFiles {
  readonly #folder: string;
  readonly #sealer: Sealer;
  /** Lines and bytes written so far, by recording. */
  readonly #written = new Map<string, { readonly lines: number; readonly bytes: number }>();
  readonly #turns = new Map<string, Promise<boolean>>();

  constructor(dataDir: string, sealer: Sealer) {
    this.#folder = join(dataDir, "recordings");
    this.#sealer = sealer;
  }

  /**
   * Stored and synced when it resolves. @returns false when the recording is full: nothing more is kept of it
   * @throws StorageError RECORDING_FAILED
   */
  async append(id: string, requests: readonly DeviceRequestRecord[]): Promise<boolean> {
    const before = this.#turns.get(id) ?? Promise.resolve(true);
    const turn = before.catch(() => true).then(() => this.#append(id, requests)); // lines keep their order and number
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  async #append(id: string, requests: readonly DeviceRequestRecord[]): Promise<boolean> {
    try {
      const state = await this.#stateOf(id);
      const plain = new TextEncoder().encode(JSON.stringify(requests));
      const sealed = await this.#sealer.seal(plain, contextOf(id, state.lines));
      const line = new TextEncoder().encode(`${sealed.toBase64()}\n`);
      if (state.bytes + line.length > DEVICE_LIMITS.recordingBytes) return false;
      await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      using file = await Deno.open(this.#pathOf(id), { append: true, create: true, mode: 0o600 });
      for (let at = 0; at < line.length;) at += await file.write(line.subarray(at));
      await file.syncData();
      this.#written.set(id, { lines: state.lines + 1, bytes: state.bytes + line.length });
      return true;
    } catch (cause) {
      this.#written.delete(id); // what the disk holds is looked at again
      throw new StorageError("RECORDING_FAILED", `Cannot record the session "${id}": ${describeError(cause)}`, {
        hint: "See whether the data disk is full: `status`",
        cause,
      });
    }
  }

  /** All requests of a recording; a last line that a crash cut off is left out. @throws IntegrityError SEAL_BROKEN */
  async read(id: string): Promise<readonly DeviceRequestRecord[]> {
    const lines = await this.#lines(id);
    const all: DeviceRequestRecord[] = [];
    for (const [at, line] of lines.entries()) {
      const plain = await this.#sealer.unseal(bytesOf(line), contextOf(id, at));
      all.push(...JSON.parse(new TextDecoder().decode(plain)) as DeviceRequestRecord[]);
    }
    return all;
  }

  async remove(id: string): Promise<void> {
    this.#written.delete(id);
    try {
      await Deno.remove(this.#pathOf(id));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // nothing was done in that session
    }
  }

  async #stateOf(id: string): Promise<{ readonly lines: number; readonly bytes: number }> {
    const known = this.#written.get(id);
    if (known) return known;
    const whole = await this.#lines(id);
    const state = { lines: whole.length, bytes: whole.reduce((sum, line) => sum + line.length + 1, 0) };
    await this.#dropCut(id, state.bytes);
    this.#written.set(id, state);
    return state;
  }

  /** A line that a crash cut off would spoil the one after it. */
  async #dropCut(id: string, bytes: number): Promise<void> {
    try {
      await Deno.truncate(this.#pathOf(id), bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // its first line is still to come
    }
  }

  /** Whole lines. */
  async #lines(id: string): Promise<readonly string[]> {
    try {
      const text = await Deno.readTextFile(this.#pathOf(id));
      return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return []; // nothing was done in that session
      throw error;
    }
  }

  #pathOf(id: string): string {
    if (!/^[\w-]{1,64}$/.test(id)) throw new GatewayError("RECORDING_UNKNOWN", `"${id.slice(0, 64)}" is no recording`);
    return join(this.#folder, `${id}.sealed`);
  }
}

const contextOf = (id: string, line: number): string => `recording ${id} ${line}`;

function bytesOf(line: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(line);
  } catch {
    return new Uint8Array(); // no base64: the seal says that it is broken
  }
}
