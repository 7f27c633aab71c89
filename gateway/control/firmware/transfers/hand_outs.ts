import { Buffer } from "node:buffer";
import type { Json } from "../../../core/control_api.ts";
import { dataFolders } from "../../../core/data_folders.ts";
import { GatewayError } from "../../../core/errors.ts";
import type { CommandHandler, ControlContext } from "../../contract.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import type { StoredUpload } from "./upload_book.ts";

/** Small letters and digits that few take for others; 32 of them, so that each holds five bits. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const GROUPS = 4;
const GROUP_CHARS = 5;

/** An encrypted ZIP that waits to be fetched. */
export interface HandOut {
  /** Its name in the folder, and in `firmware reveal`. */
  readonly id: string;
  readonly uploadId: string;
  readonly stationId: string;
  /** As the person's computer is to call it. */
  readonly fileName: string;
  readonly bytes: number;
  readonly expiresAt: number;
}

/** What the hand-outs work with. */
export interface HandOutParts {
  readonly context: Pick<ControlContext, "audit" | "box" | "clock" | "random" | "workers">;
  readonly upload: (id: string) => StoredUpload | undefined;
}

/**
 * Files of stations for people (facts: vendor-guides BC-11): an AES-256 ZIP for whoever works with them, its password apart,
 * to be revealed once by somebody who may, with a fresh proof. Passwords live in memory for an hour and nowhere else: after
 * a restart the file is handed out again, with another one.
 */
export class HandOuts {
  readonly #open = new Map<string, HandOut & { readonly password: string | undefined }>();
  readonly #folder: string;

  private constructor(private readonly parts: HandOutParts) {
    this.#folder = dataFolders(parts.context.box).handOuts;
  }

  /** What was left by a run before is removed: nobody knows its password any more. */
  static async open(parts: HandOutParts): Promise<HandOuts> {
    const handOuts = new HandOuts(parts);
    await Deno.mkdir(handOuts.#folder, { recursive: true, mode: 0o700 });
    for await (const { name } of Deno.readDir(handOuts.#folder)) await Deno.remove(`${handOuts.#folder}/${name}`);
    return handOuts;
  }

  /** Makes the ZIP. @throws GatewayError UPLOAD_UNKNOWN, FIRMWARE_FULL, and what the Worker says */
  async make(uploadId: string, who: string): Promise<HandOut> {
    const { context: { clock, random, workers }, upload: find } = this.parts;
    const upload = find(uploadId);
    if (!upload || upload.bytes === undefined) {
      throw new GatewayError("UPLOAD_UNKNOWN", `No file "${uploadId.slice(0, 64)}" of a station is kept`, {
        hint: "See `firmware transfers`",
      });
    }
    if (this.#open.size >= TRANSFER_LIMITS.handOuts) {
      throw new GatewayError("FIRMWARE_FULL", `${this.#open.size} files are handed out: no further one is`, {
        hint: "Each goes an hour after it was made",
      });
    }
    const id = Buffer.from(random.bytes(16)).toString("hex"), password = newPassword(random.bytes);
    const fileName = upload.fileName ?? "log", { stationId, file, key } = upload;
    const order = { file, key, fileName, handOut: id, password };
    const { bytes } = await workers.get("firmware-intake").call("firmware.hand-out", order, {
      deadlineMs: TRANSFER_LIMITS.handOutMs,
    });
    const expiresAt = clock.now() + TRANSFER_LIMITS.handOutMs;
    const made = { id, uploadId, stationId, fileName: `${stationId}-${fileName}.zip`, bytes, expiresAt };
    await this.#record("transfer.upload.handed-out", made, who, "ok");
    this.#open.set(id, { ...made, password });
    return made;
  }

  /** The password, once. @throws GatewayError UPLOAD_UNKNOWN, FIRMWARE_REFUSED */
  async reveal(id: string, who: string): Promise<string> {
    const found = this.#open.get(id);
    if (!found) {
      throw new GatewayError("UPLOAD_UNKNOWN", `Nothing is handed out as "${id.slice(0, 64)}"`, {
        hint: "It goes after an hour and with a restart: hand the file out again, `firmware hand-out`",
      });
    }
    const { password, ...made } = found;
    if (password === undefined) {
      await this.#record("transfer.upload.password-revealed", made, who, "refused");
      throw new GatewayError("FIRMWARE_REFUSED", "The password was revealed already, and is kept nowhere", {
        hint: "Hand the file out again, with another password; the audit names who was told this one",
      });
    }
    this.#open.set(id, { ...made, password: undefined }); // before anything is waited for: once is once
    await this.#record("transfer.upload.password-revealed", made, who, "ok");
    return password;
  }

  /** Removes what is an hour old. */
  async tick(): Promise<void> {
    const now = this.parts.context.clock.now();
    for (const { id, expiresAt } of [...this.#open.values()]) {
      if (now < expiresAt) continue;
      await Deno.remove(`${this.#folder}/${id}`).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error; // the command line takes it away
      });
      this.#open.delete(id);
    }
  }

  async #record(event: string, { id, uploadId, stationId }: HandOut, who: string, outcome: "ok" | "refused") {
    const detail = { upload: uploadId, handOut: id.slice(0, 12) };
    await this.parts.context.audit.record({ event, class: "security", who, target: stationId, outcome, detail });
  }
}

/** `firmware hand-out` and `firmware reveal`. */
export function handOutCommands(handOuts: HandOuts): Readonly<Record<string, CommandHandler>> {
  return {
    "firmware hand-out": async (args, who) => {
      const made = await handOuts.make(String(args["upload"] ?? ""), who);
      const text =
        `${made.fileName}, ${made.bytes} bytes, encrypted; \`firmware reveal ${made.id}\` tells its password once`;
      return { text, data: made as unknown as Json };
    },
    "firmware reveal": async (args, who) => {
      const id = String(args["handout"] ?? ""), password = await handOuts.reveal(id, who);
      return { text: `${password}\nIt is shown once and kept nowhere.`, data: { id, password } };
    },
  };
}

/** Twenty signs, a hundred bits. */
function newPassword(randomBytes: (count: number) => Uint8Array): string {
  const signs = [...randomBytes(GROUPS * GROUP_CHARS)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return Array.from({ length: GROUPS }, (_, at) => signs.slice(at * GROUP_CHARS, (at + 1) * GROUP_CHARS).join("")).join(
    "-",
  );
}
