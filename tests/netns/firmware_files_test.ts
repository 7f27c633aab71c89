import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { startFirmwareFiles } from "../../gateway/firmware/serving/files_service.ts";
import { filling, openSealed } from "../../gateway/core/sealed_file.ts";
import { startFirmware } from "../../gateway/firmware/serving/serve_service.ts";
import type { FileListener } from "../../gateway/firmware/serving/worker_config.ts";
import { type ServingRig, TOKEN, withServing } from "../../gateway/firmware/testing/serving_rig.ts";
import { freePorts } from "../support/free_port.ts";
import { type CommandOutcome, runCommand } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";

// Clients as stations have them: curl and wget (libcurl is in many stations), OpenSSH's sftp, busybox's FTP client.

const on = (protocol: FileListener["protocol"], more: Partial<FileListener> = {}): FileListener => ({
  name: `firmware:${protocol}`,
  protocol,
  host: "127.0.0.1",
  port: 0,
  ...more,
});
const PASSIVE = freePorts(4);
const HTTP = on("http"), SFTP = on("sftp"), FTP = on("ftp", { passive: { first: PASSIVE[0]!, last: PASSIVE.at(-1)! } });

interface Site {
  readonly rig: ServingRig;
  /** A folder for what is fetched. */
  readonly folder: string;
  run(...command: [string, ...string[]]): Promise<CommandOutcome>;
  fetched(name?: string): Promise<Buffer>;
}

