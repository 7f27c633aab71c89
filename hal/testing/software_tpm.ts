import { waitFor } from "../../tests/support/wait_for.ts";

/** A software TPM for tests (Debian packages swtpm and tpm2-tools); ended by dispose. */
export interface SoftwareTpm extends AsyncDisposable {
  readonly tcti: string;
}

/** Starts swtpm on a unix socket below `folder`; it needs no root. */
export async function startSoftwareTpm(folder: string): Promise<SoftwareTpm> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const socket = `${folder}/s`;
  const child = new Deno.Command("swtpm", {
    args: [
      "socket",
      "--tpm2",
      ...["--tpmstate", `dir=${folder}`],
      ...["--server", `type=unixio,path=${socket}`],
      ...["--ctrl", `type=unixio,path=${socket}.ctrl`],
      ...["--flags", "not-need-init,startup-clear"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const tcti = `swtpm:path=${socket}`;
  await waitFor("the software TPM", async () => {
    const env = { TPM2TOOLS_TCTI: tcti, TSS2_LOG: "all+none" };
    const probe = new Deno.Command("tpm2_getrandom", { args: ["8"], env, stdout: "null", stderr: "null" });
    return (await probe.output()).success;
  });
  return {
    tcti,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
