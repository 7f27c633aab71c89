/// <reference lib="deno.worker" />
// A Worker for tests: answers with the length of the root key in the folder it is told.
import { systemRandom } from "../../gateway/core/timers.ts";
import { FileKeyStore } from "../file_key_store.ts";

self.onmessage = async (event: MessageEvent<string>) => {
  const key = await new FileKeyStore({ folder: event.data, random: systemRandom }).loadRootKey();
  self.postMessage(key.length);
};
