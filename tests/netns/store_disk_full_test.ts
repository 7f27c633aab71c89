import { deepEqual, equal } from "node:assert/strict";

// Needs root: a mount namespace of its own with a disk of 12 MiB, which ends with the process.
Deno.test("store: on a full disk nothing acknowledged is lost, the error says so, and it goes on when there is space again", async () => {
  const folder = await Deno.makeTempDir();
  const program = new URL("../support/store_filler.ts", import.meta.url).pathname;
  const script = [
    `mount -t tmpfs -o size=12m tmpfs "$1"`,
    `dd if=/dev/zero of="$1/ballast" bs=1M count=4 2>/dev/null`,
    `exec "$2" run --no-prompt --allow-read --allow-write --allow-sys=statfs "$3" "$1"`,
  ].join(" && ");
  const args = ["--mount", "timeout", "60", "sh", "-c", script, "sh", folder, Deno.execPath(), program];
  try {
    const { stdout } = await new Deno.Command("unshare", { args, stderr: "inherit" }).output();
    const { acknowledged, ...rest } = JSON.parse(new TextDecoder().decode(stdout));
    deepEqual(rest, { code: "STORE_FULL", level: "full", lost: 0, after: 1 });
    equal(acknowledged > 0, true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