const served = (listener: FileListener, use: (site: Site) => Promise<void>) => async () => {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-files-" });
  try {
    await withServing(
      { listeners: [listener], start: listener === HTTP ? startFirmware : startFirmwareFiles },
      (rig) =>
        use({
          rig,
          folder,
          run: (...command) => runCommand(command, { cwd: folder, seconds: 60 }),
          fetched: async (name = "out") => Buffer.from(await Deno.readFile(`${folder}/${name}`)),
        }),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

async function opened(rig: ServingRig): Promise<Buffer> {
  using file = await Deno.open(`${rig.folder}/uploads/ab12`);
  const parts: Uint8Array[] = [];
  for await (const part of openSealed(new Uint8Array(32).fill(7), filling(file))) parts.push(part);
  return Buffer.concat(parts);
}

Deno.test(
  "firmware peers: curl -C - resumes a download by HTTP, and has the image byte for byte",
  served(HTTP, async ({ rig, folder, run, fetched }) => {
    const url = `http://127.0.0.1:${rig.port(HTTP.name)}/f/${TOKEN}/fw.deb`;
    await Deno.writeFile(`${folder}/out`, rig.image.subarray(0, 123_456));
    const { code, stderr } = await run("curl", "-sS", "--fail", "-C", "-", "-o", "out", url);
    equal(code, 0, stderr);
    equal((await fetched()).compare(rig.image), 0);
    await waitFor("control to be told", () => rig.told.length > 0); // behind the last byte
    equal(rig.told[0]?.args.bytes, rig.image.length - 123_456, "only what was missing was sent");
    const wget = await run("wget", "-q", "-O", "whole", url);
    equal(wget.code, 0, wget.stderr);
    equal((await fetched("whole")).compare(rig.image), 0);
  }),
);

Deno.test(
  "firmware peers: curl --upload-file brings a log by HTTP, and as a form",
  served(HTTP, async ({ rig, folder, run }) => {
    rig.grant = rig.upload();
    await Deno.writeFile(`${folder}/log.zip`, rig.image);
    const url = `http://127.0.0.1:${rig.port(HTTP.name)}/u/${TOKEN}/`;
    for (const way of [["--upload-file", "log.zip"], ["-F", "file=@log.zip"]]) {
      const { code, stderr } = await run("curl", "-sS", "--fail", ...way, url);
      equal(code, 0, stderr);
      equal((await opened(rig)).compare(rig.image), 0);
    }
    deepEqual(rig.told.map(({ args }) => args.fileName), ["log.zip", "log.zip"]);
  }),
);

const ftpUrl = (rig: ServingRig, password = TOKEN) => `ftp://station:${password}@127.0.0.1:${rig.port(FTP.name)}/`;

Deno.test(
  "firmware peers: curl fetches by FTP, and resumes with REST",
  served(FTP, async ({ rig, folder, run, fetched }) => {
    const whole = await run("curl", "-sS", "-o", "out", `${ftpUrl(rig)}fw.deb`);
    equal(whole.code, 0, whole.stderr);
    equal((await fetched()).compare(rig.image), 0);
    await Deno.writeFile(`${folder}/part`, rig.image.subarray(0, 100_001));
    const rest = await run("curl", "-sS", "-C", "-", "-o", "part", `${ftpUrl(rig)}fw.deb`);
    equal(rest.code, 0, rest.stderr);
    equal((await fetched("part")).compare(rig.image), 0);
    deepEqual(rig.claims.map(({ protocol, purpose }) => [protocol, purpose])[0], ["ftp", "either"]);
  }),
);

Deno.test(
  "firmware peers: PASV for old clients: busybox and wget",
  served(FTP, async ({ rig, run, fetched }) => {
    const curl = await run("curl", "-sS", "--disable-epsv", "-o", "out", `${ftpUrl(rig)}fw.deb`);
    equal(curl.code, 0, curl.stderr);
    equal((await fetched()).compare(rig.image), 0);
    const port = String(rig.port(FTP.name));
    const busybox = await run(
      ...["busybox", "ftpget", "-u", "station", "-p", TOKEN, "-P", port, "127.0.0.1", "old", "fw.deb"] as const,
    );
    equal(busybox.code, 0, busybox.stderr);
    equal((await fetched("old")).compare(rig.image), 0);
  }),
);

Deno.test(
  "firmware peers: a log comes by FTP, sealed; without the token nothing comes and nothing goes",
  served(FTP, async ({ rig, folder, run }) => {
    rig.grant = rig.upload();
    await Deno.writeFile(`${folder}/diag.zip`, rig.image);
    const { code, stderr } = await run("curl", "-sS", "-T", "diag.zip", ftpUrl(rig));
    equal(code, 0, stderr);
    equal((await opened(rig)).compare(rig.image), 0);
    deepEqual(rig.told.map(({ method, args }) => [method, args.fileName]), [["firmware.received", "diag.zip"]]);
    const stranger = await run("curl", "-sS", "-o", "out", `${ftpUrl(rig, "x".repeat(22))}fw.deb`);
    equal(stranger.code, 67, "login denied");
  }),
);

Deno.test(
  "firmware peers: FTP gives no other file, changes none, and connects nowhere",
  served(FTP, async ({ rig, run }) => {
    const other = await run("curl", "-sS", "-o", "out", `${ftpUrl(rig)}../uploads/ab12`);
    ok(other.code !== 0);
    const active = await run("curl", "-sS", "--disable-eprt", "-P", "127.0.0.1", "-o", "out", `${ftpUrl(rig)}fw.deb`);
    equal(active.code, 30, "PORT is refused: nobody is attacked by way of this box");
    const removed = await run("curl", "-sS", "-Q", "DELE fw.deb", "-o", "out", `${ftpUrl(rig)}fw.deb`);
    equal(removed.code, 21, "quote refused");
    deepEqual(rig.told.filter(({ method }) => method === "firmware.sent"), []);
  }),
);

/** OpenSSH's sftp with the token as password, running these commands. */
async function sftp({ rig, folder, run }: Site, commands: string, password = TOKEN): Promise<CommandOutcome> {
  await Deno.writeTextFile(`${folder}/askpass`, `#!/bin/sh\necho '${password}'\n`, { mode: 0o700 });
  await Deno.writeTextFile(`${folder}/batch`, commands);
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "PreferredAuthentications=password"];
  const env = ["env", "SSH_ASKPASS_REQUIRE=force", `SSH_ASKPASS=${folder}/askpass`, "DISPLAY=:0"] as const;
  return await run(
    ...env,
    ...[
      "sftp",
      "-F",
      "none",
      ...options.flatMap((one) => ["-o", one]),
      "-o",
      "NumberOfPasswordPrompts=1",
      "-o",
      "BatchMode=no",
    ],
    ...["-P", String(rig.port(SFTP.name)), "-b", "batch", "station@127.0.0.1"],
  );
}

Deno.test(
  "firmware peers: OpenSSH's sftp lists, fetches and resumes the image, and nothing else",
  served(SFTP, async (site) => {
    const { rig, folder, fetched } = site;
    await Deno.writeFile(`${folder}/part`, rig.image.subarray(0, 65_537));
    const { code, stderr, stdout } = await sftp(site, "ls -l\nget fw.deb out\nreget fw.deb part\n");
    equal(code, 0, stderr);
    ok(String(stdout).includes("fw.deb"));
    equal((await fetched()).compare(rig.image), 0);
    equal((await fetched("part")).compare(rig.image), 0);
    for (const command of ["get ../uploads/ab12 x", "rm fw.deb", "mkdir x", "rename fw.deb y", "put batch fw.deb"]) {
      ok((await sftp(site, `${command}\n`)).code !== 0, command);
    }
    ok((await sftp(site, "get fw.deb z\n", "x".repeat(22))).code !== 0, "another token");
  }),
);

Deno.test(
  "firmware peers: OpenSSH's sftp brings a log, sealed",
  served(SFTP, async (site) => {
    const { rig, folder } = site;
    rig.grant = rig.upload();
    await Deno.writeFile(`${folder}/diag.zip`, rig.image);
    const { code, stderr } = await sftp(site, "put diag.zip\n");
    equal(code, 0, stderr);
    equal((await opened(rig)).compare(rig.image), 0);
    deepEqual(rig.told.map(({ method, args }) => [method, args.fileName]), [["firmware.received", "diag.zip"]]);
  }),
);
