import { describeError, GatewayError, ProtocolError } from "../../core/errors.ts";
import { boundaryOf, type FormPart, MultipartReader } from "../../core/multipart_reader.ts";
import { type StreamWatch, watchedStream } from "../../core/watched_stream.ts";
import { TOKEN_FIELD } from "../components/form.tsx";
import type { PostedForm } from "../http/form_input.ts";
import { NOT_OUR_FORM, RefusalError } from "../http/refusal.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import type { DropFolder, DroppedFile, DropPlace } from "./drop_folder.ts";

/** The field that holds the file. */
export const FILE_FIELD = "file";

/** A file on its way in. */
export interface IncomingFile {
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly watch: StreamWatch;
}

/**
 * Reads a form with one file: the file goes to the drop folder, small files beside it (a signature, a certificate) become
 * texts. The proof that the form is ours must be its first part, so that no byte of a stranger's file is kept.
 * @returns all fields, with `upload` and `fileName` of the file
 * @throws ProtocolError FORM_MALFORMED, RefusalError console.form-token, GatewayError FIRMWARE_UPLOAD_BROKEN and what DropPlace throws
 */
export async function receiveForm(
  incoming: IncomingFile,
  isOurs: (token: string) => boolean,
  drop: DropFolder,
): Promise<PostedForm> {
  const boundary = boundaryOf(incoming.contentType);
  if (boundary === undefined) throw malformed("no single boundary");
  const place = await drop.reserve();
  const form = new FormIntake(isOurs, place);
  const { formParts: parts, partHeadBytes: headBytes } = CONSOLE_LIMITS;
  const reader = new MultipartReader(boundary, { parts, headBytes, malformed }, form);
  return await receive(incoming, place, (piece) => reader.push(piece), () => {
    reader.end();
    return form.finish();
  });
}

/** Takes a body that is the file itself. @throws as receiveForm */
export async function receiveFile(incoming: IncomingFile, fileName: string, drop: DropFolder): Promise<DroppedFile> {
  const place = await drop.reserve();
  let bytes = 0;
  return await receive(incoming, place, (piece) => {
    if (!place.hasFile) place.begin(fileName);
    bytes += piece.length;
    place.write(piece);
  }, () => {
    if (bytes === 0) throw malformed("no byte in it");
    return place.finish();
  });
}

/**
 * What is wrong is said when the sender has stopped sending, or a little later: an answer in the middle of a body is lost
 * with the connection, and a browser shows no more than that it broke.
 */
async function receive<T>(
  { body, watch }: IncomingFile,
  place: DropPlace,
  take: (piece: Uint8Array) => void,
  finish: () => T,
): Promise<T> {
  const lateFrom = () => watch.clock.monotonic() + CONSOLE_LIMITS.lingerMs;
  let refused: { readonly error: unknown; readonly until: number } | undefined;
  try {
    for await (const piece of watchedStream(body, CONSOLE_LIMITS.uploads, watch, () => {})) {
      if (refused) {
        if (watch.clock.monotonic() >= refused.until) throw refused.error;
        continue;
      }
      try {
        take(piece);
      } catch (error) {
        refused = { error, until: lateFrom() };
        place.abandon();
      }
    }
    if (refused) throw refused.error;
    return finish();
  } catch (error) {
    place.abandon();
    if (refused) throw refused.error;
    throw error instanceof GatewayError ? error : new GatewayError(
      "FIRMWARE_UPLOAD_BROKEN",
      `The upload ended before its file was whole: ${describeError(error)}`,
      { cause: error, hint: "Upload it again; nothing of it stays" },
    );
  }
}

/** Sorts the parts of a form: the token, fields, small files, the file. */
class FormIntake {
  readonly #fields = new Map<string, string[]>();
  #bytes = 0;
  #part: FormPart | undefined;
  #pieces: Uint8Array[] = [];
  #isProven = false;

  constructor(private readonly isOurs: (token: string) => boolean, private readonly place: DropPlace) {}

  begin(part: FormPart): void {
    if (!this.#isProven && part.name !== TOKEN_FIELD) throw notOurs();
    this.#part = part;
    this.#pieces = [];
    if (!this.#isFile()) return;
    if (this.place.hasFile) throw malformed("two files");
    if (part.fileName === "") throw malformed("no file in it: choose one");
    this.place.begin(part.fileName!);
  }

  take(bytes: Uint8Array): void {
    if (this.#isFile()) return this.place.write(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > CONSOLE_LIMITS.bodyBytes) {
      throw malformed(`fields of more than ${CONSOLE_LIMITS.bodyBytes} bytes`);
    }
    this.#pieces.push(bytes.slice());
  }

  end(): void {
    const { name, fileName } = this.#part!;
    if (this.#isFile()) return;
    const bytes = joined(this.#pieces);
    const text = fileName === undefined ? new TextDecoder().decode(bytes) : textOfFile(bytes);
    if (name !== TOKEN_FIELD) return void this.#fields.set(name, [...this.#fields.get(name) ?? [], text]);
    if (!this.isOurs(text)) throw notOurs();
    this.#isProven = true;
  }

  finish(): PostedForm {
    if (!this.place.hasFile) throw malformed("no file in it: choose one");
    const { upload, fileName } = this.place.finish();
    return { ...Object.fromEntries(this.#fields), upload: [upload], fileName: [fileName] };
  }

  #isFile(): boolean {
    return this.#part!.name === FILE_FIELD && this.#part!.fileName !== undefined;
  }
}

/** PEM and base64 as they are, binary bytes as base64: as vendors ship signatures and certificates. */
export function textOfFile(bytes: Uint8Array): string {
  const isText = bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || byte >= 32 && byte < 127);
  return isText ? new TextDecoder().decode(bytes) : bytes.toBase64();
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("FORM_MALFORMED", `The form has ${what}`, {
    hint: "Use the console's own page; nothing of the file stays",
  });
}

const notOurs = (): RefusalError => new RefusalError(NOT_OUR_FORM);
