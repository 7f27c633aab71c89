/// <reference lib="deno.worker" />
// Sends one backup as the courier would, under the permissions it is given; answers "sent" or why not.
import { sendBackup } from "../../gateway/courier/sftp.ts";
import { describeError } from "../../gateway/core/errors.ts";

self.onmessage = async ({ data: { target, file, name } }) => {
  self.postMessage(await sendBackup(target, file, name).then(() => "sent", describeError));
};
