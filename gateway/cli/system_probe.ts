import { ROOT_KEY_FILE } from "../../hal/file_key_store.ts";
import { ROOT_KEY_BYTES } from "../../hal/key_store.ts";
import { sizeOfPrivateFile } from "../../hal/private_file.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { BoxProbe } from "./check_box.ts";

/** The box this process runs on. */
export const systemProbe: BoxProbe = {
  interfaces: () => Deno.networkInterfaces().map(({ name, address }) => ({ name, address })),
  async facts(path) {
    try {
      const info = await Deno.stat(path);
      const kind = info.isFile ? "file" : info.isDirectory ? "folder" : info.isSocket ? "socket" : "other";
      return { kind, mode: info.mode ?? undefined };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
      throw error;
    }
  },
  async whyNotWritable(folder) {
    try {
      await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".check-" }));
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  },
  async mtu(name) {
    try {
      return Number(await Deno.readTextFile(`/sys/class/net/${name}/mtu`)) || undefined;
    } catch (error) {
      // no such interface is another finding; under narrow flags nobody may look
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
      throw error;
    }
  },
  async whyKeyRefused(keysFolder) {
    try {
      const size = await sizeOfPrivateFile(keysFolder, ROOT_KEY_FILE);
      if (size === ROOT_KEY_BYTES) return undefined;
      return `the root key "${keysFolder}/${ROOT_KEY_FILE}" has ${size} bytes, wanted ${ROOT_KEY_BYTES}: restore it ` +
        "from the sealed backup";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
      const hint = error instanceof GatewayError && error.hint !== undefined ? `. ${error.hint}` : "";
      return `${describeError(error)}${hint}`;
    }
  },
  granted: async (permission) => (await Deno.permissions.query(permission)).state === "granted",
};
