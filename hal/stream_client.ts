import { ERROR_CODES, type ErrorCode } from "../gateway/core/error_codes.ts";
import { HardwareError, ProtocolError } from "../gateway/core/errors.ts";
import { encodeFrame } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import { Response } from "./messages.ts";
import { check } from "./schema.ts";

/** A connection to hald that carries a stream verb's bytes, and the first of them, which came with the answer. */
export interface OpenedStream {
  readonly connection: Deno.UnixConn;
  readonly answer: unknown;
  readonly rest: Uint8Array;
}

/**
 * Opens a stream verb on a connection of its own. Its isolate needs net `unix:PATH` and read and write on PATH.
 * @throws HardwareError HAL_UNREACHABLE, or what hald answered
 */
export async function openHaldStream(socketPath: string, verb: string, args: unknown): Promise<OpenedStream> {
  const connection = await connect(socketPath);
  try {
    await writeAll(connection, encodeFrame({ id: 1, verb, args }));
    return { connection, ...await readAnswer(connection) };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Writes all of it. */
export async function writeAll(connection: Deno.UnixConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function connect(path: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    throw new HardwareError("HAL_UNREACHABLE", `hald does not answer on "${path}"`, {
      hint: "Is bulkhead-hald running? `systemctl status bulkhead-hald`",
      cause: error,
    });
  }
}

/** The answer frame, and the first bytes of the stream that may have come with it. */
async function readAnswer(connection: Deno.UnixConn): Promise<{ readonly answer: unknown; readonly rest: Uint8Array }> {
  let bytes = new Uint8Array(0);
  const buffer = new Uint8Array(16 * 1024);
  for (;;) {
    const length = bytes.length < 4 ? undefined : new DataView(bytes.buffer).getUint32(0);
    if (length !== undefined && length > HAL_LIMITS.frameBytes) {
      throw new ProtocolError("HAL_FRAME", `hald answered with a frame of ${length} bytes`);
    }
    if (length !== undefined && bytes.length >= 4 + length) {
      const response = check(Response, JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))));
      if ("answer" in response) return { answer: response.answer, rest: bytes.slice(4 + length) };
      const { code, message, hint } = response.fault;
      const known = Object.hasOwn(ERROR_CODES, code) ? code as ErrorCode : "HAL_FAILED";
      throw new HardwareError(known, message, hint === undefined ? {} : { hint });
    }
    const read = await connection.read(buffer);
    if (read === null) throw new HardwareError("HAL_UNREACHABLE", "hald closed the connection before it answered");
    const longer = new Uint8Array(bytes.length + read);
    longer.set(bytes);
    longer.set(buffer.subarray(0, read), bytes.length);
    bytes = longer;
  }
}
