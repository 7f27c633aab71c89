import { GatewayError } from "../core/errors.ts";

/** Makes an empty file that its owner alone reads; never over another one. @throws GatewayError CLI_USAGE */
export async function makeFile(file: string): Promise<void> {
  try {
    await Deno.writeFile(file, new Uint8Array(), { createNew: true, mode: 0o600 });
  } catch (cause) {
    const what = cause instanceof Deno.errors.AlreadyExists ? "is there already" : "cannot be written";
    throw new GatewayError("CLI_USAGE", `The file "${file}" ${what}`, { cause, hint: "Name another one with --file" });
  }
}
